//! Files: journal, guard, keys, transactions on their way.

use crate::block::{Block, Layout, json, values};
use crate::fixture::World;
use client::wallet::{Signatory, TxFile};
use consensus::journal::{JournalRecord, frame};
use consensus::safety::{Guard, SLOT_BYTES, Signed};
use crypto::{domain, hash, id};
use harness::chain::seed;
use harness::program;
use serde_json::json as value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use types::{Hash, Height, Round, SignedAddress, Step};

/// Bytes of a journal's frame before its record.
const FRAME_BYTES: usize = 16;
/// Bytes of a guard's slot before its record.
const RECORD_AT: usize = 12;

pub(super) fn blocks(world: &World) -> Vec<Block> {
    vec![words(), secrets(), tx_file(world), journal(world), guard(world), machine()]
}

/// What the program derives from words.
fn words() -> Block {
    let words = [&["abandon"; 23][..], &["art"]].concat().join(" ");
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("words");
    fs::write(&file, &words).expect("the folder can be written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("the file is ours");
    let derived = Command::new(program::syndic().expect("the program is built"))
        .args(["--json", "keys", "derive", "--words-file"])
        .arg(&file)
        .output()
        .expect("the program runs");
    let shown: serde_json::Value = serde_json::from_slice(&derived.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&derived.stderr)));
    let text = |field: &str| shown[field].as_str().expect("a text").to_owned();
    values(
        "words",
        &[
            ("words", "23 times abandon, then art".to_owned()),
            ("path", text("path")),
            ("public key", text("public_key")),
            ("address", text("address")),
        ],
    )
}

fn journal(world: &World) -> Block {
    let (chain_id, height) = (world.chain.chain_id, Height(1));
    let framed = frame(&JournalRecord::Header { chain_id, height });
    let length = u32::try_from(framed.len() - FRAME_BYTES).expect("a header is short");
    let key = hash::keyed(&hash::key(domain::JOURNAL), &length.to_le_bytes());
    let sum = hash::keyed(&key.0, &framed[FRAME_BYTES..]);
    Layout::raw("journal-frame", framed)
        .field("length of the record", &length)
        .field("the same, flipped", &!length)
        .bytes("sum", &sum.0[..8])
        .field("record: version", &1_u8)
        .field("  kind: header", &0_u8)
        .field("  chain_id", &chain_id)
        .field("  height", &height)
        .end()
}

/// A guard that has signed one precommit.
fn guard(world: &World) -> Block {
    let chain_id = world.chain.chain_id;
    let validator = world.set.get(0).expect("there are four").id;
    let machine = consensus::safety::machine_of(b"machine");
    let mut guard = Guard::made(chain_id, validator, machine);
    let value = Some(Hash(id::block_id(&world.first.header).0));
    let at = SignedAddress { chain_id, height: Height(1), round: Round(0), step: Step::Precommit };
    let (signature, share) = world.secret(0).sign(&at, &value, [0; 32]);
    guard.record(at, Signed { value, signature, share }, None);
    let slot = guard.next_slot();
    assert_eq!(slot.position, 1, "the first image goes to slot 1");
    let record = types::encode(&guard);
    let (length, sum_at) = (record.len(), SLOT_BYTES - 32);
    Layout::raw("guard-slot", slot.bytes.to_vec())
        .bytes("magic: SYNGUARD", b"SYNGUARD")
        .field("length of the record", &u32::try_from(length).expect("it fits a slot"))
        .field("record: version", &1_u8)
        .field("  sequence", &1_u64)
        .field("  chain_id", &chain_id)
        .field("  genesis_hash: none yet", &0_u8)
        .field("  validator", &validator)
        .field("  standing: made", &0_u8)
        .field("    machine", &machine)
        .field("  votes: top: some", &1_u8)
        .field("    address", &at)
        .field("    signed: some", &1_u8)
        .field("      value", &value)
        .field("      signature", &signature)
        .field("      share", &share)
        .field("  seals: top: none", &0_u8)
        .field("    signed: none", &0_u8)
        .field("  settled: none", &0_u8)
        .zeros("zeros", sum_at - RECORD_AT - length)
        .bytes("sum", &slot.bytes[sum_at..])
        .end()
}

fn machine() -> Block {
    let machine = consensus::safety::machine_of(b"machine");
    let instance = consensus::safety::instance_of(b"machine", "/home/node/data", &[7; 32]);
    values("instance", &[("machine", machine.to_string()), ("instance", instance.to_string())])
}

fn secrets() -> Block {
    let secrets = value!({
        "consensus_seed": hex::encode(seed(b'c', 0)),
        "reveal_seed": hex::encode(seed(b'v', 0)),
    });
    json("validator-secrets", &secrets)
}

/// The transfer of the examples, as it travels to its signature and back.
fn tx_file(world: &World) -> Block {
    let alice = &world.chain.accounts[0];
    let sender = Signatory::Ed25519 { key: alice.public() };
    let mut file = TxFile::new(&world.transfer.tx, sender, None).expect("the example is one");
    file.sign(alice).expect("alice may sign");
    assert_eq!(file.finish().expect("it is signed"), world.transfer);
    json("tx-file", &file)
}
