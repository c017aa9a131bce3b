//! A key that signs twice: the chain names its owner, divides the bond, and goes on.

use crate::{ALL, one_net};
use client::dto::{AddressText, Reveal};
use client::verify::Trust;
use crypto::hidden::{self, RecordOf};
use harness::cluster::{Cluster, PATIENCE, wait};
use types::{Amount, Height};

const HONEST: [u16; 3] = [0, 1, 2];
/// Blocks between a double sign and its punishment at most.
const SOON: u64 = 5;

#[test]
fn two_processes_with_one_key_cost_their_owner_its_name_and_half_its_bond() {
    let _alone = one_net();
    let mut cluster = Cluster::start(4).unwrap();
    let supply = cluster.client(0).unwrap().supply().unwrap().supply;
    let twin = run_twice(&mut cluster);
    wait(PATIENCE, "the honest nodes to hold one reveal", || {
        cluster.check_running(&HONEST)?;
        Ok(HONEST.iter().all(|node| reveals(&cluster, *node).len() == 1))
    })
    .unwrap();
    let reveal = reveals(&cluster, 0).remove(0);
    assert!(HONEST.iter().all(|node| reveals(&cluster, *node) == [reveal.clone()]));
    assert!(reveal.height.0 - reveal.evidence.height.0 <= SOON, "{reveal:?}");
    assert_eq!(reveal.identity.as_ref().unwrap().legal_name, "node3 Ltd");
    check_money(&cluster, &reveal, supply);
    check_point(&cluster, &reveal);
    check_file(&cluster, &reveal);
    for node in HONEST {
        let log = cluster.log(node);
        assert!(log.contains("a validator that signed twice was named"), "node {node}");
        assert!(log.contains("node3 Ltd"), "node {node}");
        assert_eq!(cluster.metric(node, "chain_validators_revealed").unwrap(), 1);
    }
    cluster.wait_more(&HONEST, 10).unwrap();
    check_equal_state(&cluster);
    for liar in [3, twin] {
        cluster.kill(liar).unwrap();
    }
    check_halt(&mut cluster);
}

/// Run the key of node 3 in a second process, neither with a guard; the second's number.
fn run_twice(cluster: &mut Cluster) -> u16 {
    let (twin, network_key) = cluster.add_observer().unwrap();
    for file in ["keys/validator.age", "keys/passphrase"] {
        std::fs::copy(cluster.home(3).join(file), cluster.home(twin).join(file)).unwrap();
    }
    for node in ALL {
        assert!(cluster.stop(node).unwrap().success());
        cluster.permit(node, &network_key).unwrap();
    }
    cluster.run(&HONEST, &[]).unwrap();
    cluster.run(&[3, twin], &["--unguarded"]).unwrap();
    twin
}

fn reveals(cluster: &Cluster, node: u16) -> Vec<Reveal> {
    let answer = cluster.client(node).and_then(|client| Ok(client.reveals()?));
    answer.map(|answer| answer.reveals).unwrap_or_default()
}

fn balance(cluster: &Cluster, address: &AddressText) -> u128 {
    cluster.client(1).unwrap().account(address, false).unwrap().balance.0
}

/// Half of 1,000,000 is forfeited, a tenth of that is the reporter's.
fn check_money(cluster: &Cluster, reveal: &Reveal, supply: Amount) {
    let forfeit = &reveal.forfeit;
    assert_eq!((forfeit.bond.0, forfeit.forfeited.0), (1_000_000, 500_000));
    assert_eq!((forfeit.reported.0, forfeit.treasury.0), (50_000, 450_000));
    let client = cluster.client(1).unwrap();
    assert_eq!(client.validator(&reveal.validator).unwrap().bond.0, 500_000);
    assert_eq!(client.validator(&reveal.validator).unwrap().status, "revealed");
    let treasury = client::dto::AddressText::new(
        &client.status().unwrap().chain.prefix,
        types::AddressKind::Module,
        &crypto::id::module_address("treasury"),
    );
    if forfeit.reporter == treasury {
        assert_eq!(balance(cluster, &treasury), 500_000);
    } else {
        assert_eq!(balance(cluster, &treasury), 450_000);
        assert_eq!(balance(cluster, &forfeit.reporter), 1_050_000);
    }
    assert_eq!(client.supply().unwrap().supply, supply);
}

/// K by arithmetic on public bytes alone: it opens the record that stands in state.
fn check_point(cluster: &Cluster, reveal: &Reveal) {
    let pair: types::Evidence =
        types::decode("evidence", &reveal.evidence.encoded.0, 4_096).unwrap();
    let point = crypto::evidence::hidden_point(&pair).unwrap();
    assert_eq!(point, reveal.hidden_point);
    let raw = state::key::hidden_information(&reveal.consensus_key);
    let sealed = cluster.client(2).unwrap().state(raw, None, false).unwrap().value.unwrap();
    let of = RecordOf {
        chain_id: &pair.address.chain_id,
        key: &reveal.consensus_key,
        commitment: &reveal.commitment,
    };
    let identity = hidden::open(&sealed.0, &point, &of).unwrap();
    assert_eq!(identity.legal_name, "node3 Ltd");
}

/// A file that is checked with no node.
fn check_file(cluster: &Cluster, reveal: &Reveal) {
    let file = cluster.folder().join("proof.json");
    let (path, url) = (file.to_string_lossy(), cluster.url(0));
    let id = &reveal.validator.0;
    cluster.syndic(&["evidence", "export", id, "--out", &path, "--node", &url]).unwrap();
    let chain = cluster.home(0).join("chain.toml");
    let chain = chain.to_string_lossy();
    let told = cluster.syndic(&["evidence", "verify", &path, "--chain", &chain, "--json"]).unwrap();
    assert!(told.contains("node3 Ltd"), "{told}");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.truncate(text.len() - 40);
    std::fs::write(&file, text).unwrap();
    assert!(
        !cluster
            .try_syndic(&["evidence", "verify", &path, "--chain", &chain])
            .unwrap()
            .status
            .success()
    );
    let genesis = cluster.client(0).unwrap().genesis().unwrap();
    assert!(Trust::from_genesis(&genesis, None).is_ok());
}

fn check_equal_state(cluster: &Cluster) {
    let height = HONEST.iter().filter_map(|node| cluster.finalized(*node)).min().unwrap();
    let roots = HONEST.map(|node| {
        let header = cluster.client(node).unwrap().header(Some(height)).unwrap();
        (header.prev_state_root, header.prev_receipts_root)
    });
    assert!(roots.iter().all(|root| *root == roots[0]), "{roots:?}");
}

/// Three need all three: without one the chain stands still and says for whom it waits.
fn check_halt(cluster: &mut Cluster) {
    let stopped = cluster.client(0).unwrap().validators(None).unwrap();
    assert_eq!(stopped.validators.len(), 3);
    assert!(cluster.stop(2).unwrap().success());
    wait(PATIENCE, "the others to say that they lack power", || {
        let consensus = cluster.client(0)?.consensus()?;
        Ok(consensus.power_present.0 == 2 && consensus.power_total.0 == 3)
    })
    .unwrap();
    let tip = cluster.tip(0).unwrap();
    let doctor = cluster.try_syndic(&["doctor", "--node", &cluster.url(0)]).unwrap();
    assert!(!doctor.status.success());
    let told = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(told.contains("2 of 3 present, 3 needed"), "{told}");
    assert!(cluster.tip(0).unwrap().0 <= tip.0 + 1, "it stands still");
    cluster.run(&[2], &[]).unwrap();
    let later = cluster.wait_more(&HONEST, 3).unwrap();
    assert!(later > Height(tip.0));
}
