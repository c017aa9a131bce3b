//! A replica on real folders: what one run leaves there, the next one finds.

use super::RunOptions;
use super::serve::WATCH_HEIGHTS;
use super::start::{self, Chain};
use crate::devnet::Devnet;
use crate::home::Home;
use crate::keystore::Passphrase;
use consensus::watcher::Watcher;
use crypto::ballot::ConsensusSecret;
use crypto::sign::SecretKey;
use replica::replica::{Config, Signing};
use replica::work::{self, Work, WorkDone};
use replica::{Action, Event, Now, Replica};
use std::sync::Arc;
use store::Store;
use types::wire::ConsensusContent;
use types::{
    BlockId, Hash, Height, Round, SignedAddress, Step, ValidatorId, ValidatorSet, Vote, VoteKind,
};

const FIRST: Height = Height(1);

/// Somebody who votes as it likes.
struct Voter {
    chain: Chain,
    secret: ConsensusSecret,
    id: ValidatorId,
}

impl Voter {
    fn of(home: &Home, chain: Chain) -> Self {
        let passphrase = Passphrase::from_file(&home.passphrase_file()).unwrap();
        let secrets = home.read_validator(&passphrase).unwrap().unwrap();
        let (consensus, reveal) = secrets.seeds().unwrap();
        let secret = ConsensusSecret::new(SecretKey::from_seed(consensus), reveal, chain.chain_id);
        let id = crypto::id::validator_id(&secret.consensus_key());
        Self { chain, secret, id }
    }

    fn prevote(&self, block_id: Option<BlockId>) -> ConsensusContent {
        let (height, round, step) = (FIRST, Round::ZERO, Step::Prevote);
        let address = SignedAddress { chain_id: self.chain.chain_id, height, round, step };
        let value = block_id.map(|id| Hash(id.0));
        let (signature, share) = self.secret.sign(&address, &value, [0; 32]);
        let (kind, validator) = (VoteKind::Prevote, self.id);
        ConsensusContent::Vote(Vote { kind, height, round, block_id, validator, signature, share })
    }
}

/// An observer's replica, as a start of the program makes it.
fn start_replica(home: &Home, chain: &Chain, store: &Store) -> Replica {
    let mut safety = start::open_safety(home, chain, store, None, None).unwrap();
    let begin = start::replica_start(home, store, &mut safety).unwrap();
    let config = Config {
        chain_id: chain.chain_id,
        own: None,
        protocol_max: 1,
        watch_heights: WATCH_HEIGHTS,
        watch_bytes: 1 << 20,
        detectors: replica::Detectors::ALL,
    };
    let mut replica = Replica::new(config, begin);
    start::restore_votes(store, &mut replica).unwrap();
    replica
}

/// Give a replica a message and do what it wants verified; whether it tells of a double sign.
fn hears(replica: &mut Replica, content: ConsensusContent) -> bool {
    let now = Now { mono_ns: 1, wall_ms: 1 };
    let peer = types::PublicKey([1; 32]);
    let content = Box::new(content);
    let mut actions = replica.handle(now, Event::Message { peer, gossip: 1, content });
    let mut found = false;
    while let Some(action) = actions.pop() {
        match action {
            Action::Work(work) => {
                let Work::Verify { batch, ballots } = *work else { panic!("another job") };
                let done = WorkDone::Verified { batch, valid: work::verify(&ballots) };
                actions.extend(replica.handle(now, Event::Done(Box::new(done))));
            }
            Action::GossipEvidence(_) => found = true,
            _ => {}
        }
    }
    found
}

#[test]
fn a_validator_whose_guard_is_lost_leaves_none_behind() {
    let folder = tempfile::tempdir().unwrap();
    let net = folder.path().join("net");
    Devnet::make(&net, 1, 7_100).unwrap();
    let home = Home::new(&net.join("node0"));
    std::fs::remove_dir_all(home.guard()).unwrap();
    for _ in 0..2 {
        let chain = Chain::read(&home).unwrap();
        let (store, _tree) = start::open_store(&home, &chain, 8).unwrap();
        let passphrase_file = None;
        let config = crate::config::Config::default();
        let options = RunOptions { home: home.clone(), config, passphrase_file };
        let validator = start::open_validator(&options, &chain, &store).unwrap();
        let mut safety = start::open_safety(&home, &chain, &store, validator, None).unwrap();
        let observes = matches!(safety.signing, Signing::Observer { probation: None, .. });
        assert!(observes, "{:?}", safety.signing);
        // What a signer has to write is written at the next decision, by an observer, too.
        assert!(safety.signer.guard_slot().is_none());
    }
}

#[test]
fn a_start_takes_back_the_votes_of_the_run_before_and_finds_a_conflict_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let net = folder.path().join("net");
    Devnet::make(&net, 4, 7_100).unwrap();
    let home = Home::new(&net.join("node0"));
    let chain = Chain::read(&home).unwrap();
    let voter = Voter::of(&Home::new(&net.join("node1")), Chain::read(&home).unwrap());
    let (store, tree) = start::open_store(&home, &chain, 8).unwrap();
    let set: Arc<ValidatorSet> = Arc::new(state::read::validator_set_at(&store, FIRST).unwrap());

    let mut earlier = Watcher::new(chain.chain_id, WATCH_HEIGHTS, 1 << 20);
    earlier.start_height(FIRST, &set, &set, &[]);
    assert!(earlier.observe(&voter.prevote(None)).new);
    store.put_votes(FIRST, &earlier.export(FIRST).unwrap()).unwrap();
    drop((store, tree));

    let (store, _tree) = start::open_store(&home, &chain, 8).unwrap();
    let mut replica = start_replica(&home, &chain, &store);
    assert!(!hears(&mut replica, voter.prevote(None)));
    assert!(hears(&mut replica, voter.prevote(Some(BlockId([5; 32])))));
    drop(replica);

    // What cannot be read back is left out: the node starts, and knows nothing of that height.
    store.put_votes(FIRST, &[1, 2, 3]).unwrap();
    let mut replica = start_replica(&home, &chain, &store);
    assert!(!hears(&mut replica, voter.prevote(Some(BlockId([5; 32])))));
    assert!(hears(&mut replica, voter.prevote(None)));
}
