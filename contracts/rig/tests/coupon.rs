//! The coupon's tests, acceptance, negatives and random histories, with its committed module in the
//! virtual machine.

use std::env;
use std::process::Command;

#[path = "../../coupon/tests/coupon/main.rs"]
mod coupon_tests;

/// The one test that is not run again.
const THIS: &str = "every_test_of_the_coupon_holds_for_its_module_too";

#[test]
fn every_test_of_the_coupon_holds_for_its_module_too() {
    let again = Command::new(env::current_exe().expect("a test has a program"))
        .args(["--skip", THIS])
        .env(sdk::testing::VM, env!("CARGO_BIN_EXE_contract-rig"))
        .output()
        .expect("a test's program runs twice");
    let said = String::from_utf8_lossy(&again.stdout);
    let warned = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.success(), "{said}\n{warned}");
    assert!(said.contains("contract_and_reference_agree_at_every_step ... ok"), "{said}");
}
