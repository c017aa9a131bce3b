//! Remember which signatures were verified, and judge those of certificates.
//!
//! A signature is verified once a node. The core asks about each again, and about certificates
//! made of votes that it has seen: those answers are look-ups. What is not remembered is verified
//! on the spot and never called invalid unseen: the core drops an "invalid" vote without a word
//! (a restart would lose its lock), and panics on an "invalid" decision.

use crate::context::{
    Address, CertificateError, CommitSignature, CoreCommit, CorePolka, CoreRound,
    CoreRoundCertificate, CoreVote, Ctx, NilOrVal, PolkaSignature, RoundCertificateType,
    RoundSignature, SignedShare, ThresholdParam, VoteType,
};
use crate::convert::{Place, Scope};
use crypto::ballot;
use std::collections::BTreeSet;
use types::Hash;

/// Most verdicts remembered of one height, 32 bytes each. Far above what a height needs: 100
/// validators over 300 rounds. Beyond it, what is asked again is verified again.
const MAX_VERDICTS: usize = 65_536;

/// The verdicts "valid" of the height in progress, by the key of each ballot.
#[derive(Debug, Default)]
pub(super) struct Verdicts(BTreeSet<Hash>);

impl Verdicts {
    /// Forget all: another height begins.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Remember that a signature with its share is valid.
    pub(super) fn insert(&mut self, signed: &SignedShare) {
        if self.0.len() < MAX_VERDICTS {
            self.0.insert(signed.key());
        }
    }

    /// Whether a signature with its share is valid.
    pub(super) fn check(
        &mut self,
        scope: Scope<'_>,
        signer: &Address,
        place: Place,
        signed: &SignedShare,
    ) -> bool {
        if signed.is_marker() {
            return false;
        }
        if self.0.contains(&signed.key()) {
            return true;
        }
        let valid = scope.set.by_id(&signer.0).is_some_and(|validator| {
            ballot::verify(&scope.ballot(validator, place, signed.signature(), signed.share()))
        });
        if valid {
            self.insert(signed);
        }
        valid
    }

    /// Whether a commit certificate holds.
    pub(super) fn check_commit(
        &mut self,
        scope: Scope<'_>,
        certificate: &CoreCommit,
        quorum: ThresholdParam,
    ) -> Result<(), CertificateError<Ctx>> {
        let mut tally = Tally::new(scope);
        for CommitSignature { address, signature } in &certificate.commit_signatures {
            let value = NilOrVal::Val(certificate.value_id);
            let round = certificate.round;
            let vote = vote(VoteType::Precommit, certificate.height, round, value, address);
            if !tally.counts(address)?.check(self, &vote, signature) {
                let signature = CommitSignature::new(*address, signature.clone());
                return Err(CertificateError::InvalidCommitSignature(signature));
            }
        }
        tally.reaches(quorum)
    }

    /// Whether a polka certificate holds.
    pub(super) fn check_polka(
        &mut self,
        scope: Scope<'_>,
        certificate: &CorePolka,
        quorum: ThresholdParam,
    ) -> Result<(), CertificateError<Ctx>> {
        let mut tally = Tally::new(scope);
        for PolkaSignature { address, signature } in &certificate.polka_signatures {
            let value = NilOrVal::Val(certificate.value_id);
            let round = certificate.round;
            let vote = vote(VoteType::Prevote, certificate.height, round, value, address);
            if !tally.counts(address)?.check(self, &vote, signature) {
                let signature = PolkaSignature::new(*address, signature.clone());
                return Err(CertificateError::InvalidPolkaSignature(signature));
            }
        }
        tally.reaches(quorum)
    }

    /// Whether a round certificate holds: precommits of more than two thirds to end its round, or
    /// votes of more than one third to skip to it. A validator may stand in it with both of its
    /// votes, and counts once.
    pub(super) fn check_round(
        &mut self,
        scope: Scope<'_>,
        certificate: &CoreRoundCertificate,
        quorum: ThresholdParam,
        honest: ThresholdParam,
    ) -> Result<(), CertificateError<Ctx>> {
        let ends = certificate.cert_type == RoundCertificateType::Precommit;
        let mut tally = Tally::new(scope);
        for signed in &certificate.round_signatures {
            let RoundSignature { vote_type, value_id, address, signature } = signed;
            let vote = vote(*vote_type, certificate.height, certificate.round, *value_id, address);
            let counted = if ends && *vote_type != VoteType::Precommit {
                tally.stands_by(address)?
            } else {
                tally.counts_once(address)?
            };
            if !counted.check(self, &vote, signature) {
                return Err(CertificateError::InvalidRoundSignature(signed.clone()));
            }
        }
        tally.reaches(if ends { quorum } else { honest })
    }
}

fn vote(
    kind: VoteType,
    height: crate::context::CoreHeight,
    round: CoreRound,
    value: NilOrVal<crate::context::Id>,
    address: &Address,
) -> CoreVote {
    CoreVote { kind, height, round, value, address: *address }
}

/// Adds up the power of a certificate's signers, each once.
struct Tally<'a> {
    scope: Scope<'a>,
    seen: BTreeSet<Address>,
    power: u64,
}

/// A signer that was counted; its signature is still to be checked.
struct Counted<'a> {
    scope: Scope<'a>,
    signer: Address,
}

impl<'a> Tally<'a> {
    const fn new(scope: Scope<'a>) -> Self {
        Self { scope, seen: BTreeSet::new(), power: 0 }
    }

    /// A signer that may stand here only once.
    fn counts(&mut self, signer: &Address) -> Result<Counted<'a>, CertificateError<Ctx>> {
        if self.seen.contains(signer) {
            return Err(CertificateError::DuplicateVote(*signer));
        }
        self.counts_once(signer)
    }

    /// A signer whose power is added the first time.
    fn counts_once(&mut self, signer: &Address) -> Result<Counted<'a>, CertificateError<Ctx>> {
        let counted = self.stands_by(signer)?;
        if self.seen.insert(*signer) {
            let power = self.scope.set.by_id(&signer.0).map_or(0, |validator| validator.power.0);
            self.power = self.power.saturating_add(power);
        }
        Ok(counted)
    }

    /// A signer whose power does not count.
    fn stands_by(&self, signer: &Address) -> Result<Counted<'a>, CertificateError<Ctx>> {
        let member = self.scope.set.index_of(&signer.0).is_some();
        let counted = Counted { scope: self.scope, signer: *signer };
        member.then_some(counted).ok_or(CertificateError::UnknownValidator(*signer))
    }

    fn reaches(&self, threshold: ThresholdParam) -> Result<(), CertificateError<Ctx>> {
        let total = self.scope.set.total_power().0;
        if threshold.is_met(self.power, total) {
            return Ok(());
        }
        let expected = threshold.min_expected(total);
        Err(CertificateError::NotEnoughVotingPower { signed: self.power, total, expected })
    }
}

impl Counted<'_> {
    fn check(&self, verdicts: &mut Verdicts, vote: &CoreVote, signed: &SignedShare) -> bool {
        verdicts.check(self.scope, &self.signer, self.scope.vote_place(vote), signed)
    }
}
