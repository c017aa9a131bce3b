//! Hashes, chain, keys, addresses.

use crate::block::{Block, Layout, values};
use crate::fixture::World;
use crypto::text::format_address;
use crypto::{domain, hash, id};
use types::{Address, AddressKind};

/// What addresses begin with unless a chain spec says otherwise.
pub(super) const PREFIX: &str = "syn";

pub(super) fn blocks(world: &World) -> Vec<Block> {
    vec![hashes(), domains(), chain_input(world), chain(world), keys(world), addresses(world)]
}

fn hashes() -> Block {
    values(
        "hashes",
        &[
            ("H(\"tx\", \"\") = KEY(\"tx\")", hash::derive("tx", b"").to_string()),
            ("H(\"tx\", \"abc\")", hash::derive("tx", b"abc").to_string()),
            ("KEY(\"leaf\")", hex::encode(hash::LEAF_KEY)),
            ("keyed(KEY(\"leaf\"), \"abc\")", hash::keyed(&hash::LEAF_KEY, b"abc").to_string()),
        ],
    )
}

fn domains() -> Block {
    let entries = domain::ALL.iter().map(|name| (*name, hex::encode(hash::key(name))));
    values("domains", &entries.collect::<Vec<_>>())
}

fn chain_input(world: &World) -> Block {
    let genesis = &world.chain.genesis;
    Layout::of("chain-id-input", &(&genesis.name, genesis.salt))
        .field("name", &genesis.name)
        .field("salt", &genesis.salt)
        .end()
}

fn chain(world: &World) -> Block {
    values("chain-id", &[("chain_id", world.chain.chain_id.to_string())])
}

fn keys(world: &World) -> Block {
    let names = [
        ["alice seed", "alice key", "alice address", "alice text"],
        ["bob seed", "bob key", "bob address", "bob text"],
        ["carol seed", "carol key", "carol address", "carol text"],
    ];
    let mut entries = Vec::new();
    for (number, (notes, key)) in names.iter().zip(&world.chain.accounts).enumerate() {
        let address = world.account(number);
        entries.extend([
            (notes[0], hex::encode(harness::chain::seed(b'a', number))),
            (notes[1], hex::encode(key.public().0)),
            (notes[2], address.to_string()),
            (notes[3], format_address(PREFIX, AddressKind::Account, &address.0)),
        ]);
    }
    values("accounts", &entries)
}

fn addresses(world: &World) -> Block {
    let mut keys: Vec<_> = world.chain.accounts.iter().map(|key| key.public()).collect();
    keys.sort();
    let multisig = id::multisig_address(2, &keys);
    let contract = id::contract_address(&world.account(0), b"shop");
    let validator = world.set.get(0).expect("there are four");
    let modules: [(&str, Address); 4] =
        ["treasury", "bonds", "bank", "roles"].map(|name| (name, id::module_address(name)));
    let mut entries = vec![
        ("2 of alice, bob, carol", multisig.to_string()),
        ("  text", format_address(PREFIX, AddressKind::Multisig, &multisig.0)),
        ("alice's contract \"shop\"", contract.to_string()),
        ("  text", format_address(PREFIX, AddressKind::Contract, &contract.0)),
    ];
    for (name, address) in &modules {
        entries.push((name, address.to_string()));
        entries.push(("  text", format_address(PREFIX, AddressKind::Module, &address.0)));
    }
    entries.extend([
        ("validator key", hex::encode(validator.consensus_key.0)),
        ("validator id", validator.id.to_string()),
        ("  text", format_address(PREFIX, AddressKind::Validator, &validator.id.0)),
    ]);
    values("addresses", &entries)
}
