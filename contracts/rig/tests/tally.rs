//! The module of `docs/contracts/tally.wat`, called by the client of a contract with its interface.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

use sdk::prelude::*;
use sdk::testing::{MODULES, TestEnv, VM};
use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The same contract in Rust: the interface, and what the module must do.
#[contract(events(Added))]
pub struct Tally {
    total: Item<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Event)]
pub struct Added {
    total: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum TallyError {
    Zero,
}

#[contract]
impl Tally {
    #[init]
    pub fn init(&mut self, total: u64) {
        self.total.set(&total);
    }

    #[call]
    pub fn add(&mut self, step: u64) -> Result<u64, TallyError> {
        if step == 0 {
            return Err(TallyError::Zero);
        }
        let total = self.total().wrapping_add(step);
        self.total.set(&total);
        self.emit(Added { total });
        Ok(total)
    }

    #[view]
    pub fn total(&self) -> u64 {
        self.total.or_default()
    }
}

#[test]
fn it_adds_and_says_so() {
    let env = TestEnv::new();
    let alice = env.account("alice", 0);
    let tally = TallyClient::instantiate(&alice, 40).unwrap();
    assert_eq!(tally.add(2), Ok(42));
    assert_eq!(tally.add(0).unwrap_err().refused(), Some(&TallyError::Zero));
    assert_eq!(tally.total(), Ok(42));
    assert_eq!(env.events_of::<Added>(tally.contract()), [Added { total: 42 }]);
    assert_eq!(env.storage(&tally.contract()), [(vec![0], vec![42, 0, 0, 0, 0, 0, 0, 0])]);
}

#[test]
fn it_refuses_what_is_not_a_number() {
    let env = TestEnv::new();
    let alice = env.account("alice", 0);
    let tally = TallyClient::instantiate(&alice, 0).unwrap();
    let (contract, value) = (tally.contract(), Amount::ZERO);
    for input in [&[][..], &[1; 7], &[1; 9]] {
        let request = sdk::client::Request { contract, method: "add", input, value, gas: None };
        let (code, failure) = alice.call(request).unwrap_err();
        assert_eq!((code, failure.unwrap().name.as_str()), (Code::ContractFailed, "BAD_ARGUMENT"));
    }
}

/// The one test that is not run again.
const THIS: &str = "the_module_written_by_hand_does_what_the_source_does";

#[test]
fn the_module_written_by_hand_does_what_the_source_does() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/contracts/tally.wat");
    let module = wat::parse_file(source).unwrap();
    // A module is named after its package, which is this one.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tally-module");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("rig.wasm"), module).unwrap();
    let again = Command::new(env::current_exe().unwrap())
        .args(["--skip", THIS])
        .env(VM, env!("CARGO_BIN_EXE_contract-rig"))
        .env(MODULES, folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success(), "{said}\n{}", String::from_utf8_lossy(&again.stderr));
    assert!(said.contains("2 passed"), "{said}");
}
