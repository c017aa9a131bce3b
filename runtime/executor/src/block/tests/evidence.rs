//! Double signs in blocks: what is punished, once, and where the bond goes.

use super::*;
use borsh::BorshDeserialize;
use crypto::hidden::{self, RecordOf};
use types::punishment::{Opening, RecordFault, RevealRecord};
use types::record::ValidatorStatus;
use types::{Evidence, Step};

fn supply_in_accounts(chain: &Chain) -> u128 {
    let accounts = read::accounts(&chain.reader, None, 1_000).unwrap();
    accounts.iter().map(|(_, account)| account.balance.0).sum()
}

fn events(executed: &block::Executed) -> Vec<(ReceiptKind, NativeEvent)> {
    let decode = |event: &types::Event| NativeEvent::try_from_slice(&event.data).unwrap();
    let receipts = executed.receipts.iter();
    receipts.flat_map(|receipt| receipt.events.iter().map(|e| (receipt.kind, decode(e)))).collect()
}

fn reveal(chain: &Chain, validator: usize) -> RevealRecord {
    read::reveal(&chain.reader, &chain.secrets()[validator].id).unwrap().unwrap()
}

/// Commit a block with this evidence.
fn punish(chain: &mut Chain, evidence: Vec<Evidence>) -> block::Executed {
    let block = chain.build_of(Vec::new(), None, evidence).block;
    chain.commit(&block)
}

/// A validator that does not propose the next block.
fn bystander(chain: &Chain) -> usize {
    let proposer = chain.build(Vec::new()).header.proposer;
    chain.secrets().iter().position(|validator| validator.id != proposer).unwrap()
}

#[test]
fn one_block_opens_the_identity_divides_the_bond_and_removes_the_validator() {
    let mut chain = Chain::new(Params { slash_bp: 5_000, reporter_bp: 1_000, ..params() });
    chain.advance(Vec::new());
    let liar = bystander(&chain);
    let (id, number) = (chain.secrets()[liar].id, chain.number(liar));
    let before = (chain.balance(&account(1)), chain.balance(&modules::TREASURY));
    let evidence = chain.double_sign(liar, chain.address(1, Step::Precommit));
    let executed = punish(&mut chain, vec![evidence.clone()]);

    let record = reveal(&chain, liar);
    let secret = chain.secrets()[liar].consensus.reveal();
    assert_eq!(record.hidden_point, secret.hidden_point());
    let Opening::Opened(identity) = &record.opening else { panic!("{:?}", record.opening) };
    assert_eq!(identity.legal_name, format!("Validator {number} Ltd"));
    assert_eq!((record.evidence.clone(), record.height), (evidence, Height(2)));

    // 500: half is forfeited, a tenth of that is the reporter's.
    let forfeit = record.forfeit;
    assert_eq!((forfeit.bond.0, forfeit.forfeited.0), (500, 250));
    assert_eq!((forfeit.reported.0, forfeit.burned.0, forfeit.treasury.0), (25, 0, 225));
    assert_eq!(chain.balance(&account(1)), before.0 + 25);
    assert_eq!(chain.balance(&modules::TREASURY), before.1 + 225);
    assert_eq!(chain.balance(&modules::BONDS), 4 * BOND - 250);
    assert_eq!(supply_in_accounts(&chain), read::chain(&chain.reader).unwrap().supply.0);

    let registered = read::validator(&chain.reader, &id).unwrap().unwrap();
    assert_eq!((registered.bond.0, registered.status), (250, ValidatorStatus::Revealed));
    assert_eq!(registered.last_height, Some(Height(3)));
    let sizes = [3, 4, 5]
        .map(|height| read::validator_set_at(&chain.reader, Height(height)).unwrap().len());
    assert_eq!(sizes, [4, 3, 3], "V(h + 1) is fixed, V(h + 2) follows");

    let found = events(&executed);
    let kinds: Vec<_> = found.iter().map(|(kind, event)| (*kind, event.name())).collect();
    assert_eq!(
        kinds,
        [
            (ReceiptKind::Evidence, "evidence.Revealed"),
            (ReceiptKind::SetChange, "validators.SetChanged"),
        ]
    );
    let NativeEvent::SetChanged { from, joined, left, power } = &found[1].1 else { panic!() };
    assert_eq!((*from, joined.len(), left, power.0), (Height(4), 0, &vec![id], 3));
    (0..4).for_each(|_| drop(chain.advance(Vec::new())));
}

