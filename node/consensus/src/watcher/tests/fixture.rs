//! A chain of four, or as many as wished, whose messages nobody has to verify.

use crate::watcher::{Observed, Verdict, Watcher};
use std::sync::Arc;
use types::certificate::{PolkaCertificate, RoundCertificate, RoundCertificateKind, RoundVote};
use types::wire::ConsensusContent;
use types::{
    BlockId, CertificateSignature, ChainId, CommitCertificate, Evidence, FinalityCertificate, Hash,
    Height, Proposal, PublicKey, RevealPoint, Round, Seal, Share, Signature, SignedAddress, Step,
    Validator, ValidatorId, ValidatorSet, Version, Vote, VoteKind, VotingPower,
};

pub(crate) const CHAIN: ChainId = ChainId([9; 32]);
pub(crate) const WINDOW: u64 = 20;

pub(crate) fn id(index: u8) -> ValidatorId {
    ValidatorId([index + 1; 32])
}

pub(crate) fn set_of_power(powers: &[u64]) -> Arc<ValidatorSet> {
    let validators = powers.iter().zip(0..).map(|(power, index)| Validator {
        id: id(index),
        consensus_key: PublicKey([index; 32]),
        commitment: RevealPoint([index; 32]),
        randomness_key: RevealPoint([index; 32]),
        power: VotingPower(*power),
    });
    Arc::new(ValidatorSet::new(validators.collect()).unwrap())
}

pub(crate) fn four() -> Arc<ValidatorSet> {
    set_of_power(&[1; 4])
}

/// A watcher with height `height` in progress, that has seen every height before.
pub(crate) fn watcher_at(height: u64) -> Watcher {
    watcher_with(height, &four(), 1 << 28)
}

pub(crate) fn watcher_with(height: u64, set: &Arc<ValidatorSet>, bytes: usize) -> Watcher {
    let mut watcher = Watcher::new(CHAIN, WINDOW, bytes);
    for height in 1..=height {
        watcher.start_height(Height(height), set, set, &[]);
    }
    watcher
}

pub(crate) fn block(n: u8) -> BlockId {
    BlockId([n; 32])
}

fn signature(salt: u8) -> (Signature, Share) {
    (Signature([salt; 64]), Share([salt; 128]))
}

pub(crate) fn proposal(from: u8, height: u64, round: u32, of: u8) -> ConsensusContent {
    reproposal(from, height, round, of, None)
}

pub(crate) fn reproposal(
    from: u8,
    height: u64,
    round: u32,
    of: u8,
    pol: Option<u32>,
) -> ConsensusContent {
    let (signature, share) = signature(of);
    ConsensusContent::Proposal(Proposal {
        height: Height(height),
        round: Round(round),
        pol_round: pol.map(Round),
        block_id: block(of),
        validator: id(from),
        signature,
        share,
    })
}

pub(crate) fn vote(
    kind: VoteKind,
    from: u8,
    height: u64,
    round: u32,
    of: Option<u8>,
) -> ConsensusContent {
    vote_salted(kind, from, height, round, of, 1)
}

pub(crate) fn vote_salted(
    kind: VoteKind,
    from: u8,
    height: u64,
    round: u32,
    of: Option<u8>,
    salt: u8,
) -> ConsensusContent {
    let (signature, share) = signature(salt);
    ConsensusContent::Vote(Vote {
        kind,
        height: Height(height),
        round: Round(round),
        block_id: of.map(block),
        validator: id(from),
        signature,
        share,
    })
}

pub(crate) fn prevote(from: u8, height: u64, round: u32, of: Option<u8>) -> ConsensusContent {
    vote(VoteKind::Prevote, from, height, round, of)
}

pub(crate) fn precommit(from: u8, height: u64, round: u32, of: Option<u8>) -> ConsensusContent {
    vote(VoteKind::Precommit, from, height, round, of)
}

pub(crate) fn seal(from: u8, height: u64, of: u8) -> ConsensusContent {
    let (signature, share) = signature(1);
    ConsensusContent::Seal(Seal {
        height: Height(height),
        block_id: block(of),
        state_root: Hash([of; 32]),
        receipts_root: Hash([of; 32]),
        validator: id(from),
        signature,
        share,
    })
}

pub(crate) fn parts(from: &[u16]) -> Vec<CertificateSignature> {
    let (signature, share) = signature(1);
    from.iter().map(|index| CertificateSignature { index: *index, signature, share }).collect()
}

pub(crate) fn commit(from: &[u16], height: u64, round: u32, of: u8) -> ConsensusContent {
    ConsensusContent::Commit(CommitCertificate {
        version: Version,
        chain_id: CHAIN,
        height: Height(height),
        round: Round(round),
        block_id: block(of),
        precommits: parts(from),
    })
}

pub(crate) fn polka(from: &[u16], height: u64, round: u32, of: u8) -> ConsensusContent {
    ConsensusContent::Polka(PolkaCertificate {
        version: Version,
        height: Height(height),
        round: Round(round),
        block_id: block(of),
        prevotes: parts(from),
    })
}

pub(crate) fn finality(from: &[u16], height: u64, of: u8) -> ConsensusContent {
    ConsensusContent::Finality(FinalityCertificate {
        version: Version,
        chain_id: CHAIN,
        height: Height(height),
        block_id: block(of),
        state_root: Hash([of; 32]),
        receipts_root: Hash([of; 32]),
        seals: parts(from),
    })
}

pub(crate) fn round_certificate(
    kind: RoundCertificateKind,
    height: u64,
    round: u32,
    votes: &[(u16, VoteKind, Option<u8>)],
) -> ConsensusContent {
    let votes = votes.iter().map(|(index, kind, of)| RoundVote {
        kind: *kind,
        block_id: of.map(block),
        signature: parts(&[*index]).remove(0),
    });
    ConsensusContent::Round(RoundCertificate {
        version: Version,
        height: Height(height),
        round: Round(round),
        kind,
        votes: votes.collect(),
    })
}

/// Evidence that `from` voted for both.
pub(crate) fn pair(
    from: u8,
    (height, round, step): (u64, u32, Step),
    first: Option<u8>,
    second: Option<u8>,
) -> Evidence {
    let address =
        SignedAddress { chain_id: CHAIN, height: Height(height), round: Round(round), step };
    let signed = |of: Option<u8>| {
        let (signature, share) = signature(1);
        (of.map(|of| Hash([of; 32])), signature, share)
    };
    crypto::evidence::from_pair(id(from), address, signed(first), signed(second)).unwrap()
}

impl Watcher {
    /// Observe what must be admissible, as if it had been verified.
    pub(crate) fn see(&mut self, content: &ConsensusContent) -> Observed {
        let verdict = self.judge_now(content);
        assert!(matches!(verdict, Verdict::Verify(_)), "{verdict:?} for {content:?}");
        self.observe(content)
    }

    /// Judge with the engine in round 0 of the height in progress.
    pub(crate) fn judge_now(&self, content: &ConsensusContent) -> Verdict {
        self.admissible(content, self.height, Round::ZERO)
    }
}

/// The name of a verdict, to compare.
pub(crate) fn name(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Verify(_) => "verify",
        Verdict::Known => "known",
        Verdict::TooOld => "too old",
        Verdict::TooHigh => "too high",
        Verdict::TooMany => "too many",
        Verdict::Stranger => "stranger",
        Verdict::Malformed => "malformed",
    }
}
