//! What the parts of a block cost, alone and one after the other: one JSON object a line.
//!
//! Every time is told in `sv` too: the median time of one ed25519 verification in the same run. The
//! machine's noise is in both, so the ratio is what to compare.

#![allow(clippy::unwrap_used)]

use crypto::ballot::{self, Ballot};
use crypto::sign::{self, Check};
use executor::block::{self, BuildInput, Parent};
use executor::transaction;
use harness::chain::TestChain;
use state::{MapReader, Tree, read};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};
use types::{
    Hash, Height, Params, Round, SignedAddress, SignedTx, Step, TimestampMs, TxHash, Validator,
    ValidatorId,
};

/// Transfers of the measured block, each from an account of its own.
const TRANSFERS: usize = 2_000;
/// Times that each part is measured; the median counts.
const RUNS: usize = 9;
const BATCH: usize = 64;

fn main() {
    let chain = TestChain::new(4, TRANSFERS, Params::default());
    let sv = signatures();
    ballots(&chain, sv);
    transfers(&chain, sv);
}

/// The median time of `RUNS` runs, divided by how many things each run does.
fn median<T>(things: usize, mut run: impl FnMut() -> T) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            black_box(run());
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[RUNS / 2] / u32::try_from(things).unwrap()
}

fn print(name: &str, each: Duration, sv: Duration) {
    let (us, sv_us) = (each.as_secs_f64() * 1e6, sv.as_secs_f64() * 1e6);
    println!(
        r#"{{"name":"bench.parts.{name}","value":{us:.3},"unit":"us","ratio":{:.3},"sv_us":{sv_us:.3}}}"#,
        us / sv_us
    );
}

fn signatures() -> Duration {
    let checks: Vec<Check> = (0..BATCH)
        .map(|number| {
            let key = sign::SecretKey::from_seed(harness::chain::seed(b'k', number));
            let message = [number as u8; 32];
            Check { key: key.public(), message, signature: key.sign(&message) }
        })
        .collect();
    let all =
        || checks.iter().all(|check| sign::verify(&check.key, &check.message, &check.signature));
    let sv = median(BATCH, all);
    print("signature.single", sv, sv);
    print("signature.batch_64", median(BATCH, || sign::verify_batch(&checks)), sv);
    sv
}

fn ballots(chain: &TestChain, sv: Duration) {
    let secrets: Vec<_> =
        chain.validators.iter().map(|validator| validator.secret(chain.chain_id)).collect();
    let set = crypto::id::genesis_set(&chain.genesis).unwrap();
    let validator_of = |key| -> &Validator {
        set.validators().iter().find(|validator| validator.consensus_key == key).unwrap()
    };
    let address = |round: usize| SignedAddress {
        chain_id: chain.chain_id,
        height: Height(5),
        round: Round(u32::try_from(round).unwrap()),
        step: Step::Precommit,
    };
    let value = Some(Hash([9; 32]));
    let signed: Vec<_> =
        (0..BATCH).map(|i| secrets[i % 4].sign(&address(i / 4), &value, [1; 32])).collect();
    let ballots: Vec<Ballot<'_>> = (0..BATCH)
        .map(|i| Ballot {
            validator: validator_of(secrets[i % 4].consensus_key()),
            address: address(i / 4),
            value,
            signature: signed[i].0,
            share: signed[i].1,
        })
        .collect();
    let made = median(4, || {
        for secret in &secrets {
            black_box(secret.sign(&address(0), &value, [1; 32]));
        }
    });
    print("ballot.made_and_verified", made, sv);
    let single = || ballots.iter().all(ballot::verify);
    print("ballot.single", median(BATCH, single), sv);
    print("ballot.batch_64", median(BATCH, || ballot::verify_batch(&ballots)), sv);
}