#[test]
fn nothing_of_an_identity_stands_in_state_before_it_is_opened() {
    let mut chain = Chain::new(params());
    chain.advance(Vec::new());
    let liar = bystander(&chain);
    let name = format!("Validator {} Ltd", chain.number(liar));
    let is_readable = |chain: &Chain| {
        let mut values = chain.reader.values().values();
        values.any(|value| value.windows(name.len()).any(|part| part == name.as_bytes()))
    };
    assert!(!is_readable(&chain));
    let evidence = chain.double_sign(liar, chain.address(1, Step::Prevote));
    punish(&mut chain, vec![evidence]);
    assert!(is_readable(&chain));
}

#[test]
fn a_validator_is_punished_once_whatever_else_it_signed() {
    let mut chain = Chain::new(params());
    chain.advance(Vec::new());
    let first = chain.double_sign(0, chain.address(1, Step::Precommit));
    let second = chain.double_sign(0, chain.address(1, Step::Seal));
    let honest = chain.build_of(Vec::new(), None, vec![first.clone(), second.clone()]).block;
    assert_eq!(honest.body.evidence, std::slice::from_ref(&first), "a builder takes one");
    let greedy = with_body(&chain, &honest, |body| body.evidence.push(second.clone()));
    assert_eq!(chain.refusal(&greedy).code, Code::EvidenceKnown);
    chain.commit(&honest);
    for again in [first, second] {
        let block = with_body(&chain, &chain.build(Vec::new()), |body| body.evidence.push(again));
        assert_eq!(chain.refusal(&block).code, Code::EvidenceKnown);
    }
}

#[test]
fn a_block_takes_eight_and_the_last_validator_stays() {
    let mut chain = Chain::new(Params { slash_bp: 10_000, reporter_bp: 0, ..params() });
    chain.advance(Vec::new());
    let all: Vec<_> =
        (0..4).map(|liar| chain.double_sign(liar, chain.address(1, Step::Prevote))).collect();
    let many = with_body(&chain, &chain.build(Vec::new()), |body| {
        body.evidence = vec![all[0].clone(); block::MAX_EVIDENCE + 1];
    });
    let refusal = chain.refusal(&many).to_string();
    assert_eq!(refusal, "BLOCK_TOO_LARGE: evidence is 9, the limit is 8");
    punish(&mut chain, all);
    let set = read::validator_set_at(&chain.reader, Height(4)).unwrap();
    assert_eq!(set.len(), 1);
    assert_eq!(chain.balance(&modules::BONDS), 0, "its bond goes all the same");
    let last = read::validator(&chain.reader, &set.validators()[0].id).unwrap().unwrap();
    assert_eq!((last.status, last.last_height), (ValidatorStatus::Revealed, None));
    assert_eq!(supply_in_accounts(&chain), read::chain(&chain.reader).unwrap().supply.0);
    (0..3).for_each(|_| drop(chain.advance(Vec::new())));
}

#[test]
fn nobody_is_paid_for_reporting_itself() {
    let mut chain = Chain::new(Params { slash_bp: 5_000, reporter_bp: 1_000, ..params() });
    chain.advance(Vec::new());
    let proposer = chain.build(Vec::new()).header.proposer;
    let liar = chain.secrets().iter().position(|v| v.id == proposer).unwrap();
    let before = chain.balance(&account(1));
    let evidence = chain.double_sign(liar, chain.address(1, Step::Prevote));
    punish(&mut chain, vec![evidence]);
    assert_eq!(chain.balance(&account(1)), before);
    assert_eq!(reveal(&chain, liar).forfeit.reporter, modules::TREASURY);
    assert_eq!(chain.balance(&modules::TREASURY), 250);
}

#[test]
fn what_is_burned_leaves_the_supply_and_parts_round_down() {
    let cases = [(0, 0, 0), (1, 10_000, 10_000), (3_333, 3_333, 3_333), (10_000, 7_000, 7_000)];
    for (slash_bp, reporter_bp, burned_bp) in cases {
        let mut chain = Chain::new(Params { slash_bp, reporter_bp, burned_bp, ..params() });
        let supply = read::chain(&chain.reader).unwrap().supply.0;
        chain.advance(Vec::new());
        let liar = bystander(&chain);
        let evidence = chain.double_sign(liar, chain.address(1, Step::Prevote));
        punish(&mut chain, vec![evidence]);
        let forfeit = reveal(&chain, liar).forfeit;
        let parts = [forfeit.reported, forfeit.burned, forfeit.treasury].map(|part| part.0);
        assert_eq!(parts.iter().sum::<u128>(), forfeit.forfeited.0);
        assert_eq!(forfeit.forfeited.0, 500 * u128::from(slash_bp) / 10_000);
        assert_eq!(read::chain(&chain.reader).unwrap().supply.0, supply - forfeit.burned.0);
        assert_eq!(supply_in_accounts(&chain), supply - forfeit.burned.0);
    }
}

