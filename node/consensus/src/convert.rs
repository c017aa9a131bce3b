//! Translate messages between the chain's types and the core's.
//!
//! Inwards every signature gets the key under which its verdict is remembered, computed here once
//! and carried along by [`SignedShare`].

use crate::context::{
    Address, CoreCommit, CoreHeight, CorePolka, CoreProposal, CoreProposedValue, CoreRound,
    CoreRoundCertificate, CoreSignedProposal, CoreSignedVote, CoreTimeout, CoreTimeoutKind,
    CoreVote, Id, NilOrVal, PolkaSignature, RoundCertificateType, RoundSignature, SignedMessage,
    SignedShare, Validity, VoteType,
};
use crate::timeouts::{Timeout, TimeoutKind};
use crypto::ballot::{self, Ballot};
use crypto::id;
use types::certificate::{PolkaCertificate, RoundCertificate, RoundCertificateKind, RoundVote};
use types::{
    BlockId, CertificateSignature, ChainId, CommitCertificate, Hash, Height, Proposal, Round,
    Share, Signature, SignedAddress, Step, Validator, ValidatorId, ValidatorSet, Value, Version,
    Vote, VoteKind,
};

/// What a message is read against: the chain, and who may sign its height.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) chain_id: ChainId,
    pub(crate) set: &'a ValidatorSet,
}

/// Where and over what something is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) address: SignedAddress,
    pub(crate) value: Value,
}

