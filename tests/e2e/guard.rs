//! The guard: storage put back, a chain made anew, a key that runs twice. Nobody honest signs
//! twice, and who does is seen.

use crate::{ALL, in_lane, one_net};
use harness::cluster::{Cluster, PATIENCE, wait};
use harness::load::{Load, Wallet};
use std::process::Command;
use types::Height;

/// Whose data folders are put back.
const PUT_BACK: [u16; 2] = [2, 3];
/// Exit code of a node that stopped so as not to sign twice.
const GUARD_EXIT: i32 = 9;

#[test]
fn two_data_folders_put_back_make_observers_that_catch_up_and_sign_again() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let before = Wallet::open(&cluster, "bob").unwrap().balance(&cluster, 0).unwrap();
    let load = Load::start(&cluster, "alice", "bob").unwrap();
    for _ in 0..in_lane(3, 20) {
        keep_copies(&mut cluster);
        cluster.wait_more(&ALL, 10).unwrap();
        PUT_BACK.iter().for_each(|node| cluster.kill(*node).unwrap());
        put_back(&cluster);
        let told_before = PUT_BACK.map(|node| told(&cluster, node));
        cluster.run(&PUT_BACK, &[]).unwrap();
        cluster.wait_more(&ALL, 3).unwrap();
        check_told(&cluster, told_before);
    }
    let paid = load.finish().unwrap();
    cluster.wait_more(&ALL, 1).unwrap();
    cluster.check_agreement(&ALL).unwrap();
    paid.check(&cluster, &ALL, "bob", before).unwrap();
}

#[test]
fn two_data_folders_put_back_while_their_nodes_voted_do_not_halt_the_chain() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    keep_copies(&mut cluster);
    cluster.wait_more(&ALL, 5).unwrap();
    // Two alone decide nothing, but they vote at the next height.
    cluster.kill(0).unwrap();
    cluster.kill(1).unwrap();
    wait(PATIENCE, "both to vote above their tip", || {
        Ok(PUT_BACK.iter().all(|node| {
            let tip = cluster.tip(*node).unwrap();
            cluster.voted(*node).is_ok_and(|voted| voted > tip)
        }))
    })
    .unwrap();
    PUT_BACK.iter().for_each(|node| cluster.kill(*node).unwrap());
    put_back(&cluster);
    // Now that height needs one of them, and neither may wait for it to be decided.
    cluster.run(&ALL, &[]).unwrap();
    cluster.wait_more(&ALL, 3).unwrap();
    check_told(&cluster, [0, 0]);
    cluster.check_agreement(&ALL).unwrap();
}

#[test]
fn a_net_made_anew_with_the_same_keys_signs_only_once_its_guards_are_armed() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let old_chain = cluster.status(0).unwrap().chain.chain_id.to_string();
    cluster.wait_more(&ALL, 2).unwrap();
    ALL.iter().for_each(|node| assert!(cluster.stop(*node).unwrap().success()));
    cluster.make_anew().unwrap();
    cluster.run(&ALL, &[]).unwrap();
    for node in ALL {
        wait(PATIENCE, "the node to say why it observes", || {
            cluster.check_running(&[node])?;
            Ok(cluster.status(node).is_some_and(|status| status.observer.is_some()))
        })
        .unwrap();
        let reason = cluster.status(node).unwrap().observer.unwrap();
        assert!(reason.contains(&old_chain), "{reason} names chain {old_chain}");
        assert!(reason.contains("validator arm --i-run-this-key-nowhere-else"), "{reason}");
    }
    // An operator does as it says: the node stopped, asking the net for its tip, or naming a
    // height where nobody has one to tell.
    ALL.iter().for_each(|node| assert!(cluster.stop(*node).unwrap().success()));
    for node in ALL {
        let home = cluster.home(node);
        let home = home.to_string_lossy();
        let unsure = cluster.try_syndic(&["validator", "arm", "--home", &home]).unwrap();
        assert!(!unsure.status.success(), "arming needs the operator's word");
        cluster
            .syndic(&[
                "validator",
                "arm",
                "--home",
                &home,
                "--i-run-this-key-nowhere-else",
                "--height",
                "1",
            ])
            .unwrap();
        let aside = format!("guard/guard.{}.aside", &old_chain[..16]);
        assert!(cluster.home(node).join(&aside).exists(), "the old guard is kept in {aside}");
    }
    cluster.run(&ALL, &[]).unwrap();
    cluster.wait_final(&ALL, Height(3), PATIENCE).unwrap();
    assert_ne!(cluster.status(0).unwrap().chain.chain_id.to_string(), old_chain);
    for node in ALL {
        assert!(cluster.status(node).unwrap().observer.is_none());
        for name in ["consensus_evidence_seen", "chain_validators_revealed"] {
            assert_eq!(cluster.metric(node, name).unwrap(), 0, "node {node}: {name}");
        }
    }
}

