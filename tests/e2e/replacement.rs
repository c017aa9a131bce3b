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
    let lost = validator_of(&cluster, 3);
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

#[test]
fn a_running_validator_rotates_its_keys_and_signs_on_under_its_id() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let node = 2;
    let id = validator_of(&cluster, node);
    let before = found(&cluster, &id).consensus_key;
    let request = prepare(&cluster, node, "rotated", &["--rotate"]);
    // The next keys are read at a start; the old ones sign until the chain says otherwise.
    assert!(cluster.stop(node).unwrap().success());
    cluster.run(&[node], &[]).unwrap();
    cluster.wait_more(&ALL, 3).unwrap();
    let (operator, url) = (key(&cluster, &format!("node{node}")), cluster.url(0));
    attest(&cluster, &request, "rotated Ltd");
    cluster.syndic(&["validator", "rotate", &request, "--key", &operator, "--node", &url]).unwrap();
    let after = found(&cluster, &id).consensus_key;
    assert_ne!(before, after);
    wait(PATIENCE, "the set to name the new key", || {
        let set = cluster.client(0)?.validators(None)?.validators;
        Ok(set.iter().any(|held| held.id == id && held.consensus_key == after))
    })
    .unwrap();
    let from = cluster.tip(0).unwrap();
    wait(PATIENCE, "precommits by the new key in certificates", || {
        cluster.check_running(&ALL)?;
        Ok(cluster.client(0)?.validator(&id)?.signed.0 > from.0 + 5)
    })
    .unwrap();
    // Once no height is left that the old key may have to sign, a start puts it aside.
    cluster.wait_more(&ALL, 5).unwrap();
    assert!(cluster.stop(node).unwrap().success());
    cluster.run(&[node], &[]).unwrap();
    let from = cluster.wait_more(&ALL, 3).unwrap();
    wait(PATIENCE, "it to sign after the restart", || {
        Ok(cluster.client(0)?.validator(&id)?.signed > from)
    })
    .unwrap();
    assert!(!cluster.home(node).join("keys/validator.next.age").exists());
    let name: String = hex::encode(before.0).chars().take(16).collect();
    assert!(cluster.home(node).join(format!("keys/validator.retired-{name}.age")).exists());
    cluster.check_agreement(&ALL).unwrap();
}

/// Draw keys into a home and seal who runs them; the request's file.
fn prepare(cluster: &Cluster, node: u16, name: &str, kind: &[&str]) -> String {
    let home = cluster.home(node);
    let (chain, home) = (home.join("chain.toml"), home.to_string_lossy().into_owned());
    let request = cluster.folder().join(format!("{name}.json")).to_string_lossy().into_owned();
    let (chain, party) = (chain.to_string_lossy(), key(cluster, "dave"));
    let legal_name = format!("{name} Ltd");
    let prepare = ["validator", "prepare", "--home", &home, "--chain", &chain];
    let facts = ["--legal-name", &legal_name, "--party-key", &party, "--out", &request];
    cluster.syndic(&[&prepare[..], &facts[..], kind].concat()).unwrap();
    request
}

/// The registrar looks, and signs.
fn attest(cluster: &Cluster, request: &str, legal_name: &str) {
    let (registrar, url) = (key(cluster, "registrar"), cluster.url(0));
    let attest = ["validator", "attest", request, "--key", &registrar, "--expiry", EXPIRY];
    let told = cluster.syndic(&[&attest[..], &["--node", &url]].concat()).unwrap();
    assert!(told.contains(legal_name), "{told}");
    let word = ["--node", &url, "--i-checked-this-identity"];
    cluster.syndic(&[&attest[..], &word[..]].concat()).unwrap();
}

/// Draw keys into a new home, have them attested, and register them with a bond that alice pays.
fn register(cluster: &mut Cluster, name: &str) -> (u16, AddressText) {
    let node = cluster.add_home().unwrap();
    let member = cluster.client(0).unwrap().members().unwrap().members.remove(0).id;
    let request = prepare(cluster, node, name, &["--member", &member]);
    attest(cluster, &request, &format!("{name} Ltd"));
    let (operator, url) = (key(cluster, "alice"), cluster.url(0));
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

/// The validator that a node runs, by its network key.
fn validator_of(cluster: &Cluster, node: u16) -> AddressText {
    let file = cluster.home(node).join("keys/network.key");
    let seed = types::hash::parse_hex_32(std::fs::read_to_string(file).unwrap().trim()).unwrap();
    let own = crypto::sign::SecretKey::from_seed(seed).public();
    registered(cluster).into_iter().find(|held| held.network_key == own).unwrap().id
}

fn key(cluster: &Cluster, account: &str) -> String {
    cluster.folder().join(format!("accounts/{account}.key")).to_string_lossy().into_owned()
}

/// Everything that is registered about every validator.
fn registered(cluster: &Cluster) -> Vec<Validator> {
    let client = cluster.client(0).unwrap();
    let all = client.registered().unwrap().validators;
    all.iter().map(|held| client.validator(&held.id).unwrap()).collect()
}

fn found(cluster: &Cluster, id: &AddressText) -> Validator {
    cluster.client(0).unwrap().validator(id).unwrap()
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