impl<'a> Scope<'a> {
    /// The ballot of a signature at a place.
    pub(crate) fn ballot(
        self,
        validator: &'a Validator,
        place: Place,
        signature: Signature,
        share: Share,
    ) -> Ballot<'a> {
        Ballot { validator, address: place.address, value: place.value, signature, share }
    }

    /// A signature and share with the key of their verdict.
    pub(crate) fn signed(
        self,
        validator: &'a Validator,
        place: Place,
        signature: Signature,
        share: Share,
    ) -> SignedShare {
        let key = ballot::cache_key(&self.ballot(validator, place, signature, share));
        SignedShare::new(signature, share, key)
    }

    fn address(self, height: Height, round: Round, step: Step) -> SignedAddress {
        SignedAddress { chain_id: self.chain_id, height, round, step }
    }

    /// Where and over what a vote is signed.
    pub(crate) fn vote_place(self, vote: &CoreVote) -> Place {
        let height = Height(vote.height.0);
        let address = self.address(height, round_out(vote.round), vote_kind(vote.kind).step());
        Place { address, value: block_out(vote.value).map(|block_id| Hash(block_id.0)) }
    }

    /// Where and over what a proposal is signed.
    pub(crate) fn proposal_place(self, proposal: &CoreProposal) -> Place {
        let round = round_out(proposal.round);
        let address = self.address(Height(proposal.height.0), round, Step::Proposal);
        let pol_round = pol_round_out(proposal.pol_round);
        Place { address, value: Some(id::proposal_value(&proposal.value.0, pol_round)) }
    }

    /// A vote for the core; `None` if its signer is not in the set.
    pub(crate) fn vote_in(self, vote: &Vote) -> Option<CoreSignedVote> {
        let validator = self.set.by_id(&vote.validator)?;
        let message = CoreVote {
            kind: vote_type(vote.kind),
            height: CoreHeight(vote.height.0),
            round: CoreRound::new(vote.round.0),
            value: block_in(vote.block_id),
            address: Address(vote.validator),
        };
        let place = self.vote_place(&message);
        let signature = self.signed(validator, place, vote.signature, vote.share);
        Some(SignedMessage::new(message, signature))
    }

    /// A proposal for the core; `None` if its signer is not in the set.
    pub(crate) fn proposal_in(self, proposal: &Proposal) -> Option<CoreSignedProposal> {
        let validator = self.set.by_id(&proposal.validator)?;
        let message = CoreProposal {
            height: CoreHeight(proposal.height.0),
            round: CoreRound::new(proposal.round.0),
            value: Id(proposal.block_id),
            pol_round: pol_round_in(proposal.pol_round),
            address: Address(proposal.validator),
        };
        let place = self.proposal_place(&message);
        let signature = self.signed(validator, place, proposal.signature, proposal.share);
        Some(SignedMessage::new(message, signature))
    }

    /// A polka certificate for the core; `None` if a signer's position is not in the set.
    pub(crate) fn polka_in(self, certificate: &PolkaCertificate) -> Option<CorePolka> {
        let address = self.address(certificate.height, certificate.round, Step::Prevote);
        let place = Place { address, value: Some(Hash(certificate.block_id.0)) };
        let signature = |entry: &CertificateSignature| {
            let validator = self.set.get(usize::from(entry.index))?;
            let signature = self.signed(validator, place, entry.signature, entry.share);
            Some(PolkaSignature::new(Address(validator.id), signature))
        };
        Some(CorePolka {
            height: CoreHeight(certificate.height.0),
            round: CoreRound::new(certificate.round.0),
            value_id: Id(certificate.block_id),
            polka_signatures: certificate.prevotes.iter().map(signature).collect::<Option<_>>()?,
        })
    }

    /// A round certificate for the core; `None` if a signer's position is not in the set.
    pub(crate) fn round_in(self, certificate: &RoundCertificate) -> Option<CoreRoundCertificate> {
        let signature = |vote: &RoundVote| {
            let validator = self.set.get(usize::from(vote.signature.index))?;
            let address = self.address(certificate.height, certificate.round, vote.kind.step());
            let place = Place { address, value: vote.block_id.map(|block_id| Hash(block_id.0)) };
            let entry = &vote.signature;
            let signature = self.signed(validator, place, entry.signature, entry.share);
            let (kind, value) = (vote_type(vote.kind), block_in(vote.block_id));
            Some(RoundSignature::new(kind, value, Address(validator.id), signature))
        };
        Some(CoreRoundCertificate {
            height: CoreHeight(certificate.height.0),
            round: CoreRound::new(certificate.round.0),
            cert_type: match certificate.kind {
                RoundCertificateKind::Precommit => RoundCertificateType::Precommit,
                RoundCertificateKind::Skip => RoundCertificateType::Skip,
            },
            round_signatures: certificate.votes.iter().map(signature).collect::<Option<_>>()?,
        })
    }

    /// The core's polka certificate as it travels.
    pub(crate) fn polka_out(self, certificate: &CorePolka) -> PolkaCertificate {
        let entries = certificate.polka_signatures.iter();
        let entry = |signed: &PolkaSignature<_>| self.entry(&signed.address, &signed.signature);
        PolkaCertificate {
            version: Version,
            height: Height(certificate.height.0),
            round: round_out(certificate.round),
            block_id: certificate.value_id.0,
            prevotes: ascending(entries.map(entry).collect()),
        }
    }

    /// The core's commit certificate as it is stored.
    pub(crate) fn commit_out(self, certificate: &CoreCommit) -> CommitCertificate {
        let entries = certificate.commit_signatures.iter();
        CommitCertificate {
            version: Version,
            chain_id: self.chain_id,
            height: Height(certificate.height.0),
            round: round_out(certificate.round),
            block_id: certificate.value_id.0,
            precommits: ascending(
                entries.map(|signed| self.entry(&signed.address, &signed.signature)).collect(),
            ),
        }
    }

    /// The core's round certificate as it travels.
    pub(crate) fn round_certificate_out(
        self,
        certificate: &CoreRoundCertificate,
    ) -> RoundCertificate {
        let vote = |signed: &RoundSignature<_>| RoundVote {
            kind: vote_kind(signed.vote_type),
            block_id: block_out(signed.value_id),
            signature: self.entry(&signed.address, &signed.signature),
        };
        let mut votes: Vec<_> = certificate.round_signatures.iter().map(vote).collect();
        votes.sort_by_key(|vote| (vote.signature.index, vote.kind, vote.block_id));
        RoundCertificate {
            version: Version,
            height: Height(certificate.height.0),
            round: round_out(certificate.round),
            kind: match certificate.cert_type {
                RoundCertificateType::Precommit => RoundCertificateKind::Precommit,
                RoundCertificateType::Skip => RoundCertificateKind::Skip,
            },
            votes,
        }
    }

    fn entry(self, address: &Address, signed: &SignedShare) -> CertificateSignature {
        let index = self.set.index_of(&address.0).expect("the core keeps votes of members only");
        CertificateSignature {
            index: u16::try_from(index).expect("a set has at most 100 members"),
            signature: signed.signature(),
            share: signed.share(),
        }
    }
}

