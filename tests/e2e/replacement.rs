//! Validators come and go on a net that runs: by commands and votes, without a restart of anybody.

use crate::{ALL, one_net};
use client::dto::{AddressText, Validator};
use harness::cluster::{Cluster, PATIENCE, wait};
use types::Height;

/// Members that decide: three of four.
const VOTERS: [u16; 3] = [0, 1, 2];
/// Last height at which an attestation may be used.
const EXPIRY: &str = "1000000";

#[test]
fn a_fifth_validator_enters_by_itself_and_a_lost_one_is_replaced_by_one_decision() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let (fifth, id) = register(&mut cluster, "fifth");
    // It starts with an empty database and a key that genesis does not know, and follows.
    cluster.run(&[fifth], &[]).unwrap();
    cluster.wait_more(&[0, fifth], 3).unwrap();
    assert_eq!(found(&cluster, &id).status, "candidate");
    decide(&cluster, &["admit-validator", &id.0, "--power", "1"]);
    expect_signs(&mut cluster, &[0, 1, 2, 3, fifth], &id);
    check_peers(&cluster, fifth, &id);
    let log = cluster.log(fifth);
    assert!(log.contains("admitted, and caught up"), "{log}");

    // One is lost for good: four of five go on, and one motion replaces it.
    let lost = lost_validator(&cluster);
    cluster.kill(3).unwrap();
    let (sixth, replacement) = register(&mut cluster, "sixth");
    cluster.run(&[sixth], &[]).unwrap();
    decide(&cluster, &["replace-validator", &lost.0, &replacement.0]);
    let running = [0, 1, 2, fifth, sixth];
    expect_signs(&mut cluster, &running, &replacement);
    let set = cluster.client(1).unwrap().validators(None).unwrap().validators;
    assert_eq!(set.len(), 5);
    assert!(set.iter().all(|held| held.id != lost), "{lost:?} is out of the set");
    assert_eq!(found(&cluster, &lost).status, "leaving");

    // Now another may fail: the newcomers' votes count.
    cluster.stop(2).unwrap();
    cluster.wait_more(&[0, 1, fifth, sixth], 5).unwrap();
    cluster.run(&[2], &[]).unwrap();
    cluster.wait_more(&running, 3).unwrap();
    check_agreement(&cluster, &running);
}

/// Draw keys into a new home, have them attested, and register them with a bond that alice pays.
fn register(cluster: &mut Cluster, name: &str) -> (u16, AddressText) {
    let node = cluster.add_home().unwrap();
    let member = cluster.client(0).unwrap().members().unwrap().members.remove(0).id;
    let home = cluster.home(node);
    let (chain, home) = (home.join("chain.toml"), home.to_string_lossy().into_owned());
    let request = cluster.folder().join(format!("{name}.json"));
    let (chain, request) = (chain.to_string_lossy(), request.to_string_lossy());
    let (party, legal_name) = (key(cluster, "dave"), format!("{name} Ltd"));
    let prepare = ["validator", "prepare", "--home", &home, "--chain", &chain, "--member", &member];
    let facts = ["--legal-name", &legal_name, "--party-key", &party, "--out", &request];
    cluster.syndic(&[&prepare[..], &facts[..]].concat()).unwrap();
    let (registrar, operator, url) =
        (key(cluster, "registrar"), key(cluster, "alice"), cluster.url(0));
    let attest = ["validator", "attest", &request, "--key", &registrar, "--expiry", EXPIRY];
    let told = cluster.syndic(&[&attest[..], &["--node", &url]].concat()).unwrap();
    assert!(told.contains(&legal_name), "{told}");
    let word = ["--node", &url, "--i-checked-this-identity"];
    cluster.syndic(&[&attest[..], &word[..]].concat()).unwrap();
    let known: Vec<AddressText> = registered(cluster).into_iter().map(|held| held.id).collect();
    let send = ["--bond", "1000000", "--key", &operator, "--node", &url];
    let call = ["validator", "register", &request];
    cluster.syndic(&[&call[..], &send[..]].concat()).unwrap();
    let newcomer = registered(cluster).into_iter().find(|held| !known.contains(&held.id));
    (node, newcomer.unwrap().id)
}

