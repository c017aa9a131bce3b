//! Certificates: structure first, then power, then every signature and every share.

use crate::ballot::{self, Ballot, Signed};
use crate::id;
use types::certificate::{PolkaCertificate, RoundCertificate, RoundCertificateKind};
use types::{
    CertificateSignature, ChainId, CommitCertificate, FinalityCertificate, Hash, Height, Round,
    SignedAddress, Step, ValidatorSet, Value, VotingPower,
};

/// Why a certificate proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// For another chain.
    #[error("made for another chain")]
    WrongChain,
    /// A position beyond the set.
    #[error("entry {0} names no validator of the set")]
    Stranger(usize),
    /// Positions not strictly ascending.
    #[error("entry {0} is not above the one before")]
    Unsorted(usize),
    /// Not enough power.
    #[error("power {signed} of {total} is not enough")]
    NoQuorum {
        /// Power signed.
        signed: u64,
        /// Power of the set.
        total: u64,
    },
    /// A signature or share that does not verify.
    #[error("the signature or share of entry {0} does not verify")]
    BadBallot(usize),
}

/// Check a commit certificate against V(height).
///
/// `known` says which ballots ([`ballot::cache_key`]) were verified before; the rest is verified in
/// one batch.
///
/// # Errors
/// [`CertificateError`] names the first breach.
pub fn verify_commit(
    certificate: &CommitCertificate,
    chain_id: &ChainId,
    set: &ValidatorSet,
    known: &dyn Fn(&Hash) -> bool,
) -> Result<(), CertificateError> {
    if certificate.chain_id != *chain_id {
        return Err(CertificateError::WrongChain);
    }
    let address = address_at(*chain_id, certificate.height, certificate.round, Step::Precommit);
    let value = Some(Hash(certificate.block_id.0));
    verify_quorum(&certificate.precommits, set, address, value, known)
}

/// Check a finality certificate against V(height): a light client needs nothing else for its roots.
///
/// # Errors
/// [`CertificateError`] names the first breach.
pub fn verify_finality(
    certificate: &FinalityCertificate,
    chain_id: &ChainId,
    set: &ValidatorSet,
    known: &dyn Fn(&Hash) -> bool,
) -> Result<(), CertificateError> {
    if certificate.chain_id != *chain_id {
        return Err(CertificateError::WrongChain);
    }
    let address = address_at(*chain_id, certificate.height, Round::ZERO, Step::Seal);
    let FinalityCertificate { block_id, state_root, receipts_root, .. } = certificate;
    let value = Some(id::seal_value(block_id, state_root, receipts_root));
    verify_quorum(&certificate.seals, set, address, value, known)
}

/// Check a polka certificate against V(height).
///
/// # Errors
/// [`CertificateError`] names the first breach.
pub fn verify_polka(
    certificate: &PolkaCertificate,
    chain_id: &ChainId,
    set: &ValidatorSet,
    known: &dyn Fn(&Hash) -> bool,
) -> Result<(), CertificateError> {
    let address = address_at(*chain_id, certificate.height, certificate.round, Step::Prevote);
    let value = Some(Hash(certificate.block_id.0));
    verify_quorum(&certificate.prevotes, set, address, value, known)
}

/// Check a round certificate against V(height): precommits of more than two thirds, or votes of
/// more than one third. A validator counts once, whichever of its votes are there.
///
/// # Errors
/// [`CertificateError`] names the first breach.
pub fn verify_round(
    certificate: &RoundCertificate,
    chain_id: &ChainId,
    set: &ValidatorSet,
    known: &dyn Fn(&Hash) -> bool,
) -> Result<(), CertificateError> {
    let mut ballots = Vec::with_capacity(certificate.votes.len());
    let mut signed: u64 = 0;
    let mut before: Option<(u16, types::VoteKind)> = None;
    for (position, vote) in certificate.votes.iter().enumerate() {
        let place = (vote.signature.index, vote.kind);
        if before.is_some_and(|before| before >= place) {
            return Err(CertificateError::Unsorted(position));
        }
        let validator = set
            .get(usize::from(vote.signature.index))
            .ok_or(CertificateError::Stranger(position))?;
        let fits = match certificate.kind {
            RoundCertificateKind::Precommit => vote.kind == types::VoteKind::Precommit,
            RoundCertificateKind::Skip => true,
        };
        if fits && before.is_none_or(|(index, _)| index != vote.signature.index) {
            signed = signed.saturating_add(validator.power.0);
        }
        before = Some(place);
        let step = vote.kind.step();
        ballots.push(Ballot {
            validator,
            address: address_at(*chain_id, certificate.height, certificate.round, step),
            value: vote.block_id.map(|block_id| Hash(block_id.0)),
            signature: vote.signature.signature,
            share: vote.signature.share,
        });
    }
    let total = set.total_power().0;
    let enough = match certificate.kind {
        RoundCertificateKind::Precommit => set.is_quorum(VotingPower(signed)),
        RoundCertificateKind::Skip => u128::from(signed).saturating_mul(3) > u128::from(total),
    };
    if !enough {
        return Err(CertificateError::NoQuorum { signed, total });
    }
    verify_ballots(ballots, known)
}

fn address_at(chain_id: ChainId, height: Height, round: Round, step: Step) -> SignedAddress {
    SignedAddress { chain_id, height, round, step }
}

fn verify_quorum(
    entries: &[CertificateSignature],
    set: &ValidatorSet,
    address: SignedAddress,
    value: Value,
    known: &dyn Fn(&Hash) -> bool,
) -> Result<(), CertificateError> {
    let mut ballots = Vec::with_capacity(entries.len());
    let mut signed: u64 = 0;
    let mut before: Option<u16> = None;
    for (position, entry) in entries.iter().enumerate() {
        if before.is_some_and(|before| before >= entry.index) {
            return Err(CertificateError::Unsorted(position));
        }
        before = Some(entry.index);
        let validator =
            set.get(usize::from(entry.index)).ok_or(CertificateError::Stranger(position))?;
        signed = signed.saturating_add(validator.power.0);
        let (signature, share) = (entry.signature, entry.share);
        ballots.push(Ballot { validator, address, value, signature, share });
    }
    if !set.is_quorum(VotingPower(signed)) {
        return Err(CertificateError::NoQuorum { signed, total: set.total_power().0 });
    }
    verify_ballots(ballots, known)
}

fn verify_ballots(
    ballots: Vec<Ballot<'_>>,
    known: &dyn Fn(&Hash) -> bool,
) -> Result<(), CertificateError> {
    let (positions, unknown): (Vec<usize>, Vec<Signed<'_>>) = ballots
        .into_iter()
        .map(Signed::new)
        .enumerate()
        .filter(|(_, signed)| !known(&signed.cache_key()))
        .unzip();
    let verdicts = ballot::verify_signed(&unknown);
    match positions.into_iter().zip(verdicts).find(|(_, valid)| !valid) {
        Some((position, _)) => Err(CertificateError::BadBallot(position)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
