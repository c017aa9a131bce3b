//! State: keys, records, hashes, proofs.

use crate::block::{Block, Layout, json, values};
use crate::fixture::World;
use client::dto::{Base64, ReceiptProof, StateProof};
use client::verify::{PROOF_VERSION, Trust};
use crypto::{id, merkle};
use state::key::{self, Space};
use state::proof::{OtherLeaf, Proof};
use state::{ChangeSet, NodeReader, hashing};
use types::record::{ChainRecord, CodeRecord, ContractRecord, PresenceRecord, RandomnessRecord};
use types::{AccountRecord, Hash, Height, LaneRecord, Role, RoleRecord, Version, decode};

pub(super) fn blocks(world: &World) -> Vec<Block> {
    let account = key::account(&world.account(1));
    let absent = key::account(&id::account_address(&types::PublicKey([9; 32])));
    let mut blocks = vec![keys(world)];
    blocks.extend(records(world));
    blocks.extend([
        hashes(world, &account),
        changes(world),
        proof("state-proof", &world.prove(&account)),
        proof("absence-proof", &world.prove(&absent)),
        state_proof(world, &account),
        receipt_proof(world),
    ]);
    blocks
}

fn keys(world: &World) -> Block {
    let (alice, validator) = (world.account(0), world.set.get(0).expect("there are four").id);
    let consensus_key = world.set.get(0).expect("there are four").consensus_key;
    let contract = id::contract_address(&alice, b"shop");
    let examples = [
        (Space::Account, key::account(&alice)),
        (Space::Lane, key::lane(&alice, 7)),
        (Space::Role, key::role(&alice, Role::Operator)),
        (Space::Validator, key::validator(&validator)),
        (Space::HiddenInformation, key::hidden_information(&consensus_key)),
        (Space::Presence, key::presence(&validator)),
        (Space::ValidatorSet, key::set(Height(1))),
        (Space::Chain, key::chain()),
        (Space::Params, key::params()),
        (Space::Member, key::member("validator0")),
        (Space::Punished, key::punished(&Hash([7; 32]))),
        (Space::Payout, key::payout(Height(258), &validator)),
        (Space::Reveal, key::reveal(&validator)),
        (Space::UsedKey, key::used_key(&consensus_key.0)),
        (Space::Proposal, key::proposal(258)),
        (Space::Recent, key::recent(Height(258))),
        (Space::Storage, key::storage(&contract, b"stock").expect("five bytes are few")),
        (Space::Code, key::code(&Hash([8; 32]))),
        (Space::CodeRecord, key::code_record(&Hash([8; 32]))),
        (Space::Contract, key::contract(&contract)),
        (Space::Randomness, key::randomness(Height(1_025))),
    ];
    let mut entries = Vec::new();
    for space in Space::ALL {
        let name = format!("{} {space:?}", space.byte());
        let Some((_, raw)) = examples.iter().find(|(of, _)| *of == space) else {
            entries.push((name, "(no example)".to_owned()));
            continue;
        };
        // The 32 bytes of the contract take a line of their own.
        entries.push((name, hex::encode(&raw[..key::PREFIX_BYTES])));
        for chunk in raw[key::PREFIX_BYTES..].chunks(32) {
            entries.push(("  key".to_owned(), hex::encode(chunk)));
        }
    }
    let entries: Vec<_> =
        entries.iter().map(|(note, value)| (note.as_str(), value.clone())).collect();
    values("raw-keys", &entries)
}

fn value(world: &World, raw: &[u8]) -> Vec<u8> {
    let held = world.reader.value(raw).expect("memory can be read");
    held.expect("the example's key is there")
}

fn records(world: &World) -> Vec<Block> {
    let alice = world.account(0);
    let validator = world.set.get(0).expect("there are four").id;
    let account: AccountRecord = read(&value(world, &key::account(&alice)));
    let lane: LaneRecord = read(&value(world, &key::lane(&alice, 0)));
    let role: RoleRecord = read(&value(world, &key::role(&alice, Role::Operator)));
    let presence: PresenceRecord = read(&value(world, &key::presence(&validator)));
    let chain: ChainRecord = read(&value(world, &key::chain()));
    let code = CodeRecord { version: Version, bytes: 9, deployer: alice, deployed: Height(1) };
    let contract = ContractRecord {
        version: Version,
        code_hash: Hash([8; 32]),
        creator: alice,
        admin: Some(alice),
        paused: types::record::Pause::No,
        created: Height(1),
        upgraded: Height(2),
    };
    let drawn: RandomnessRecord = read(&value(world, &key::randomness(Height(1))));
    vec![
        Layout::of("record-code", &code)
            .field("version", &code.version)
            .field("bytes", &code.bytes)
            .field("deployer", &code.deployer)
            .field("deployed at height", &code.deployed)
            .end(),
        Layout::of("record-contract", &contract)
            .field("version", &contract.version)
            .field("code hash", &contract.code_hash)
            .field("creator", &contract.creator)
            .field("admin: some", &contract.admin)
            .field("paused", &contract.paused)
            .field("created at height", &contract.created)
            .field("upgraded at height", &contract.upgraded)
            .end(),
        Layout::of("record-randomness", &drawn)
            .field("version", &drawn.version)
            .field("height", &drawn.height)
            .field("randomness", &drawn.randomness)
            .end(),
        Layout::of("record-account", &account)
            .field("version", &account.version)
            .field("kind: account", &account.kind)
            .field("balance", &account.balance)
            .end(),
        Layout::of("record-lane", &lane)
            .field("version", &lane.version)
            .field("next nonce", &lane.next)
            .end(),
        Layout::of("record-role", &role)
            .field("version", &role.version)
            .field("granted at height", &role.granted)
            .field("expires_ms: none", &role.expires_ms)
            .end(),
        Layout::of("record-presence", &presence)
            .field("version", &presence.version)
            .field("joined", &presence.joined)
            .field("signed", &presence.signed)
            .end(),
        Layout::of("record-chain", &chain)
            .field("version", &chain.version)
            .field("protocol", &chain.protocol)
            .field("carried", &chain.carried)
            .field("genesis", &chain.genesis)
            .field("supply", &chain.supply)
            .field("registrars: set_version", &chain.registrars.set_version)
            .field("  threshold", &chain.registrars.threshold)
            .field("  keys", &chain.registrars.keys)
            .field("upgrade: none", &chain.upgrade)
            .end(),
    ]
}

