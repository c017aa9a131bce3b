//! Validators that lie: everybody who contradicts itself before an honest node is named by the
//! chain, and nobody else ever is.

use super::{is_long, run_plans};
use client::forensics::{self, Certificate, ForensicsError};
use client::verify::Trust;
use harness::simulation::{Crypto, Delivery, Lies, LinkPlan, Plan, Report, World};
use replica::Detectors;
use state::MapReader;
use std::collections::BTreeSet;
use types::punishment::Forfeit;
use types::{Height, Step, ValidatorId};

/// Seeds of a run in continuous integration, and of a long one.
const SEEDS: (u64, u64) = (2_000, 10_000);
/// Of those, with real cryptography.
const REAL_SEEDS: (u64, u64) = (50, 200);

#[test]
fn whoever_lies_before_an_honest_node_is_named() {
    let seeds = if is_long() { SEEDS.1 } else { SEEDS.0 };
    run_plans(seeds, &|seed| Plan::with_a_liar(seed, Crypto::Ideal));
}

#[test]
fn whoever_lies_with_real_cryptography_is_named() {
    let seeds = if is_long() { REAL_SEEDS.1 } else { REAL_SEEDS.0 };
    run_plans(seeds, &|seed| Plan::with_a_liar(seed, Crypto::Real));
}

/// A net that loses nothing, in which validator 0 contradicts itself.
fn quiet(seed: u64, steps: &[Step], delivery: Delivery, often: u64) -> Plan {
    Plan {
        lies: Some(Lies::Equivocate { steps: steps.to_vec(), delivery, often }),
        links: LinkPlan { delay_us: 2_000, jitter_us: 5_000, loss: 0 },
        crashes: 0,
        partitions: 0,
        ..Plan::with_a_liar(seed, Crypto::Ideal)
    }
}

/// Seeds of each proof that a detector is needed.
const PROOF_SEEDS: u64 = 24;

/// Run a plan's seeds: in how many the liar got its name, and in how many a promise was broken.
fn outcome(plan: &dyn Fn(u64) -> Plan, detectors: Detectors) -> (u64, usize) {
    let reports = (0..PROOF_SEEDS).map(|seed| World::new(Plan { detectors, ..plan(seed) }).run());
    reports.fold((0, 0), |(named, broken), report: Report| {
        (named + report.named, broken + usize::from(!report.oracle.breaches().is_empty()))
    })
}

/// With every detector each promise of a plan holds; without one of them some seed breaks it.
fn assert_needed(what: &str, plan: &dyn Fn(u64) -> Plan, off: Detectors) {
    let (with, broken) = outcome(plan, Detectors::ALL);
    assert!(with > 0 && broken == 0, "{what}: {with} named and {broken} broken with all");
    let (without, broken) = outcome(plan, off);
    assert!(without < with, "{what}: {without} named without, {with} with");
    assert!(broken > 0, "{what}: no promise is broken without");
}

/// What the promise of one node's life does not cover: fewer are named.
fn assert_names_more(what: &str, plan: &dyn Fn(u64) -> Plan, on: Detectors, off: Detectors) {
    let ((with, _), (without, _)) = (outcome(plan, on), outcome(plan, off));
    assert!(without < with, "{what}: {without} named without, {with} with");
}

#[test]
fn looking_at_each_kind_of_message_is_needed() {
    let all = Detectors::ALL;
    let kinds = [
        (Step::Proposal, Detectors { proposals: false, ..all }),
        (Step::Prevote, Detectors { prevotes: false, ..all }),
        (Step::Precommit, Detectors { precommits: false, ..all }),
        (Step::Seal, Detectors { seals: false, ..all }),
    ];
    for (step, off) in kinds {
        let plan = |seed| quiet(seed, &[step], Delivery::Both, 300);
        assert_needed(&format!("{step:?}"), &plan, off);
    }
}

#[test]
fn looking_into_proposed_blocks_is_needed() {
    // Halves told to different nodes that pass nothing on meet only inside blocks.
    let plan =
        |seed| Plan { relay: false, ..quiet(seed, &[Step::Precommit], Delivery::Split, 300) };
    assert_needed("blocks", &plan, Detectors { blocks: false, ..Detectors::ALL });
}

/// Nodes of seven crash and lose votes: they hold one half, and what they are given later the
/// other. Nobody passes messages on, and single messages and proposed blocks are not looked at.
fn assert_later_finds(what: &str, steps: &[Step], on: Detectors) {
    let plan = |seed| Plan {
        validators: 7,
        relay: false,
        crashes: 1_000,
        links: LinkPlan { delay_us: 2_000, jitter_us: 5_000, loss: 100 },
        ..quiet(seed, steps, Delivery::Split, 500)
    };
    let neither = Detectors { certificates: false, synced: false, ..on };
    assert_names_more(what, &plan, on, neither);
}

#[test]
fn looking_into_certificates_is_needed() {
    let all = Detectors::ALL;
    let on = Detectors { blocks: false, precommits: false, seals: false, synced: false, ..all };
    assert_later_finds("certificates", &[Step::Precommit, Step::Seal], on);
}

