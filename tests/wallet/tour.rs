//! The commands of the README run as they stand there: its tour, and a stranger's own contract.
//!
//! A fenced block that begins with `sh tested` is run by `bash -eu` in a folder of its own, outside
//! this tree, all blocks one after the other in one shell, so that variables last; those that begin
//! with `sh contract` in another one. `scripts/devnet.sh` there hands over to the program under
//! test, as the real one does once it has built it. Ports are moved to free ones, since another
//! devnet may run on this machine. Nothing is fetched: cargo is told to stay offline.

use crate::one_net;
use harness::devnet::Devnet;
use harness::program;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// First port that the README names.
const README_PORT: u16 = 7100;

/// The blocks of the README behind this mark.
fn blocks(mark: &str) -> Vec<&'static str> {
    let readme = include_str!("../../README.md");
    let start = format!("\n```sh {mark}\n");
    let blocks = readme.split(start.as_str()).skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap()).collect()
}

/// What stands for `scripts/devnet.sh`: the building aside, it does what that does.
fn write_script(folder: &Path, base_port: u16) {
    let scripts = folder.join("scripts");
    fs::create_dir(&scripts).unwrap();
    let script = scripts.join("devnet.sh");
    let port = format!("--base-port {base_port}");
    let text = format!(
        "#!/usr/bin/env bash\ncase \"$1\" in\n  up) exec syndic devnet \"$@\" {port} ;;\n  \
         *) exec syndic devnet \"$@\" ;;\nesac\n"
    );
    fs::write(&script, text).unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Run blocks of the README: what they said.
fn run(mark: &str) -> String {
    // Only for its ports: it is never started.
    let ports = Devnet::make(4).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_script(folder.path(), ports.port(0));
    let mut commands = blocks(mark).join("\n");
    for node in 0..4 {
        let named = (README_PORT + 10 * node).to_string();
        commands = commands.replace(&format!(":{named}"), &format!(":{}", ports.port(node)));
    }
    let program = program::syndic().unwrap();
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let shell = |commands: &str| {
        let mut bash = Command::new("bash");
        bash.args(["-euxo", "pipefail", "-c", commands]).current_dir(folder.path());
        bash.env("PATH", &path).env("CARGO_NET_OFFLINE", "true");
        // What a project compiles is kept from run to run, apart from this tree's.
        bash.env("CARGO_TARGET_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/readme"));
        // As in a shell that no cargo has started.
        for (name, _) in std::env::vars_os() {
            let inner = name.to_string_lossy().starts_with("CARGO_PKG_");
            if inner || name == "CARGO_MANIFEST_DIR" || name == "RUSTC" {
                bash.env_remove(name);
            }
        }
        bash.output().unwrap()
    };
    let output = shell(&commands);
    // Whatever happened, nothing is left running.
    shell("test ! -e .devnet || syndic devnet down");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let traced = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}\n{said}\n{traced}", output.status.code());
    said
}

#[test]
fn the_commands_of_the_readme_run_as_they_stand() {
    let _alone = one_net();
    assert!(blocks("tested").len() >= 3, "the README has a tour");
    let said = run("tested");
    assert!(said.contains("\"ready\":true"), "the README's node was ready: {said}");
}

#[test]
fn a_stranger_writes_deploys_and_calls_a_contract_by_the_readme_alone() {
    let _alone = one_net();
    assert!(!blocks("contract").is_empty(), "the README has a contract");
    let said = run("contract");
    let count = said.lines().any(|line| line.trim_matches(['"', ' ']) == "42");
    assert!(count, "40 and 2 is 42 on node 3: {said}");
}
