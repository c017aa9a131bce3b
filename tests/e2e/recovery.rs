//! The drill: a chain of four loses two validators for good, and goes on as a new one.

use crate::genesis::Party;
use crate::{ALL, one_net};
use client::dto::Wait;
use harness::cluster::{Cluster, PATIENCE, wait};
use harness::load::Wallet;
use std::path::Path;
use std::time::Duration;
use types::Height;

/// How long a transfer may take to become final.
const WAIT: Duration = Duration::from_secs(20);

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A chain whose alice has paid bob, stopped after two of four were lost; its last height.
fn lost(cluster: &mut Cluster) -> Height {
    let mut alice = Wallet::open(cluster, "alice").unwrap();
    let bob = Wallet::open(cluster, "bob").unwrap();
    let tx = alice.transfer(bob.address(), 1_234);
    cluster.client(1).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    for node in [2, 3] {
        cluster.kill(node).unwrap();
        std::fs::remove_dir_all(cluster.home(node)).unwrap();
    }
    wait(PATIENCE, "the survivors to stand at one height", || {
        Ok(cluster.tip(0).is_some() && cluster.tip(0) == cluster.tip(1))
    })
    .unwrap();
    let height = cluster.tip(0).unwrap();
    for node in [0, 1] {
        cluster.stop(node).unwrap();
    }
    height
}

/// The members' parties in a new net, with the account keys of the old one.
fn parties(old: &Cluster, net: &Cluster) -> Vec<Party> {
    let (from, to) = (old.folder().join("accounts"), net.folder().join("accounts"));
    std::fs::create_dir(&to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
    ALL.iter()
        .map(|node| {
            let key = to.join(format!("node{node}.key"));
            Party::of_member(net, *node, &format!("node{node}"), &text(&key))
        })
        .collect()
}

#[test]
fn a_chain_that_lost_two_of_four_for_good_goes_on_with_every_balance() {
    let _alone = one_net();
    let mut old = Cluster::start(4).unwrap();
    let balance = |net: &Cluster, node: u16, name: &str| {
        Wallet::open(net, name).unwrap().balance(net, node).unwrap().0
    };
    let first = balance(&old, 0, "bob");
    let height = lost(&mut old);
    let mut net = Cluster::bare(4).unwrap();
    let file = |name: &str| text(&net.folder().join(name));
    let (state, draft, spec) = (file("state"), file("draft.toml"), file("chain.toml"));
    let (home, at) = (text(&old.home(0)), height.to_string());
    let export = ["recover", "export", "--home", &home, "--height", &at];
    net.syndic(&[&export[..], &["--out", &state, "--draft", &draft]].concat()).unwrap();
    let parties = parties(&old, &net);
    let registrar = file("accounts/registrar.key");
    for (node, party) in ALL.into_iter().zip(&parties) {
        party.join(&net, node, &draft, &registrar);
    }
    let joins: Vec<String> = parties.iter().map(|party| party.file("join.toml")).collect();
    let mut assemble = vec!["genesis", "assemble", &draft, "--out", &spec];
    assemble.extend(joins.iter().map(String::as_str));
    net.syndic(&assemble).unwrap();
    // The other survivor ended where this goes on.
    let other = text(&old.home(1));
    net.syndic(&["recover", "check", &spec, "--state", &state, "--old-home", &other]).unwrap();
    let mut signatures = Vec::new();
    for party in &parties[..3] {
        let out = party.file("agreed.json");
        let sign = ["recover", "sign", &spec, "--state", &state, "--key", &party.key];
        net.syndic(&[&sign[..], &["--out", &out]].concat()).unwrap();
        signatures.extend(["--signature".to_owned(), out]);
    }
    let agreed: Vec<&str> = signatures.iter().map(String::as_str).collect();
    refused_while_something_is_missing(&net, &parties[0], &spec, &state, &agreed);
    for party in &parties {
        let start = ["recover", "start", &spec, "--state", &state, "--home", &party.home];
        net.syndic(&[&start[..], &agreed].concat()).unwrap();
    }
    net.run(&ALL, &[]).unwrap();
    net.wait_final(&ALL, Height(3), PATIENCE).unwrap();
    assert_eq!(balance(&net, 3, "bob"), first + 1_234);
    // It goes on: nonces are those of the old chain, too.
    let bob = Wallet::open(&net, "bob").unwrap();
    let tx = Wallet::open(&net, "alice").unwrap().transfer_with_nonce(bob.address(), 500, 1);
    net.client(2).unwrap().submit(&tx, Wait::Final, WAIT).unwrap();
    net.wait_more(&ALL, 1).unwrap();
    assert_eq!(balance(&net, 0, "bob"), first + 1_734);
    net.check_agreement(&ALL).unwrap();
}

fn refused_while_something_is_missing(
    net: &Cluster,
    party: &Party,
    spec: &str,
    state: &str,
    agreed: &[&str],
) {
    let refusal = |state: &str, agreed: &[&str]| {
        let start = ["recover", "start", spec, "--state", state, "--home", &party.home];
        let output = net.try_syndic(&[&start[..], agreed].concat()).unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let said = refusal(state, &agreed[..4]);
    assert!(said.contains("2 members signed, 3 are needed"), "{said}");
    let mut bytes = std::fs::read(state).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    let touched = party.file("touched");
    std::fs::write(&touched, bytes).unwrap();
    let said = refusal(&touched, agreed);
    assert!(said.contains("its root is") || said.contains("decode"), "{said}");
    // Without the state there is no start, and the node says what to do first.
    let home = net.folder().join("plain");
    std::fs::create_dir(&home).unwrap();
    std::fs::copy(spec, home.join("chain.toml")).unwrap();
    let output = net.try_syndic(&["run", "--home", &text(&home)]).unwrap();
    let said =
        String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("run syndic recover start first"), "{said}");
}
