//! Money is neither made nor lost, and the events tell all of its ways.

use super::*;
use borsh::BorshDeserialize;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// One transaction to make, with all that can go wrong with money.
#[derive(Clone, Debug)]
struct Plan {
    sender: u8,
    payer: Option<u8>,
    fee_limit: Amount,
    calls: Vec<Call>,
}

fn call() -> impl Strategy<Value = Call> {
    let amount = prop_oneof![Just(0), 1..1_000_u128, Just(FIRST_BALANCE / 2), Just(u128::MAX)];
    let to =
        prop_oneof![(1..=8_u8).prop_map(account), Just(modules::TREASURY), Just(modules::BONDS),];
    prop_oneof![
        4 => contract_call(),
        6 => (to, amount).prop_map(|(to, amount)| Call::Transfer { to, amount: Amount(amount) }),
        1 => (1..=8_u8).prop_map(|to| Call::GrantRole {
            account: account(to),
            role: Role::Device,
            expires_ms: None,
        }),
        1 => (1..=8_u8)
            .prop_map(|to| Call::RevokeRole { account: account(to), role: Role::Device }),
    ]
}

/// Calls of two contracts that pay, call each other, refuse and trap, with money or without.
fn contract_call() -> impl Strategy<Value = Call> {
    let method = prop_oneof![Just("add"), Just("refuse"), Just("trap"), Just("count")];
    let to = (1..=8_u8).prop_map(account);
    let value = prop_oneof![Just(0), 1..1_000_u128];
    (method, to, 1..=2_u8, value, 0..1_500_u128, 0..3_u8).prop_map(
        |(method, to, salt, value, amount, way)| {
            let paid = [to.0.to_vec(), amount.to_le_bytes().to_vec()].concat();
            let relayed = |method, input: &[u8]| {
                contracts::relay(&contracts::contract(3 - salt), method, input, amount, 250_000)
            };
            match way {
                0 => contracts::call(salt, method, Vec::new(), value),
                1 => contracts::call(salt, "pay", paid, value),
                _ if method == "count" => {
                    contracts::call(salt, "relay", relayed("pay", &paid), value)
                }
                _ => contracts::call(salt, "relay", relayed(method, &[]), value),
            }
        },
    )
}

fn plan() -> impl Strategy<Value = Plan> {
    let fee_limit = prop_oneof![9 => Just(u128::MAX), 1 => Just(1_000)].prop_map(Amount);
    let payer = prop::option::weighted(0.3, 1..=8_u8);
    let calls = prop::collection::vec(call(), 1..4);
    (1..=8_u8, payer, fee_limit, calls).prop_map(|(sender, payer, fee_limit, calls)| Plan {
        sender,
        payer: payer.filter(|payer| *payer != sender),
        fee_limit,
        calls,
    })
}

fn make(chain: &Chain, plan: &Plan, ahead: u64) -> SignedTx {
    let mut tx = chain.tx(plan.sender, plan.calls.clone());
    tx.nonce = Nonce(tx.nonce.0 + ahead);
    tx.fee_limit = plan.fee_limit;
    tx.gas_limit = Gas(600_000);
    tx.payer = plan.payer.map(account);
    let payer_auth = plan.payer.map(|payer| auth(payer, &tx));
    SignedTx { auth: auth(plan.sender, &tx), tx, payer_auth }
}

/// Balances as somebody keeps them who sees genesis, transactions and receipts alone.
fn follow(balances: &mut BTreeMap<Address, u128>, txs: &[SignedTx], executed: &block::Executed) {
    for (signed, receipt) in txs.iter().zip(&executed.receipts) {
        let payer = signed.tx.payer.unwrap_or(signed.tx.sender);
        *balances.entry(payer).or_default() -= receipt.fee.0;
        *balances.entry(modules::TREASURY).or_default() += receipt.fee.0;
        for event in &receipt.events {
            // What contracts say of themselves is no native event, whatever its bytes.
            if !modules::is_module(&event.source) {
                continue;
            }
            let event = NativeEvent::try_from_slice(&event.data).unwrap();
            if let NativeEvent::Transfer { from, to, amount } = event {
                *balances.entry(from).or_default() -= amount.0;
                *balances.entry(to).or_default() += amount.0;
            }
        }
    }
}

fn balances_in_state(chain: &Chain) -> BTreeMap<Address, u128> {
    let accounts = read::accounts(&chain.reader, None, 1_000).unwrap();
    accounts
        .into_iter()
        .map(|(address, account)| (address, account.balance.0))
        .filter(|(_, balance)| *balance > 0)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn balances_add_up_to_the_supply_and_follow_from_the_events(
        blocks in prop::collection::vec(prop::collection::vec(plan(), 0..12), 1..4),
        gas_price in prop_oneof![Just(0_u128), Just(3), Just(100_000)],
    ) {
        let mut chain = contracts::chain_at(gas_price);
        let supply = 4 * FIRST_BALANCE + 4 * BOND;
        let mut expected = balances_in_state(&chain);
        for plans in blocks {
            let mut ahead = BTreeMap::<u8, u64>::new();
            let txs: Vec<SignedTx> = plans.iter().map(|plan| {
                let ahead = ahead.entry(plan.sender).or_default();
                *ahead += 1;
                make(&chain, plan, *ahead - 1)
            }).collect();
            let candidates = txs.iter().map(|tx| chain.decoded(tx.clone())).collect();
            let executed = chain.advance(candidates);
            prop_assert_eq!(executed.receipts.len(), txs.len());
            follow(&mut expected, &txs, &executed);
            expected.retain(|_, balance| *balance > 0);
            let found = balances_in_state(&chain);
            prop_assert_eq!(found.values().sum::<u128>(), supply);
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(read::chain(&chain.reader).unwrap().supply, Amount(supply));
            prop_assert_eq!(chain.balance(&modules::BONDS), 4 * BOND);
        }
    }
}
