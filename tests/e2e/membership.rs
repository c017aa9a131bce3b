//! Who may connect: members' keys, and keys that an operator names.

use crate::{ALL, one_net};
use harness::cluster::{Cluster, PATIENCE, wait};
use harness::load::Load;
use types::Height;

/// Height at which the observer comes.
const LATE: Height = Height(300);

#[test]
fn a_stranger_is_refused_before_any_stream_and_a_permitted_observer_catches_up_late() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let (stranger, network_key) = cluster.add_observer().unwrap();
    let load = Load::start(&cluster, "alice", "bob").unwrap();
    cluster.run(&[stranger], &[]).unwrap();
    // It reaches everybody, and everybody refuses it by its key.
    for node in ALL {
        wait(PATIENCE, "the validators to refuse the stranger", || {
            Ok(cluster.metric(node, "network_connections_refused")? > 0)
        })
        .unwrap();
        let log = cluster.log(node);
        let line = log.lines().find(|line| line.contains("connection refused"));
        let line = line.unwrap_or_else(|| panic!("node {node} says nothing of it"));
        assert!(line.contains(&network_key[..8]), "{line}");
    }
    // It comes again and again, which changes nothing.
    wait(PATIENCE, "node 0 to refuse it once more", || {
        Ok(cluster.metric(0, "network_connections_refused")? > 2)
    })
    .unwrap();
    let status = cluster.status(stranger).unwrap();
    assert_eq!(status.tip.height, Height::ZERO, "it was served no block");
    assert_eq!(cluster.metric(stranger, "network_peers").unwrap(), 0);
    assert_eq!(cluster.metric(stranger, "network_gossip_received").unwrap(), 0);
    let peers = |node: u16| cluster.client(node).unwrap().net_info().unwrap().peers;
    for node in ALL {
        let keys: Vec<String> = peers(node).iter().map(|p| hex::encode(p.network_key.0)).collect();
        assert!(keys.len() == 3 && !keys.contains(&network_key), "node {node}: {keys:?}");
    }
    cluster.stop(stranger).unwrap();
    // Two operators name its key; the chain does not stand still meanwhile.
    for node in [0, 1] {
        cluster.stop(node).unwrap();
        cluster.permit(node, &network_key).unwrap();
        cluster.run(&[node], &[]).unwrap();
        cluster.wait_more(&ALL, 1).unwrap();
    }
    cluster.wait_final(&ALL, LATE, PATIENCE).unwrap();
    cluster.run(&[stranger], &[]).unwrap();
    cluster.wait_more(&[0, stranger], 2).unwrap();
    load.finish().unwrap();
    let to = cluster.finalized(stranger).unwrap();
    assert!(to > LATE);
    assert_eq!(cluster.blocks(stranger, to).unwrap(), cluster.blocks(0, to).unwrap());
    cluster.check_agreement(&ALL).unwrap();
}