fn read<T: borsh::BorshDeserialize>(bytes: &[u8]) -> T {
    decode("record", bytes, types::record::MAX_RECORD_BYTES).expect("a record is one")
}

fn hashes(world: &World, raw: &[u8]) -> Block {
    let held = value(world, raw);
    let (key_hash, value_hash) = (hashing::key_hash(raw), hashing::value_hash(&held));
    let leaf = hashing::leaf(&key_hash, &value_hash);
    values(
        "state-hashes",
        &[
            ("key hash of bob's account", hex::encode(key_hash)),
            ("hash of its value", hex::encode(value_hash)),
            ("leaf", leaf.to_string()),
            ("branch of it and nothing", hashing::branch(&leaf, &Hash::ZERO).to_string()),
        ],
    )
}

fn changes(world: &World) -> Block {
    let (put, gone) = (key::lane(&world.account(0), 0), key::lane(&world.account(0), 1));
    let held = value(world, &put);
    let entries = vec![(put.clone(), Some(held.clone())), (gone.clone(), None)];
    let changes = ChangeSet::from_sorted(entries).expect("ascending and small");
    Layout::of("change-set", &changes)
        .field("version", &1_u8)
        .field("entries: how many", &2_u32)
        .field("  key", &put)
        .field("  value: some", &Some(held))
        .field("  key", &gone)
        .field("  value: none, removed", &0_u8)
        .end()
}

fn proof(name: &str, proof: &Proof) -> Block {
    let Proof { version, key, value, other, bitmap, siblings } = proof;
    let count = u32::try_from(siblings.len()).expect("a proof is short");
    let mut layout = Layout::of(name, proof).field("version", version).field("key", key);
    layout = match value {
        Some(value) => layout.field("value: some", &1_u8).field("  record", value),
        None => layout.field("value: none", &0_u8),
    };
    layout = match other {
        Some(OtherLeaf { key_hash, value_hash }) => layout
            .field("other leaf: some", &1_u8)
            .field("  key hash", key_hash)
            .field("  value hash", value_hash),
        None => layout.field("other leaf: none", &0_u8),
    };
    layout = layout.field("bitmap", bitmap).field("siblings: how many", &count);
    siblings.iter().fold(layout, |layout, sibling| layout.field("  sibling", sibling)).end()
}

fn state_proof(world: &World, raw: &[u8]) -> Block {
    let proof = StateProof {
        version: PROOF_VERSION,
        chain_id: world.chain.chain_id,
        height: Height(1),
        proof: Base64(world.prove(raw).encode()),
        certificate: Base64(types::encode(&world.finality)),
        steps: Vec::new(),
    };
    let trust = Trust::from_genesis(&world.chain.genesis, None).expect("the genesis is valid");
    let proven = trust.verify_key(&proof, raw).expect("the example proves bob's account");
    assert_eq!(proven.value, Some(value(world, raw)));
    json("state-proof", &proof)
}

fn receipt_proof(world: &World) -> Block {
    let receipt = &world.executed.receipts[0];
    let path = merkle::prove(&[id::receipt_hash(receipt)], 0).expect("there is one");
    let proof = ReceiptProof {
        version: PROOF_VERSION,
        chain_id: world.chain.chain_id,
        height: Height(1),
        receipt: Base64(types::encode(receipt)),
        index: 0,
        count: 1,
        siblings: Base64(path.iter().flat_map(|hash| hash.0).collect()),
        certificate: Base64(types::encode(&world.finality)),
        steps: Vec::new(),
    };
    let trust = Trust::from_genesis(&world.chain.genesis, None).expect("the genesis is valid");
    let hash = receipt.tx_hash.expect("it is a transaction's");
    trust.verify_transaction(&proof, hash).expect("the example proves the transfer");
    json("receipt-proof", &proof)
}