/// The way of a block's transfers through one node, on the state after genesis.
fn transfers(chain: &TestChain, sv: Duration) {
    let params = chain.genesis.params.clone();
    let now_ms = harness::chain::GENESIS_MS + 1;
    let encoded: Vec<Vec<u8>> = (0..TRANSFERS)
        .map(|from| chain.transfer(from, (from + 1) % TRANSFERS, 1, 0, now_ms))
        .collect();
    let decode = || -> Vec<_> {
        encoded.iter().map(|tx| transaction::decode(tx, &params).unwrap()).collect()
    };
    print("transfer.decode_and_hash", median(TRANSFERS, decode), sv);
    let decoded = decode();
    let admit = || {
        let checks = decoded
            .iter()
            .flat_map(|tx| transaction::check_stateless(tx, &chain.chain_id, &params).unwrap());
        let checks: Vec<_> = checks.collect();
        checks.chunks(BATCH).all(|batch| sign::verify_batch(batch).into_iter().all(|valid| valid))
    };
    print("transfer.admit_in_batches_of_64", median(TRANSFERS, admit), sv);

    let mut reader = MapReader::new();
    let mut tree = Tree::new(usize::MAX);
    let first = executor::genesis::changes(&chain.genesis).unwrap();
    let state_root = tree.apply(&reader, Height::ZERO, &first).unwrap();
    reader.apply(&first);
    tree.durable(Height::ZERO);
    let header = crypto::id::genesis_header(&chain.genesis).unwrap();
    let block_id = crypto::id::block_id(&header);
    let parent = Parent { header, block_id, state_root, receipts_root: Hash::ZERO };

    let candidates: Vec<_> = decoded.into_iter().map(Arc::new).collect();
    let input = || build_input(chain, &parent, &reader, now_ms, candidates.clone());
    let build = || block::build(&reader, &parent, input()).unwrap().block;
    print("transfer.build", median(TRANSFERS, build), sv);
    let made = build();
    assert_eq!(made.body.txs.len(), TRANSFERS, "every transfer is valid");
    let known: BTreeMap<TxHash, Arc<SignedTx>> =
        candidates.iter().map(|tx| (tx.hash, tx.signed.clone())).collect();
    let known_tx = |hash: &TxHash| known.get(hash).cloned();
    let check = || block::check(&reader, &parent, &made, &|_| true, &known_tx).unwrap();
    print("transfer.check_with_known_signatures", median(TRANSFERS, check), sv);
    let checked = check();
    let machine = vm::Machine::new(vm::Settings::default()).unwrap();
    let execute = || block::execute(&machine, &reader, &checked).unwrap();
    print("transfer.execute", median(TRANSFERS, execute), sv);
    let changes = execute().changes;
    let flushed = tree.take_flush_early().unwrap();
    reader.apply_nodes(&flushed.puts, &flushed.deletes);
    let apply = || {
        let mut tree = Tree::load(&reader, usize::MAX, Height::ZERO, state_root).unwrap();
        tree.apply(&reader, Height(1), &changes).unwrap()
    };
    print("transfer.tree_from_stored_nodes", median(TRANSFERS, apply), sv);
}

fn build_input(
    chain: &TestChain,
    parent: &Parent,
    reader: &MapReader,
    now_ms: u64,
    candidates: Vec<Arc<transaction::Decoded>>,
) -> BuildInput {
    let height = parent.header.height.next();
    let proposer = proposer_of(reader, height);
    let validator = chain.validators.iter().find(|validator| validator.id == proposer).unwrap();
    let secret = validator.secret(chain.chain_id);
    BuildInput {
        height,
        round: Round::ZERO,
        time_ms: TimestampMs(now_ms),
        proposer,
        last_commit: None,
        finality: None,
        evidence: Vec::new(),
        candidates,
        vrf: secret.randomness(&chain.chain_id, height, &parent.header.randomness),
    }
}

fn proposer_of(reader: &MapReader, height: Height) -> ValidatorId {
    let set = read::validator_set_at(reader, height).unwrap();
    let eligible = read::eligible(reader, height, &set).unwrap();
    set.proposer(&eligible, height, Round::ZERO).id
}
