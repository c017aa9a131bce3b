//! With real signatures and shares: what the watcher hands out is what the crypto crate verifies.

use super::fixture::{CHAIN, WINDOW};
use crate::watcher::{Verdict, Watcher};
use crypto::ballot::{self, ConsensusSecret};
use crypto::sign::SecretKey;
use crypto::{certificate, evidence, id};
use std::sync::Arc;
use types::wire::ConsensusContent;
use types::{
    BlockId, Hash, Height, Round, Seal, SignedAddress, Step, Validator, ValidatorSet, Value, Vote,
    VoteKind, VotingPower,
};

struct Net {
    secrets: Vec<ConsensusSecret>,
    set: Arc<ValidatorSet>,
    watcher: Watcher,
}

impl Net {
    fn new() -> Self {
        let mut secrets: Vec<ConsensusSecret> = (1..=4_u8)
            .map(|n| ConsensusSecret::new(SecretKey::from_seed([n; 32]), [n; 32], CHAIN))
            .collect();
        secrets.sort_by_key(|secret| id::validator_id(&secret.consensus_key()));
        let validators = secrets.iter().map(|secret| Validator {
            id: id::validator_id(&secret.consensus_key()),
            consensus_key: secret.consensus_key(),
            commitment: secret.commitment(),
            randomness_key: secret.randomness_key(),
            power: VotingPower(1),
        });
        let set = Arc::new(ValidatorSet::new(validators.collect()).unwrap());
        let mut watcher = Watcher::new(CHAIN, WINDOW, 1 << 28);
        watcher.start_height(Height(7), &set, &set, &[]);
        Self { secrets, set, watcher }
    }

    fn sign(&self, from: usize, step: Step, value: &Value) -> (types::Signature, types::Share) {
        let address =
            SignedAddress { chain_id: CHAIN, height: Height(7), round: Round::ZERO, step };
        self.secrets[from].sign(&address, value, [0; 32])
    }

    fn precommit(&self, from: usize, block_id: Option<BlockId>) -> ConsensusContent {
        let value = block_id.map(|block_id| Hash(block_id.0));
        let (signature, share) = self.sign(from, Step::Precommit, &value);
        ConsensusContent::Vote(Vote {
            kind: VoteKind::Precommit,
            height: Height(7),
            round: Round::ZERO,
            block_id,
            validator: self.set.get(from).unwrap().id,
            signature,
            share,
        })
    }

    fn seal(&self, from: usize, block_id: BlockId) -> ConsensusContent {
        let (state_root, receipts_root) = (Hash([3; 32]), Hash([4; 32]));
        let value = Some(id::seal_value(&block_id, &state_root, &receipts_root));
        let (signature, share) = self.sign(from, Step::Seal, &value);
        let validator = self.set.get(from).unwrap().id;
        ConsensusContent::Seal(Seal {
            height: Height(7),
            block_id,
            state_root,
            receipts_root,
            validator,
            signature,
            share,
        })
    }

    /// Whether what the watcher wants verified is valid.
    fn verify(&self, content: &ConsensusContent) -> bool {
        match self.watcher.judge_now(content) {
            Verdict::Verify(ballots) => {
                let ballots: Vec<_> = ballots.as_ballots().collect();
                ballot::verify_batch(&ballots).into_iter().all(|valid| valid)
            }
            other => panic!("{other:?}"),
        }
    }

    fn see_verified(&mut self, content: &ConsensusContent) -> Vec<types::Evidence> {
        assert!(self.verify(content));
        self.watcher.observe(content).conflicts
    }
}

const BLOCK: BlockId = BlockId([1; 32]);

#[test]
fn the_ballots_of_genuine_messages_verify_and_those_of_forged_ones_do_not() {
    let net = Net::new();
    assert!(net.verify(&net.precommit(0, Some(BLOCK))));
    assert!(net.verify(&net.seal(0, BLOCK)));
    let ConsensusContent::Vote(mut vote) = net.precommit(0, Some(BLOCK)) else { panic!("a vote") };
    vote.validator = net.set.get(1).unwrap().id;
    assert!(!net.verify(&ConsensusContent::Vote(vote)));
}

#[test]
fn evidence_of_a_double_sign_verifies_and_opens_the_hidden_point() {
    let mut net = Net::new();
    let (first, second) = (net.precommit(2, Some(BLOCK)), net.precommit(2, None));
    assert_eq!(net.see_verified(&first), vec![]);
    let conflicts = net.see_verified(&second);
    let [found] = conflicts.as_slice() else { panic!("{conflicts:?}") };
    assert_eq!(evidence::verify(found, net.set.get(2).unwrap()), Ok(()));
    let point = evidence::hidden_point(found);
    assert_eq!(point, Some(net.secrets[2].reveal().hidden_point()));
    // Another node takes the pair as a pair.
    let other = Net::new();
    let Verdict::Verify(ballots) = other.watcher.admissible_evidence(found) else { panic!("news") };
    let ballots: Vec<_> = ballots.as_ballots().collect();
    assert_eq!(ballot::verify_batch(&ballots), vec![true, true]);
}

#[test]
fn certificates_put_together_here_verify_anywhere_and_known_keys_spare_the_work() {
    let mut net = Net::new();
    for from in 0..3 {
        let (vote, seal) = (net.precommit(from, Some(BLOCK)), net.seal(from, BLOCK));
        net.see_verified(&vote);
        net.see_verified(&seal);
    }
    let commit = net.watcher.commit_certificate(Height(7), Round::ZERO, &BLOCK).unwrap();
    let finality = net.watcher.finality(Height(7)).unwrap();
    let nothing = |_: &Hash| false;
    assert_eq!(certificate::verify_commit(&commit, &CHAIN, &net.set, &nothing), Ok(()));
    assert_eq!(certificate::verify_finality(&finality, &CHAIN, &net.set, &nothing), Ok(()));
    let keys = net.watcher.known_keys(Height(7));
    assert_eq!(keys.len(), 6);
    let asked = std::cell::Cell::new(0);
    let known = |key: &Hash| {
        asked.set(asked.get() + 1);
        keys.contains(key)
    };
    assert_eq!(certificate::verify_commit(&commit, &CHAIN, &net.set, &known), Ok(()));
    assert_eq!(certificate::verify_finality(&finality, &CHAIN, &net.set, &known), Ok(()));
    assert_eq!(asked.get(), 6);
    assert!(commit.precommits.iter().zip(0..).all(|(part, index)| {
        let ballot = ballot::Ballot {
            validator: net.set.get(usize::from(part.index)).unwrap(),
            address: SignedAddress {
                chain_id: CHAIN,
                height: Height(7),
                round: Round::ZERO,
                step: Step::Precommit,
            },
            value: Some(Hash(BLOCK.0)),
            signature: part.signature,
            share: part.share,
        };
        part.index == index && keys.contains(&ballot::cache_key(&ballot))
    }));
}