#[test]
fn a_key_that_runs_twice_is_seen_by_all_and_stops_the_node_that_has_a_guard() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    // A second home with the keys of node 3, without its guard, and with a network key of its own.
    let (twin, network_key) = cluster.add_observer().unwrap();
    for file in ["keys/validator.age", "keys/passphrase"] {
        std::fs::copy(cluster.home(3).join(file), cluster.home(twin).join(file)).unwrap();
    }
    for node in ALL {
        assert!(cluster.stop(node).unwrap().success());
        cluster.permit(node, &network_key).unwrap();
    }
    cluster.run(&ALL, &[]).unwrap();
    cluster.wait_more(&ALL, 1).unwrap();
    // The twin has no guard, or it would observe. The node with the guard sees its own key sign
    // above what it has signed itself, and stops.
    cluster.run(&[twin], &["--unguarded"]).unwrap();
    let status = cluster.wait_exit(3, PATIENCE).unwrap();
    assert_eq!(status.code(), Some(GUARD_EXIT), "{}", cluster.log(3));
    assert!(cluster.log(3).contains("key is in use elsewhere"));
    // Without a guard it would sign twice, and everybody would see it.
    cluster.run(&[3], &["--unguarded"]).unwrap();
    let honest = [0, 1, 2];
    wait(PATIENCE, "the honest nodes to see two values at one address", || {
        cluster.check_running(&honest)?;
        let seen = honest.map(|node| cluster.metric(node, "consensus_evidence_seen"));
        Ok(seen.into_iter().all(|seen| seen.is_ok_and(|seen| seen > 0)))
    })
    .unwrap();
    // The ledgers show it too, and only that key: this is what the other tests look for.
    let record = cluster.record().unwrap();
    let pairs = record.signed_twice();
    assert!(!pairs.is_empty());
    let one_key = pairs.iter().all(|(a, _)| a.validator == pairs[0].0.validator);
    assert!(one_key, "{pairs:?}");
    // The chain names it, and goes on without it.
    wait(PATIENCE, "the chain to reveal it", || {
        Ok(cluster.metric(0, "chain_validators_revealed")? == 1)
    })
    .unwrap();
    cluster.wait_more(&honest, 5).unwrap();
}

/// Copies of the data folders, as an operator would take them: the nodes stopped.
fn keep_copies(cluster: &mut Cluster) {
    for node in PUT_BACK {
        cluster.stop(node).unwrap();
        let home = cluster.home(node);
        let mut copy = Command::new("cp");
        copy.arg("-a").args([home.join("data"), home.join("copy")]);
        assert!(copy.status().unwrap().success(), "{} is copied", home.display());
        cluster.run(&[node], &[]).unwrap();
    }
}

/// The copies take the place of the data folders.
fn put_back(cluster: &Cluster) {
    for node in PUT_BACK {
        let home = cluster.home(node);
        std::fs::remove_dir_all(home.join("data")).unwrap();
        std::fs::rename(home.join("copy"), home.join("data")).unwrap();
    }
}

/// Both have observed at first and said why, and sign by now.
fn check_told(cluster: &Cluster, before: [usize; 2]) {
    for (node, before) in PUT_BACK.into_iter().zip(before) {
        assert!(told(cluster, node) > before, "node {node} observed at first, and said why");
        assert!(cluster.status(node).unwrap().observer.is_none(), "node {node} signs again");
    }
}

/// How often a node has said that its storage went back.
fn told(cluster: &Cluster, node: u16) -> usize {
    cluster.log(node).matches("storage went back").count()
}
