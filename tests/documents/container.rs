//! What the Dockerfile names exists: its commands, and the libraries of its base.
#![allow(clippy::unwrap_used)]

use harness::program;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Libraries of the base `distroless/cc-debian12` that a Rust program with C++ in it needs.
const LIBRARIES: [&str; 6] =
    ["linux-vdso", "libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "ld-linux"];

fn dockerfile() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Dockerfile");
    fs::read_to_string(file).unwrap()
}

/// The words after an instruction that are written as a list.
fn list(text: &str, instruction: &str) -> Vec<String> {
    let line = text.lines().map(str::trim).find_map(|line| line.strip_prefix(instruction));
    serde_json::from_str(line.unwrap_or_else(|| panic!("the Dockerfile has {instruction}")))
        .unwrap()
}

#[test]
fn the_container_runs_and_checks_itself_by_commands_that_exist() {
    let text = dockerfile();
    let entry = list(&text, "ENTRYPOINT ");
    let health = text.split("HEALTHCHECK").nth(1).unwrap();
    let (check, run) = (list(health, "CMD "), list(&text[text.rfind("\nCMD ").unwrap()..], "CMD "));
    assert_eq!(check[0], entry[0], "the image has one program");
    for arguments in [&check[1..], &run[..]] {
        let output = Command::new(program::syndic().unwrap())
            .args(arguments)
            .arg("--help")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "syndic {}: {told}", arguments.join(" "));
    }
}

#[test]
fn the_program_needs_no_library_that_the_base_of_the_container_lacks() {
    let output = Command::new("ldd").arg(program::syndic().unwrap()).output().unwrap();
    assert!(output.status.success());
    let needed = String::from_utf8(output.stdout).unwrap();
    for line in needed.lines() {
        assert!(LIBRARIES.iter().any(|library| line.contains(library)), "{line}");
    }
}
