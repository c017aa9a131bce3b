//! `syndic devnet`, which is the first thing that a new user runs.

use crate::one_net;
use harness::cluster::free_ports;
use harness::program;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Within what a devnet that exists is up again.
const AGAIN_WITHIN: Duration = Duration::from_secs(10);

/// A devnet in a folder, which is down when this is dropped, also by a panic.
struct Devnet<'a> {
    dir: &'a Path,
}

impl Devnet<'_> {
    fn run(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(program::syndic().unwrap());
        let output =
            command.args(["devnet", "--json", "--dir"]).arg(self.dir).args(arguments).output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "devnet {arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

impl Drop for Devnet<'_> {
    fn drop(&mut self) {
        let program = program::syndic().expect("it was there before");
        let mut command = Command::new(program);
        // It ends each node by the id on file; nothing can be done if that fails.
        let _ = command.args(["devnet", "--dir"]).arg(self.dir).arg("down").output();
    }
}

#[test]
fn a_devnet_comes_up_from_nothing_and_again_in_seconds() {
    let _alone = one_net();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("net");
    let port = free_ports(4).unwrap().to_string();
    let devnet = Devnet { dir: &dir };
    let shown = devnet.run(&["up", "--validators", "4", "--base-port", &port]);
    assert_eq!(shown["nodes"].as_array().unwrap().len(), 4);
    assert_eq!(devnet.run(&["down"]).as_array().unwrap().len(), 4);
    let begun = Instant::now();
    let again = devnet.run(&["up"]);
    assert!(begun.elapsed() < AGAIN_WITHIN, "it took {:?}", begun.elapsed());
    assert_eq!(again["name"], shown["name"]);
    let nodes = devnet.run(&["status"]);
    let up = |node: &Value| node["running"] == true && node["finalized"].as_u64() >= Some(3);
    assert!(nodes.as_array().unwrap().iter().all(up), "{nodes}");
}
