//! Who forked the chain: two certificates of one height over different things, and the evidence
//! that lies in them (docs/reveal.md 10).
//!
//! Two finality certificates always name more than a third of the power: a height is sealed once,
//! whatever the round, so everybody who stands in both signed twice at one address. Two commit
//! certificates name as many if they are of one round. If they are of two rounds, nobody is named:
//! whoever precommitted in both may have moved on as an honest validator does, and only the seals
//! tell who forgot its lock.

use crate::verify::{MAX_CERTIFICATE_BYTES, Trust, VerifyError};
use crypto::certificate::{verify_commit, verify_finality};
use crypto::{evidence, id};
use types::{
    CertificateSignature, CommitCertificate, Evidence, FinalityCertificate, Hash, Height, Round,
    SignedAddress, Step, ValidatorSet, Value, VotingPower,
};

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Certificate {
    /// The precommits that decided a block.
    Commit(CommitCertificate),
    /// The seals over a block and its roots.
    Finality(FinalityCertificate),
}

/// Why two certificates tell nothing.
#[derive(Debug, thiserror::Error)]
pub enum ForensicsError {
    /// A certificate or a set does not verify.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// They are about different heights: a chain has a block at each.
    #[error("one certificate is of height {first}, the other of height {second}")]
    Heights {
        /// The first's height.
        first: Height,
        /// The second's.
        second: Height,
    },
    /// One has precommits, the other seals: those are signed at different addresses.
    #[error("a commit and a finality certificate: give two of one kind")]
    Kinds,
    /// They say the same: nobody forked anything.
    #[error("both certificates of height {height} say the same")]
    Agree {
        /// Their height.
        height: Height,
    },
}

/// What two contradicting certificates show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// The height that was forked.
    pub height: Height,
    /// What the guilty signed twice; none if the certificates are of two rounds.
    pub evidence: Vec<Evidence>,
    /// Their power.
    pub power: VotingPower,
    /// All power of that height.
    pub total: VotingPower,
    /// The rounds, if the certificates are of two: then the seals of the height are needed.
    pub rounds: Option<(Round, Round)>,
}

impl Certificate {
    /// Read a commit certificate.
    ///
    /// # Errors
    /// [`VerifyError::Decode`].
    pub fn commit(bytes: &[u8]) -> Result<Self, VerifyError> {
        let what = "commit certificate";
        Ok(Self::Commit(types::decode(what, bytes, MAX_CERTIFICATE_BYTES)?))
    }

    /// Read a finality certificate.
    ///
    /// # Errors
    /// [`VerifyError::Decode`].
    pub fn finality(bytes: &[u8]) -> Result<Self, VerifyError> {
        let what = "finality certificate";
        Ok(Self::Finality(types::decode(what, bytes, MAX_CERTIFICATE_BYTES)?))
    }

    /// Its height.
    #[must_use]
    pub const fn height(&self) -> Height {
        match self {
            Self::Commit(certificate) => certificate.height,
            Self::Finality(certificate) => certificate.height,
        }
    }

    fn verify(&self, trust: &Trust) -> Result<(), VerifyError> {
        let (chain, set) = (trust.chain_id(), trust.set());
        let height = self.height();
        if height < trust.height() {
            return Err(VerifyError::BeforeTrust { height, trusted: trust.height() });
        }
        let verdict = match self {
            Self::Commit(certificate) => verify_commit(certificate, &chain, set, &|_| false),
            Self::Finality(certificate) => verify_finality(certificate, &chain, set, &|_| false),
        };
        verdict.map_err(|source| VerifyError::Certificate { height, source })
    }

    fn round(&self) -> Round {
        match self {
            Self::Commit(certificate) => certificate.round,
            Self::Finality(_) => Round::ZERO,
        }
    }

    fn step(&self) -> Step {
        match self {
            Self::Commit(_) => Step::Precommit,
            Self::Finality(_) => Step::Seal,
        }
    }

    fn value(&self) -> Value {
        Some(match self {
            Self::Commit(certificate) => Hash(certificate.block_id.0),
            Self::Finality(FinalityCertificate { block_id, state_root, receipts_root, .. }) => {
                id::seal_value(block_id, state_root, receipts_root)
            }
        })
    }

    fn signatures(&self) -> &[CertificateSignature] {
        match self {
            Self::Commit(certificate) => &certificate.precommits,
            Self::Finality(certificate) => &certificate.seals,
        }
    }
}

/// What two certificates of one height show, `trust` holding the set of that height.
///
/// # Errors
/// [`ForensicsError`] if they do not verify, or do not contradict each other.
pub fn examine(
    trust: &Trust,
    first: &Certificate,
    second: &Certificate,
) -> Result<Findings, ForensicsError> {
    let height = first.height();
    if height != second.height() {
        return Err(ForensicsError::Heights { first: height, second: second.height() });
    }
    if first.step() != second.step() {
        return Err(ForensicsError::Kinds);
    }
    first.verify(trust)?;
    second.verify(trust)?;
    if first.value() == second.value() {
        return Err(ForensicsError::Agree { height });
    }
    let total = trust.set().total_power();
    let rounds = (first.round(), second.round());
    if rounds.0 != rounds.1 {
        let (evidence, power) = (Vec::new(), VotingPower::ZERO);
        return Ok(Findings { height, evidence, power, total, rounds: Some(rounds) });
    }
    let address =
        SignedAddress { chain_id: trust.chain_id(), height, round: rounds.0, step: first.step() };
    let evidence = in_both(trust.set(), address, first, second);
    let power = evidence.iter().filter_map(|pair| trust.set().by_id(&pair.validator));
    let power = VotingPower(power.fold(0, |sum, guilty| sum + guilty.power.0));
    Ok(Findings { height, evidence, power, total, rounds: None })
}

/// Both signatures of everybody who stands in both certificates.
fn in_both(
    set: &ValidatorSet,
    address: SignedAddress,
    first: &Certificate,
    second: &Certificate,
) -> Vec<Evidence> {
    let pair = |one: &CertificateSignature| {
        let other = second.signatures().iter().find(|other| other.index == one.index)?;
        let validator = set.get(usize::from(one.index))?;
        let half = |value, part: &CertificateSignature| (value, part.signature, part.share);
        evidence::from_pair(
            validator.id,
            address,
            half(first.value(), one),
            half(second.value(), other),
        )
    };
    first.signatures().iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests;
