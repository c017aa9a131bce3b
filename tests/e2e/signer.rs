//! Keys in a process of their own: one of four validators signs by `syndic signer`, which is killed
//! and comes back.

use crate::{ALL, one_net};
use harness::cluster::{Cluster, PATIENCE, wait};
use harness::load::{Load, Wallet};
use harness::program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use types::Height;

/// The node whose keys are elsewhere.
const APART: u16 = 3;
/// The others.
const OTHERS: [u16; 3] = [0, 1, 2];

/// A signer's home, and its process while it runs.
struct SignerProcess {
    home: PathBuf,
    child: Option<Child>,
}

impl SignerProcess {
    /// Move a node's keys and guard into a home of their own, as an operator would.
    fn move_out(cluster: &Cluster, node: u16) -> Self {
        let (from, home) = (cluster.home(node), cluster.folder().join("signer"));
        fs::create_dir_all(home.join("keys")).unwrap();
        fs::copy(from.join("chain.toml"), home.join("chain.toml")).unwrap();
        for moved in ["keys/validator.age", "keys/passphrase", "guard"] {
            fs::rename(from.join(moved), home.join(moved)).unwrap();
        }
        let file = from.join("config.toml");
        let config = fs::read_to_string(&file).unwrap().replace("[validator]\n", "");
        let socket = home.join("socket/signer.sock");
        let config = format!("{config}\n[validator]\nsigner = {socket:?}\n");
        fs::write(file, config).unwrap();
        Self { home, child: None }
    }

    fn start(&mut self) {
        let log = self.home.join("signer.log");
        let log = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let child = Command::new(program::built("faulty").unwrap())
            .args(["signer", "run", "--home"])
            .arg(&self.home)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        self.child = Some(child);
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for SignerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

#[test]
fn one_of_four_signs_by_a_process_of_its_own_which_may_be_killed() {
    let _alone = one_net();
    let mut cluster = Cluster::make(4).unwrap();
    let mut signer = SignerProcess::move_out(&cluster, APART);
    signer.start();
    cluster.run(&ALL, &[]).unwrap();
    cluster.wait_final(&ALL, Height(3), PATIENCE).unwrap();
    let before = Wallet::open(&cluster, "bob").unwrap().balance(&cluster, 0).unwrap();
    let load = Load::start(&cluster, "alice", "bob").unwrap();
    needs_the_signer(&mut cluster);

    signer.kill();
    cluster.wait_more(&OTHERS, 3).unwrap();
    wait(PATIENCE, "the node to notice", || {
        Ok(cluster.metric(APART, "consensus_signer_away")? == 1)
    })
    .unwrap();
    check_told(&mut cluster);
    signer.start();
    wait(PATIENCE, "the signer to be back", || {
        Ok(cluster.metric(APART, "consensus_signer_away")? == 0)
    })
    .unwrap();
    needs_the_signer(&mut cluster);

    let paid = load.finish().unwrap();
    cluster.wait_more(&ALL, 1).unwrap();
    paid.check(&cluster, &ALL, "bob", before).unwrap();
    // Each node's ledger holds what left it, that of before the kill too: nothing was signed twice.
    cluster.check_agreement(&ALL).unwrap();
    check_guard_files(&cluster, &mut signer);
}

/// With one node stopped the other three decide, which takes the signature of each.
fn needs_the_signer(cluster: &mut Cluster) {
    assert!(cluster.stop(0).unwrap().success());
    cluster.wait_more(&[1, 2, APART], 3).unwrap();
    cluster.run(&[0], &[]).unwrap();
    cluster.wait_more(&ALL, 1).unwrap();
}

/// The node says that its signer is away: in its log, on `/ready`, to `doctor`.
fn check_told(cluster: &mut Cluster) {
    assert!(cluster.log(APART).contains("the signer is away"), "{}", cluster.log(APART));
    wait(PATIENCE, "/ready to tell of it", || {
        let (code, body) = cluster.ready(APART)?;
        Ok(code == 503 && body.contains("the signer is away since"))
    })
    .unwrap();
    let url = cluster.url(APART);
    let doctor = cluster.try_syndic(&["doctor", "--node", &url]).unwrap();
    let text = String::from_utf8(doctor.stdout).unwrap();
    assert!(text.contains("the signer is away since"), "{text}");
    cluster.check_running(&ALL).unwrap();
}

/// A guard is carried away when nobody uses it, says what it would sign, and waits elsewhere.
fn check_guard_files(cluster: &Cluster, signer: &mut SignerProcess) {
    let home = signer.home.to_string_lossy().into_owned();
    let out = signer.home.with_file_name("guard.json");
    let out = out.to_string_lossy();
    let export: [&str; 7] = ["signer", "guard", "export", "--home", &home, "--out", &out];
    let running = cluster.try_syndic(&export).unwrap();
    assert!(!running.status.success(), "a guard in use is not carried away");
    signer.kill();
    cluster.syndic(&export).unwrap();

    let ask = |height: &str| {
        let question: [&str; 8] =
            ["signer", "guard", "check", "--json", "--file", &out, "--height", height];
        let output = cluster.try_syndic(&[&question[..], &["--step", "prevote"]].concat());
        let output = output.unwrap();
        let verdict: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        (output.status.success(), verdict["would_sign"].as_bool().unwrap())
    };
    assert_eq!(ask("1"), (false, false));
    assert_eq!(ask("1000000"), (true, true));

    let other = Path::new(&home).with_file_name("other");
    fs::create_dir_all(&other).unwrap();
    fs::copy(signer.home.join("chain.toml"), other.join("chain.toml")).unwrap();
    let other = other.to_string_lossy();
    let import: [&str; 7] = ["signer", "guard", "import", "--json", "--home", &other, &out];
    let imported: serde_json::Value =
        serde_json::from_str(&cluster.syndic(&import).unwrap()).unwrap();
    assert_eq!(imported["guard"]["standing"], "imported");
}
