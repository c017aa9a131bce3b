//! The contracts' own tests, run once more with the committed modules in the virtual machine.

use std::env;
use std::process::Command;

#[path = "../../counter/tests/counter.rs"]
mod counter;

/// The one test that is not run again.
const THIS: &str = "every_test_holds_for_the_modules_too";

#[test]
fn every_test_holds_for_the_modules_too() {
    let again = Command::new(env::current_exe().expect("a test has a program"))
        .args(["--skip", THIS])
        .env(sdk::testing::VM, env!("CARGO_BIN_EXE_contract-rig"))
        .output()
        .expect("a test's program runs twice");
    let said = String::from_utf8_lossy(&again.stdout);
    let warned = String::from_utf8_lossy(&again.stderr);
    assert!(again.status.success(), "{said}\n{warned}");
    // Natively nothing costs gas: the table shows that modules ran.
    assert!(said.contains("what_each_call_costs ... ok"), "{said}");
}