/// Three of the four members decide a motion, each at its own node.
fn decide(cluster: &Cluster, motion: &[&str]) {
    let send = |member: u16| {
        let key = key(cluster, &format!("node{member}"));
        ["--key".to_owned(), key, "--node".to_owned(), cluster.url(0)]
    };
    let [flag, key, to, url] = send(VOTERS[0]);
    let propose = ["gov", "propose", &flag, &key, &to, &url];
    cluster.syndic(&[&propose[..], motion].concat()).unwrap();
    let proposals = cluster.client(0).unwrap().proposals().unwrap().proposals;
    let number = proposals.iter().map(|held| held.number).max().unwrap().to_string();
    for member in &VOTERS[1..] {
        let [flag, key, to, url] = send(*member);
        cluster.syndic(&["gov", "vote", &number, &flag, &key, &to, &url]).unwrap();
    }
    let shown = cluster.syndic(&["gov", "show", &number, "--node", &cluster.url(0)]).unwrap();
    assert!(shown.contains("passed"), "{shown}");
}

/// Without anybody's hand it enters the set, and its precommits stand in certificates.
fn expect_signs(cluster: &mut Cluster, running: &[u16], id: &AddressText) {
    wait(PATIENCE, "the newcomer's precommits in certificates", || {
        cluster.check_running(running)?;
        let held = cluster.client(0)?.validator(id)?;
        Ok(held.active && held.signed > held.joined)
    })
    .unwrap();
    assert_eq!(found(cluster, id).status, "active");
    cluster.wait_more(running, 3).unwrap();
}

/// Nodes that were never restarted are connected with a key that was not on their list at first.
fn check_peers(cluster: &Cluster, node: u16, id: &AddressText) {
    let own = cluster.client(node).unwrap().validator(id).unwrap().network_key;
    for other in ALL {
        let peers = cluster.client(other).unwrap().net_info().unwrap().peers;
        assert!(peers.iter().any(|peer| peer.network_key.0 == own.0), "node {other}");
        assert!(cluster.client(node).unwrap().net_info().unwrap().peers.len() >= ALL.len());
    }
}

/// The validator that node 3 runs, as node 3 itself does not say: by its network key.
fn lost_validator(cluster: &Cluster) -> AddressText {
    let file = cluster.home(3).join("keys/network.key");
    let seed = types::hash::parse_hex_32(std::fs::read_to_string(file).unwrap().trim()).unwrap();
    let own = crypto::sign::SecretKey::from_seed(seed).public();
    registered(cluster).into_iter().find(|held| held.network_key == own).unwrap().id
}

fn key(cluster: &Cluster, account: &str) -> String {
    cluster.folder().join(format!("accounts/{account}.key")).to_string_lossy().into_owned()
}

fn registered(cluster: &Cluster) -> Vec<Validator> {
    cluster.client(0).unwrap().registered().unwrap().validators
}

fn found(cluster: &Cluster, id: &AddressText) -> Validator {
    registered(cluster).into_iter().find(|held| held.id == *id).unwrap()
}

/// The same blocks everywhere, and nobody signed twice.
fn check_agreement(cluster: &Cluster, nodes: &[u16]) {
    let to: Height = nodes.iter().filter_map(|node| cluster.finalized(*node)).min().unwrap();
    let blocks = cluster.blocks(0, to).unwrap();
    for node in nodes {
        assert_eq!(cluster.blocks(*node, to).unwrap(), blocks, "node {node}");
        assert_eq!(cluster.metric(*node, "consensus_evidence_seen").unwrap(), 0);
    }
    cluster.record().unwrap().check_signed_once().unwrap();
}
