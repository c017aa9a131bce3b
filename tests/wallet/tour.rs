//! The commands of the README run as they stand there.
//!
//! A fenced block that begins with `sh tested` is run by `bash -eu` in a folder of its own, all
//! blocks one after the other in one shell, so that variables last. `scripts/devnet.sh` there hands
//! over to the program under test, as the real one does once it has built it. Ports are moved to
//! free ones, since another devnet may run on this machine.

use crate::one_net;
use harness::devnet::Devnet;
use harness::program;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// First port that the README names.
const README_PORT: u16 = 7100;

fn tested_blocks(readme: &str) -> Vec<&str> {
    let blocks = readme.split("\n```sh tested\n").skip(1);
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

#[test]
fn the_commands_of_the_readme_run_as_they_stand() {
    let _alone = one_net();
    // Only for its ports: it is never started.
    let ports = Devnet::make(4).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_script(folder.path(), ports.port(0));
    let readme = include_str!("../../README.md");
    let blocks = tested_blocks(readme);
    assert!(blocks.len() >= 3, "the README has a tour");
    let mut commands = blocks.join("\n");
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
        // Where the README looks for the program is where this one lies.
        let target = program.parent().and_then(Path::parent).unwrap();
        bash.env("PATH", &path).env("CARGO_TARGET_DIR", target).output().unwrap()
    };
    let output = shell(&commands);
    // Whatever happened, nothing is left running.
    shell("test ! -e .devnet || syndic devnet down");
    let said = String::from_utf8_lossy(&output.stdout);
    let traced = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}\n{said}\n{traced}", output.status.code());
    assert!(said.contains("\"ready\":true"), "the README's node was ready: {said}");
}
