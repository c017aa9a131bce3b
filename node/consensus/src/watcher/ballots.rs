//! Take messages and certificates apart into what single validators signed.

use borsh::{BorshDeserialize, BorshSerialize};
use crypto::ballot::Ballot;
use crypto::{evidence, id};
use std::sync::Arc;
use types::certificate::{RoundCertificate, RoundCertificateKind};
use types::wire::ConsensusContent;
use types::{
    BlockId, CertificateSignature, ChainId, CommitCertificate, Evidence, FinalityCertificate, Hash,
    Height, Round, Share, Signature, SignedAddress, Step, ValidatorId, ValidatorSet, Value,
    VoteKind, VotingPower,
};

/// What the signed value stands for, beyond itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub(super) enum Details {
    /// A vote, whose value is the block itself.
    Vote = 0,
    /// A proposal.
    Proposal { block_id: BlockId, pol_round: Option<Round> } = 1,
    /// A seal.
    Seal { block_id: BlockId, state_root: Hash, receipts_root: Hash } = 2,
    /// Known as a half of evidence only; the message itself would still be news to the engine.
    Half = 3,
}

/// What one validator signed at one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) details: Details,
    pub(super) signature: Signature,
    pub(super) share: Share,
}

/// An entry with its place; the height is its message's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Statement {
    /// Position in V(height).
    pub(super) index: u16,
    pub(super) round: Round,
    pub(super) step: Step,
    pub(super) entry: Entry,
}

/// Why a message says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// From somebody who is not in the set.
    Stranger,
    /// Not as such a message must be, whatever its signatures are worth.
    Malformed,
}

/// Signatures and shares to be verified, with the keys they are to be verified by.
#[derive(Clone, Debug)]
pub struct Ballots {
    chain_id: ChainId,
    height: Height,
    set: Arc<ValidatorSet>,
    statements: Vec<Statement>,
}

impl Ballots {
    pub(super) const fn new(
        chain_id: ChainId,
        height: Height,
        set: Arc<ValidatorSet>,
        statements: Vec<Statement>,
    ) -> Self {
        Self { chain_id, height, set, statements }
    }

    /// How many there are; none if all of a certificate's were verified before.
    #[must_use]
    pub fn len(&self) -> usize {
        self.statements.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// As the crypto crate takes them.
    ///
    /// # Panics
    /// Never: positions were checked against the set when this was made.
    pub fn as_ballots(&self) -> impl Iterator<Item = Ballot<'_>> {
        self.statements
            .iter()
            .map(|statement| ballot(&self.chain_id, self.height, &self.set, statement))
    }
}

/// A statement as the crypto crate takes it.
///
/// # Panics
/// If the statement's position lies outside the set, which [`statements`] excludes.
pub(super) fn ballot<'a>(
    chain_id: &ChainId,
    height: Height,
    set: &'a ValidatorSet,
    statement: &Statement,
) -> Ballot<'a> {
    let Statement { index, round, step, entry } = *statement;
    Ballot {
        validator: set.get(usize::from(index)).expect("positions were checked against the set"),
        address: SignedAddress { chain_id: *chain_id, height, round, step },
        value: entry.value,
        signature: entry.signature,
        share: entry.share,
    }
}

/// The height that a message is about.
pub(super) const fn height_of(content: &ConsensusContent) -> Height {
    match content {
        ConsensusContent::Proposal(proposal) => proposal.height,
        ConsensusContent::Vote(vote) => vote.height,
        ConsensusContent::Seal(seal) => seal.height,
        ConsensusContent::Commit(certificate) => certificate.height,
        ConsensusContent::Finality(certificate) => certificate.height,
        ConsensusContent::Polka(certificate) => certificate.height,
        ConsensusContent::Round(certificate) => certificate.height,
    }
}

/// The block that a vote's value names.
pub(super) fn block_of(value: &Value) -> Option<BlockId> {
    value.map(|hash| BlockId(hash.0))
}

/// The value of a vote for this block.
pub(super) fn vote_value(block_id: Option<BlockId>) -> Value {
    block_id.map(|block_id| Hash(block_id.0))
}

/// Everything that single validators say by a message, its structure checked: positions ascending
/// and within the set, and the power that the certificate's kind needs.
pub(super) fn statements(
    content: &ConsensusContent,
    set: &ValidatorSet,
) -> Result<Vec<Statement>, Flaw> {
    match content {
        ConsensusContent::Proposal(proposal) => {
            let (block_id, pol_round) = (proposal.block_id, proposal.pol_round);
            let entry = Entry {
                value: Some(id::proposal_value(&block_id, pol_round)),
                details: Details::Proposal { block_id, pol_round },
                signature: proposal.signature,
                share: proposal.share,
            };
            single(set, &proposal.validator, proposal.round, Step::Proposal, entry)
        }
        ConsensusContent::Vote(vote) => {
            let entry = Entry {
                value: vote_value(vote.block_id),
                details: Details::Vote,
                signature: vote.signature,
                share: vote.share,
            };
            single(set, &vote.validator, vote.round, vote.kind.step(), entry)
        }
        ConsensusContent::Seal(seal) => {
            let (block_id, state_root, receipts_root) =
                (seal.block_id, seal.state_root, seal.receipts_root);
            let entry = Entry {
                value: Some(id::seal_value(&block_id, &state_root, &receipts_root)),
                details: Details::Seal { block_id, state_root, receipts_root },
                signature: seal.signature,
                share: seal.share,
            };
            single(set, &seal.validator, Round::ZERO, Step::Seal, entry)
        }
        ConsensusContent::Commit(certificate) => precommits(certificate, set),
        ConsensusContent::Polka(certificate) => {
            let value = vote_value(Some(certificate.block_id));
            let place = (certificate.round, Step::Prevote);
            quorum(set, place, value, Details::Vote, &certificate.prevotes)
        }
        ConsensusContent::Finality(certificate) => seals(certificate, set),
        ConsensusContent::Round(certificate) => round_votes(set, certificate),
    }
}