#[test]
fn an_identity_that_does_not_open_costs_the_bond_and_names_nobody() {
    type Spoil = fn(Vec<u8>, &Chain, usize) -> Vec<u8>;
    let cases: [(RecordFault, Spoil); 4] = [
        (RecordFault::NotSealedUnderPoint, |mut record, _, _| {
            record[0] ^= 1;
            record
        }),
        (RecordFault::NotSealedUnderPoint, |record, _, _| record[..40].to_vec()),
        (RecordFault::Damaged, |mut record, _, _| {
            *record.last_mut().unwrap() ^= 1;
            record
        }),
        (RecordFault::NoConsent, |_, chain, liar| {
            let secret = &chain.secrets()[liar].consensus;
            let (key, commitment) = (secret.consensus_key(), secret.commitment());
            let chain_id = chain.chain_id();
            let of = RecordOf { chain_id: &chain_id, key: &key, commitment: &commitment };
            let stolen = crate::testing::identity(1, &of, 2);
            hidden::seal(&stolen, &secret.reveal().hidden_point(), &of, &[0; 24], 512).unwrap()
        }),
    ];
    for (fault, spoil) in cases {
        let mut chain = Chain::new(params());
        chain.advance(Vec::new());
        let liar = bystander(&chain);
        let raw = key::hidden_information(&chain.secrets()[liar].consensus.consensus_key());
        let record = state::NodeReader::value(&chain.reader, &raw).unwrap().unwrap();
        let spoiled = spoil(record, &chain, liar);
        chain.reader.apply(&ChangeSet::from_sorted(vec![(raw, Some(spoiled))]).unwrap());
        let evidence = chain.double_sign(liar, chain.address(1, Step::Prevote));
        punish(&mut chain, vec![evidence]);
        let record = reveal(&chain, liar);
        assert_eq!(record.opening, Opening::RegistrarFault(fault));
        assert_eq!(record.forfeit.forfeited.0, 250);
    }
}

#[test]
fn what_is_left_of_a_bond_is_paid_when_no_evidence_can_come_any_more() {
    let mut chain = Chain::new(Params {
        evidence_window: 32,
        finality_carry_limit: 1_000,
        slash_bp: 5_000,
        ..params()
    });
    chain.advance(Vec::new());
    let liar = bystander(&chain);
    let evidence = chain.double_sign(liar, chain.address(1, Step::Prevote));
    punish(&mut chain, vec![evidence]);
    // Punished at 2, it may sign 3, and evidence about 3 is good in blocks up to 35.
    let held = chain.balance(&modules::BONDS);
    while chain.height() < Height(36) {
        assert_eq!(chain.balance(&modules::BONDS), held, "before {}", chain.height());
        chain.advance(Vec::new());
    }
    let executed = chain.advance(Vec::new());
    let paid = events(&executed);
    let NativeEvent::BondPaid { validator, to, amount } = paid[0].1 else { panic!("{paid:?}") };
    assert_eq!((validator, to, amount.0), (chain.secrets()[liar].id, account(1), 250));
    assert_eq!(chain.balance(&modules::BONDS), held - 250);
    assert_eq!(supply_in_accounts(&chain), read::chain(&chain.reader).unwrap().supply.0);
    assert!(events(&chain.advance(Vec::new())).is_empty(), "once");
}

#[test]
fn a_window_that_grows_holds_bonds_back_longer() {
    let mut chain =
        Chain::new(Params { evidence_window: 32, finality_carry_limit: 1_000, ..params() });
    chain.advance(Vec::new());
    let liar = bystander(&chain);
    let evidence = chain.double_sign(liar, chain.address(1, Step::Prevote));
    punish(&mut chain, vec![evidence]);
    let longer = Params { evidence_window: 40, ..chain.params() };
    let entry = vec![(key::params(), Some(types::encode(&longer)))];
    chain.reader.apply(&ChangeSet::from_sorted(entry).unwrap());
    let held = chain.balance(&modules::BONDS);
    while chain.height() < Height(44) {
        chain.advance(Vec::new());
        assert_eq!(chain.balance(&modules::BONDS), held, "after {}", chain.parent.header.height);
    }
    chain.advance(Vec::new());
    assert_eq!(chain.balance(&modules::BONDS), held - 250);
}