fn ascending(mut entries: Vec<CertificateSignature>) -> Vec<CertificateSignature> {
    entries.sort_by_key(|entry| entry.index);
    entries
}

/// The core's vote as it travels.
pub(crate) fn vote_out(vote: &CoreSignedVote) -> Vote {
    Vote {
        kind: vote_kind(vote.message.kind),
        height: Height(vote.message.height.0),
        round: round_out(vote.message.round),
        block_id: block_out(vote.message.value),
        validator: vote.message.address.0,
        signature: vote.signature.signature(),
        share: vote.signature.share(),
    }
}

/// The core's proposal as it travels.
pub(crate) fn proposal_out(proposal: &CoreSignedProposal) -> Proposal {
    Proposal {
        height: Height(proposal.message.height.0),
        round: round_out(proposal.message.round),
        pol_round: pol_round_out(proposal.message.pol_round),
        block_id: proposal.message.value.0,
        validator: proposal.message.address.0,
        signature: proposal.signature.signature(),
        share: proposal.signature.share(),
    }
}

/// The verdict on a block, for the core.
pub(crate) fn proposed_value(
    height: Height,
    (round, pol_round): (Round, Option<Round>),
    proposer: ValidatorId,
    block_id: BlockId,
    valid: bool,
) -> CoreProposedValue {
    CoreProposedValue {
        height: CoreHeight(height.0),
        round: CoreRound::new(round.0),
        valid_round: pol_round_in(pol_round),
        proposer: Address(proposer),
        value: Id(block_id),
        validity: Validity::from_bool(valid),
    }
}

/// A timer for the core; `None` for the engine's own.
pub(crate) fn timeout_in(timeout: Timeout) -> Option<CoreTimeout> {
    let kind = match timeout.kind {
        TimeoutKind::Propose => CoreTimeoutKind::Propose,
        TimeoutKind::Prevote => CoreTimeoutKind::Prevote,
        TimeoutKind::Precommit => CoreTimeoutKind::Precommit,
        TimeoutKind::Sign => return None,
    };
    Some(CoreTimeout::new(CoreRound::new(timeout.round.0), kind))
}

/// The core's timer; `None` for those that are not used here.
pub(crate) fn timeout_out(height: Height, timeout: CoreTimeout) -> Option<Timeout> {
    let kind = match timeout.kind {
        CoreTimeoutKind::Propose => TimeoutKind::Propose,
        CoreTimeoutKind::Prevote => TimeoutKind::Prevote,
        CoreTimeoutKind::Precommit => TimeoutKind::Precommit,
        // What the core would say again goes out with the status exchange; no finalize period.
        CoreTimeoutKind::Rebroadcast | CoreTimeoutKind::FinalizeHeight(_) => return None,
    };
    Some(Timeout { height, round: round_out(timeout.round), kind })
}

/// A round that exists.
pub(crate) fn round_out(round: CoreRound) -> Round {
    Round(round.as_u32().expect("the core names real rounds, but for a proposal without polka"))
}

/// The round of a proposal's polka.
pub(crate) fn pol_round_out(round: CoreRound) -> Option<Round> {
    round.as_u32().map(Round)
}

fn pol_round_in(round: Option<Round>) -> CoreRound {
    CoreRound::from(round.map(|round| round.0))
}

fn block_in(block_id: Option<BlockId>) -> NilOrVal<Id> {
    block_id.map_or(NilOrVal::Nil, |block_id| NilOrVal::Val(Id(block_id)))
}

fn block_out(value: NilOrVal<Id>) -> Option<BlockId> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(id) => Some(id.0),
    }
}

const fn vote_type(kind: VoteKind) -> VoteType {
    match kind {
        VoteKind::Prevote => VoteType::Prevote,
        VoteKind::Precommit => VoteType::Precommit,
    }
}

const fn vote_kind(kind: VoteType) -> VoteKind {
    match kind {
        VoteType::Prevote => VoteKind::Prevote,
        VoteType::Precommit => VoteKind::Precommit,
    }
}