/// The precommits of a commit certificate.
pub(super) fn precommits(
    certificate: &CommitCertificate,
    set: &ValidatorSet,
) -> Result<Vec<Statement>, Flaw> {
    let value = vote_value(Some(certificate.block_id));
    let place = (certificate.round, Step::Precommit);
    quorum(set, place, value, Details::Vote, &certificate.precommits)
}

/// The seals of a finality certificate.
pub(super) fn seals(
    certificate: &FinalityCertificate,
    set: &ValidatorSet,
) -> Result<Vec<Statement>, Flaw> {
    let (block_id, state_root, receipts_root) =
        (certificate.block_id, certificate.state_root, certificate.receipts_root);
    let value = Some(id::seal_value(&block_id, &state_root, &receipts_root));
    let details = Details::Seal { block_id, state_root, receipts_root };
    quorum(set, (Round::ZERO, Step::Seal), value, details, &certificate.seals)
}

/// The two statements of evidence; none if it is about somebody who is not in the set.
pub(super) fn halves(pair: &Evidence, set: &ValidatorSet) -> Vec<Statement> {
    let Some(validator) = set.by_id(&pair.validator) else { return Vec::new() };
    let half = |ballot: Ballot<'_>| {
        let (value, signature, share) = (ballot.value, ballot.signature, ballot.share);
        let entry = Entry { value, details: Details::Half, signature, share };
        let SignedAddress { round, step, .. } = pair.address;
        position(set, &pair.validator).map(|index| Statement { index, round, step, entry })
    };
    evidence::ballots(pair, validator).into_iter().filter_map(half).collect()
}

fn position(set: &ValidatorSet, validator: &ValidatorId) -> Option<u16> {
    set.index_of(validator).and_then(|index| u16::try_from(index).ok())
}

fn single(
    set: &ValidatorSet,
    validator: &ValidatorId,
    round: Round,
    step: Step,
    entry: Entry,
) -> Result<Vec<Statement>, Flaw> {
    let index = position(set, validator).ok_or(Flaw::Stranger)?;
    Ok(vec![Statement { index, round, step, entry }])
}

fn quorum(
    set: &ValidatorSet,
    (round, step): (Round, Step),
    value: Value,
    details: Details,
    signatures: &[CertificateSignature],
) -> Result<Vec<Statement>, Flaw> {
    let mut statements = Vec::with_capacity(signatures.len());
    let mut power: u64 = 0;
    let mut before = None;
    for signed in signatures {
        let CertificateSignature { index, signature, share } = *signed;
        if before >= Some(index) {
            return Err(Flaw::Malformed);
        }
        before = Some(index);
        let validator = set.get(usize::from(index)).ok_or(Flaw::Malformed)?;
        power = power.saturating_add(validator.power.0);
        let entry = Entry { value, details, signature, share };
        statements.push(Statement { index, round, step, entry });
    }
    if set.is_quorum(VotingPower(power)) { Ok(statements) } else { Err(Flaw::Malformed) }
}

/// As in the verification of round certificates: ascending by position and kind, and a validator
/// counts once, if one of its votes is of a kind that counts.
fn round_votes(set: &ValidatorSet, certificate: &RoundCertificate) -> Result<Vec<Statement>, Flaw> {
    let ends = certificate.kind == RoundCertificateKind::Precommit;
    let mut statements = Vec::with_capacity(certificate.votes.len());
    let mut power: u64 = 0;
    let mut counted = None;
    let mut before = None;
    for vote in &certificate.votes {
        let CertificateSignature { index, signature, share } = vote.signature;
        let place = Some((index, vote.kind));
        if before >= place {
            return Err(Flaw::Malformed);
        }
        before = place;
        let validator = set.get(usize::from(index)).ok_or(Flaw::Malformed)?;
        let counts = !ends || vote.kind == VoteKind::Precommit;
        if counts && counted != Some(index) {
            counted = Some(index);
            power = power.saturating_add(validator.power.0);
        }
        let value = vote_value(vote.block_id);
        let entry = Entry { value, details: Details::Vote, signature, share };
        let (round, step) = (certificate.round, vote.kind.step());
        statements.push(Statement { index, round, step, entry });
    }
    let enough = if ends { set.is_quorum(VotingPower(power)) } else { is_third(set, power) };
    if enough { Ok(statements) } else { Err(Flaw::Malformed) }
}

/// Whether `power` is more than a third of the set's.
pub(super) fn is_third(set: &ValidatorSet, power: u64) -> bool {
    u128::from(power).saturating_mul(3) > u128::from(set.total_power().0)
}