#[test]
fn looking_into_fetched_blocks_is_needed() {
    let all = Detectors::ALL;
    let on = Detectors { blocks: false, precommits: false, certificates: false, ..all };
    assert_later_finds("fetched blocks", &[Step::Precommit], on);
}

#[test]
fn passing_pairs_on_is_needed() {
    // One node alone gets the second half, and it is not its turn.
    let plan = |seed| Plan {
        relay: false,
        faults_ms: 1_500,
        heights_after: 1,
        ..quiet(seed, &[Step::Prevote], Delivery::Late, 300)
    };
    let all = Detectors::ALL;
    assert_names_more("pairs", &plan, all, Detectors { pairs: false, ..all });
}

#[test]
fn remembering_across_a_restart_is_needed() {
    // The second half comes to one node, which restarted since the first.
    let plan = |seed| Plan {
        relay: false,
        crashes: 1_000,
        faults_ms: 5_000,
        ..quiet(seed, &[Step::Prevote], Delivery::Late, 30)
    };
    let all = Detectors::ALL;
    assert_names_more("memory", &plan, all, Detectors { memory: false, ..all });
}

/// One of four runs twice, without a guard.
fn twins(seed: u64, crypto: Crypto) -> Plan {
    Plan {
        lies: Some(Lies::Twins { liars: 1, cut: None }),
        crashes: 0,
        partitions: 0,
        heights_after: 12,
        ..Plan::with_a_liar(seed, crypto)
    }
}

#[test]
fn one_key_in_two_processes_costs_its_owner_its_name_and_half_its_bond() {
    let mut named = 0;
    for seed in 0..12 {
        let report = World::new(twins(seed, Crypto::Real)).run();
        assert_eq!(report.oracle.breaches(), [] as [String; 0], "seed {seed}");
        for honest in &report.states[1..4] {
            let reveals = state::read::reveals(honest).expect("memory can be read");
            let Some((liar, record)) = reveals.first() else { continue };
            named += 1;
            check_money(honest, liar, &record.forfeit);
        }
    }
    assert!(named >= 30, "of 36 states of honest nodes, {named} have a name");
}

/// 1,000,000 were bonded: half is forfeited, a tenth of that is the reporter's.
fn check_money(state: &MapReader, liar: &ValidatorId, forfeit: &Forfeit) {
    let balance = |address| state::read::account(state, address).expect("memory can be read");
    let held = |address| balance(address).map_or(0, |account| account.balance.0);
    assert_eq!((forfeit.bond.0, forfeit.forfeited.0), (1_000_000, 500_000));
    assert_eq!((forfeit.reported.0, forfeit.treasury.0), (50_000, 450_000));
    let record = state::read::validator(state, liar).expect("memory can be read");
    assert_eq!(record.expect("it is registered").bond.0, 500_000);
    assert_eq!(held(&executor::BONDS), 3_500_000);
    // The supply is what all accounts hold: the oracle compares at every commit.
    if forfeit.reporter != executor::TREASURY {
        assert_eq!(held(&forfeit.reporter), 50_000);
    }
}

/// Two of four run twice, one twin in each half of a net that is cut in two.
fn fork(seed: u64) -> Plan {
    Plan {
        lies: Some(Lies::Twins { liars: 2, cut: Some(3) }),
        links: LinkPlan { delay_us: 2_000, jitter_us: 5_000, loss: 0 },
        crashes: 0,
        partitions: 0,
        faults_ms: 5_000,
        // The net was forked: whoever sees the other half's certificate stops for good.
        heights_after: 0,
        transfers: 8,
        ..Plan::with_a_liar(seed, Crypto::Real)
    }
}

#[test]
fn a_fork_by_two_of_four_ends_with_the_names_of_both() {
    let mut forks = 0;
    for seed in 0..6 {
        let plan = fork(seed);
        let report = World::new(plan).run();
        let chain = harness::chain::TestChain::new(4, 4, types::Params::default());
        let liars: BTreeSet<_> = chain.validators[..2].iter().map(|v| v.id).collect();
        let genesis = &chain.genesis;
        let trust = Trust::from_genesis(genesis, None).expect("a test genesis has a set");
        let (left, right) = (&report.finals[2], &report.finals[3]);
        let heights: Vec<Height> =
            left.keys().filter(|height| right.contains_key(height)).copied().collect();
        for height in heights {
            let pair = [left, right].map(|side| Certificate::Finality(side[&height].clone()));
            match forensics::examine(&trust, &pair[0], &pair[1]) {
                Ok(found) => {
                    forks += 1;
                    let named: BTreeSet<_> =
                        found.evidence.iter().map(|pair| pair.validator).collect();
                    assert_eq!(named, liars, "seed {seed}, height {height}");
                }
                Err(ForensicsError::Agree { .. }) => {}
                Err(error) => panic!("seed {seed}, height {height}: {error}"),
            }
        }
    }
    assert!(forks > 0, "two halves of more than two thirds each must fork");
}
