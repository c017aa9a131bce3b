//! The examples of `tests/vectors/state.json` are what this crate computes.
//!
//! The file is for other implementations: `tests/vectors/second/state.py` computes it once more,
//! from the definition, with none of this code.

use state::proof::verify_key;
use state::{ChangeSet, MapReader, NodePath, Proof, Tree, hashing, key};
use std::fmt::Write;
use types::{Address, Hash, Height, PublicKey, Role, ValidatorId};

const FILE: &str = include_str!("../../../tests/vectors/state.json");

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string can be written");
        text
    })
}

fn text(value: Option<&[u8]>) -> String {
    value.map_or("null".into(), |value| format!("\"{}\"", hex(value)))
}

/// A JSON list, one entry a line.
fn list(indent: &str, entries: &[String]) -> String {
    let separator = format!(",\n{indent}  ");
    format!("[\n{indent}  {}\n{indent}]", entries.join(&separator))
}

/// The n-th raw key of the examples: a stored value of a contract.
fn raw(number: u16) -> Vec<u8> {
    let contract = Address([0xc0; 32]);
    key::storage(&contract, &number.to_be_bytes()).expect("two bytes are few")
}

fn value(number: u16) -> Vec<u8> {
    vec![0xda; usize::from(number % 7) * 30]
}

fn raw_keys() -> Vec<String> {
    let (address, id) = (Address([0x11; 32]), ValidatorId([0x22; 32]));
    let keys = [
        ("account 11..", key::account(&address)),
        ("lane 63 of 11..", key::lane(&address, 63)),
        ("role auditor of 11..", key::role(&address, Role::Auditor)),
        ("validator 22..", key::validator(&id)),
        ("sealed identity of 22..", key::hidden_information(&PublicKey([0x22; 32]))),
        ("presence of 22..", key::presence(&id)),
        ("set from height 258", key::set(Height(258))),
        ("chain", key::chain()),
        ("params", key::params()),
        ("member alpha", key::member("alpha")),
        ("punished evidence 33..", key::punished(&Hash([0x33; 32]))),
        ("payout at 258 to 22..", key::payout(Height(258), &id)),
        ("storage 0001 of c0..", raw(1)),
    ];
    keys.iter()
        .map(|(of, raw)| format!("{{\"of\": \"{of}\", \"raw\": \"{}\"}}", hex(raw)))
        .collect()
}

fn leaves() -> Vec<String> {
    let leaf = |number| {
        let (raw, value) = (raw(number), value(number));
        let (key_hash, value_hash) = (hashing::key_hash(&raw), hashing::value_hash(&value));
        format!(
            "{{\"raw\": \"{}\", \"value\": \"{}\", \"key_hash\": \"{}\", \"value_hash\": \"{}\", \
             \"leaf\": \"{}\"}}",
            hex(&raw),
            hex(&value),
            hex(&key_hash),
            hex(&value_hash),
            hashing::leaf(&key_hash, &value_hash)
        )
    };
    (0..4).map(leaf).collect()
}

fn branches() -> Vec<String> {
    let branch = |left: [u8; 32], right: [u8; 32]| {
        let hash = hashing::branch(&Hash(left), &Hash(right));
        format!(
            "{{\"left\": \"{}\", \"right\": \"{}\", \"hash\": \"{hash}\"}}",
            hex(&left),
            hex(&right)
        )
    };
    vec![branch([1; 32], [2; 32]), branch([0; 32], [2; 32]), branch([1; 32], [0; 32])]
}

/// A state of keys 0..count: its root, and proofs of present and absent keys.
fn state(count: u16) -> String {
    let entries = (0..count).map(|number| (raw(number), Some(value(number)))).collect();
    let changes = ChangeSet::from_sorted(entries).expect("ascending and small");
    let (mut tree, mut reader) = (Tree::new(0), MapReader::new());
    let root = tree.apply(&reader, Height(0), &changes).expect("memory can be read");
    reader.apply(&changes);
    tree.durable(Height(0));
    let proof = |number: u16| {
        let proof = tree.prove(&reader, Height(0), &raw(number)).expect("it is the newest height");
        let held = verify_key(&proof, &root, &raw(number)).expect("an honest proof holds");
        assert_eq!(held.is_some(), number < count);
        format!(
            "{{\"key\": \"{}\", \"value\": {}, \"encoded\": \"{}\"}}",
            hex(&raw(number)),
            text(held),
            hex(&proof.encode())
        )
    };
    let proofs: Vec<_> = [0, 1, 2, 19, 500, 501, 502, 503, 504].map(proof).to_vec();
    format!(
        "{{\"keys\": {count}, \"root\": \"{root}\", \"change_set\": \"{}\", \"proofs\": {}}}",
        hex(&changes.encode()),
        list("    ", &proofs)
    )
}

fn nodes() -> Vec<String> {
    let entries = (0..20).map(|number| (raw(number), Some(value(number)))).collect();
    let changes = ChangeSet::from_sorted(entries).expect("ascending and small");
    let mut tree = Tree::new(0);
    tree.apply(&MapReader::new(), Height(0), &changes).expect("memory can be read");
    tree.durable(Height(0));
    let flush = tree.take_flush_early().expect("there is something to write");
    let node = |(path, stored): &(NodePath, Vec<u8>)| {
        let hash = state::tree::stored_node_hash(path, stored).expect("it was just written");
        format!(
            "{{\"path\": \"{}\", \"stored\": \"{}\", \"hash\": \"{hash}\"}}",
            hex(&path.to_bytes()),
            hex(stored)
        )
    };
    flush.puts.iter().map(node).collect()
}

fn computed() -> String {
    let states: Vec<_> = [0, 1, 2, 3, 20, 200].map(state).to_vec();
    format!(
        "{{\n  \"raw_keys\": {},\n  \"leaves\": {},\n  \"branches\": {},\n  \"states\": {},\n  \
         \"nodes\": {}\n}}\n",
        list("  ", &raw_keys()),
        list("  ", &leaves()),
        list("  ", &branches()),
        list("  ", &states),
        list("  ", &nodes())
    )
}

#[test]
fn the_examples_are_what_this_crate_computes() {
    let computed = computed();
    if computed != FILE {
        println!("{computed}");
        panic!("tests/vectors/state.json differs from what is printed above");
    }
}

#[test]
fn the_encoded_proofs_of_the_file_decode_to_themselves() {
    let parts = FILE.split("\"encoded\": \"").skip(1);
    let proofs: Vec<_> = parts.filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(proofs.len(), 6 * 9);
    for text in proofs {
        let digits: Vec<_> = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]).collect();
        let bytes: Vec<u8> =
            digits.iter().map(|pair| u8::from_str_radix(pair, 16).expect("it is hex")).collect();
        assert_eq!(Proof::decode(&bytes).expect("it is a proof").encode(), bytes);
    }
}
