//! The program as a script meets it: help, exit codes, clear refusals.
#![allow(missing_docs)]

use std::process::{Command, Output};

fn syndic(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_syndic")).args(arguments).output().expect("the program runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn help_and_version_succeed_and_a_typo_is_usage() {
    assert_eq!(code(&syndic(&["--help"])), Some(0));
    assert_eq!(code(&syndic(&["--version"])), Some(0));
    let typo = syndic(&["devnt", "up"]);
    assert_eq!(code(&typo), Some(2));
    assert!(said(&typo).contains("devnet"), "{}", said(&typo));
}

#[test]
fn a_missing_home_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().join("nowhere");
    let output = syndic(&["run", "--home", &home.to_string_lossy()]);
    assert_eq!(code(&output), Some(3));
    assert!(said(&output).contains("chain.toml"), "{}", said(&output));
}

#[test]
fn a_typo_in_the_configuration_names_the_near_key() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.toml"), "[rpc]\nmax_conections = 5\n")
        .expect("written");
    let output = syndic(&["run", "--home", &folder.path().to_string_lossy()]);
    assert_eq!(code(&output), Some(3));
    assert!(said(&output).contains("did you mean `max_connections`?"), "{}", said(&output));
}

#[test]
fn a_made_chain_is_valid_and_a_broken_one_is_told_every_problem_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("net");
    let made = syndic(&["init", "chain", "--name", "syndic:t", "--dir", &dir.to_string_lossy()]);
    assert_eq!(code(&made), Some(0), "{}", said(&made));
    let spec = dir.join("node0/chain.toml");
    let valid = syndic(&["init", "validate", &spec.to_string_lossy()]);
    assert_eq!(code(&valid), Some(0), "{}", said(&valid));
    let text = std::fs::read_to_string(&spec).expect("the spec is there");
    let broken =
        text.replace("power = 1\n", "power = 0\n").replacen("threshold = 1", "threshold = 9", 1);
    assert_ne!(text, broken);
    std::fs::write(&spec, broken).expect("written");
    let refused = syndic(&["init", "validate", &spec.to_string_lossy()]);
    assert_eq!(code(&refused), Some(3));
    let problems = String::from_utf8_lossy(&refused.stdout).into_owned();
    for number in 0..4 {
        assert!(problems.contains(&format!("validators[{number}].power")), "{problems}");
    }
    assert!(problems.contains("threshold"), "{problems}");
}
