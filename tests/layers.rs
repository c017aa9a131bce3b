//! The crate graph, held by a test: who may import whom, and which crate fences which dependency.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Every crate of the workspace with the crates it may import. A new edge needs its reason here.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("types", &[]),
    ("crypto", &["types"]),
    ("state", &["types", "crypto"]),
    ("vm", &["types"]),
    ("executor", &["types", "crypto", "state", "vm"]),
    // Turns a document into `types::Genesis`, so it stands above runtime.
    ("chainspec", &["types", "crypto"]),
    // Contracts count money in the chain's own types.
    ("money", &["types"]),
    ("sdk-macros", &[]),
    // `crypto` only natively: the environment that contracts are tested in.
    ("sdk", &["types", "crypto", "sdk-macros"]),
    ("counter", &["sdk"]),
    // Puts the node's machine behind a pipe, for tests of contracts.
    ("rig", &["types", "crypto", "vm", "sdk"]),
    ("coupon", &["types", "money", "sdk"]),
    ("consensus", &["types", "crypto"]),
    ("mempool", &["types", "crypto"]),
    // Hands the machine that runs contracts on to the executor.
    ("replica", &["types", "crypto", "state", "vm", "executor", "consensus", "mempool"]),
    ("network", &["types"]),
    ("store", &["types", "state"]),
    ("client", &["types", "crypto", "state"]),
    // The one sibling edge: queries read the database.
    ("rpc", &["types", "crypto", "state", "store", "client"]),
    (
        "syndic",
        &[
            "types",
            "crypto",
            "state",
            "vm",
            // `contract test --vm` runs modules in this program.
            "rig",
            "executor",
            "chainspec",
            "consensus",
            "mempool",
            "replica",
            "network",
            "store",
            "client",
            "rpc",
            // The requests that coupons' people sign, and the events that they read.
            "coupon",
            "money",
            "sdk",
        ],
    ),
    // The harness wires everything the way the program does.
    (
        "tests",
        &[
            "types",
            "crypto",
            "state",
            "vm",
            "executor",
            "chainspec",
            "consensus",
            "mempool",
            "replica",
            "client",
            "syndic",
            // Contracts as their people call them.
            "coupon",
            "sdk",
        ],
    ),
];

/// Heavy or decisive dependencies with the only crates that may name them directly.
const FENCED: &[(&str, &[&str])] = &[
    ("arc-malachitebft-core-types", &["consensus"]),
    ("arc-malachitebft-core-consensus", &["consensus"]),
    ("arc-malachitebft-signing", &["consensus"]),
    ("arc-malachitebft-metrics", &["consensus"]),
    ("wasmtime", &["vm"]),
    ("wasmparser", &["vm"]),
    ("wasm-encoder", &["vm"]),
    ("libp2p", &["network"]),
    ("rocksdb", &["store"]),
    ("axum", &["rpc"]),
    ("jsonrpsee", &["rpc"]),
    ("clap", &["syndic"]),
    ("tokio", &["network", "rpc", "syndic"]),
    ("serde_json", &["client", "rpc", "syndic", "tests"]),
    ("serde", &["chainspec", "client", "rpc", "syndic", "tests"]),
    ("ed25519-dalek", &["crypto"]),
    ("curve25519-dalek", &["crypto"]),
    ("chacha20poly1305", &["crypto"]),
    ("getrandom", &["syndic", "tests"]),
];

struct Package {
    normal: BTreeSet<String>,
}

fn packages() -> BTreeMap<String, Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let list = metadata["packages"].as_array().expect("packages are a list");
    list.iter().map(|package| (text(&package["name"]), read_package(package))).collect()
}

fn read_package(package: &Value) -> Package {
    let dependencies = package["dependencies"].as_array().expect("dependencies are a list");
    let normal = dependencies
        .iter()
        .filter(|dependency| dependency["kind"].is_null())
        .map(|dependency| text(&dependency["name"]))
        .collect();
    Package { normal }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a name is text").to_owned()
}

#[test]
fn every_crate_imports_only_what_it_may() {
    let packages = packages();
    let own: BTreeSet<&String> = packages.keys().collect();
    let mut breaches = Vec::new();
    for (name, package) in &packages {
        let allowed = MAY_IMPORT.iter().find(|(crate_name, _)| crate_name == name);
        let Some((_, allowed)) = allowed else {
            breaches.push(format!("{name} is not on the list of crates"));
            continue;
        };
        for dependency in package.normal.iter().filter(|dependency| own.contains(dependency)) {
            if !allowed.contains(&dependency.as_str()) {
                breaches.push(format!("{name} must not import {dependency}"));
            }
        }
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}

#[test]
fn every_listed_crate_exists() {
    let packages = packages();
    let gone: Vec<_> =
        MAY_IMPORT.iter().filter(|(name, _)| !packages.contains_key(*name)).collect();
    assert!(gone.is_empty(), "listed, but not in the workspace: {gone:?}");
}

#[test]
fn fenced_dependencies_stay_behind_their_fence() {
    let mut breaches = Vec::new();
    for (name, package) in packages() {
        for (dependency, crates) in FENCED {
            if package.normal.contains(*dependency) && !crates.contains(&name.as_str()) {
                breaches.push(format!("{name} must not name {dependency}: only {crates:?} may"));
            }
        }
    }
    assert!(breaches.is_empty(), "{breaches:#?}");
}
