//! The coupon's code as native Rust, in the SDK's environment for tests: what the virtual machine
//! is compared with. The environment's own work is in it: maps for state, and the audit after a
//! call.

use super::{CONSUMERS, PRICE, RUNS, request, secret, terms};
use borsh::BorshSerialize;
use coupon::{CouponClient, SERIAL_DOMAIN};
use sdk::client::{Caller, Request};
use sdk::testing::{Account, TestEnv};
use std::time::{Duration, Instant};
use types::{Address, Amount, Hash, Role, TimestampMs};

/// What everybody has.
const PURSE: u128 = 1_000_000_000;

fn call<A: BorshSerialize>(
    who: &Account,
    contract: Address,
    method: &str,
    arguments: &A,
    value: u128,
) -> Vec<u8> {
    let input = borsh::to_vec(arguments).unwrap();
    let request = Request { contract, method, input: &input, value: Amount(value), gas: None };
    who.call(request).unwrap_or_else(|error| panic!("{method}: {error:?}"))
}

/// The least time of a clip, a redemption and a transfer of ownership coin.
pub(super) fn times() -> [Duration; 3] {
    let least = |one: [Duration; 3], other: [Duration; 3]| {
        let [a, b, c] = one;
        let [d, e, f] = other;
        [a.min(d), b.min(e), c.min(f)]
    };
    (0..RUNS).map(|_| times_once()).reduce(least).expect("there are runs")
}

fn times_once() -> [Duration; 3] {
    let env = TestEnv::native();
    env.advance_to(TimestampMs(harness::chain::GENESIS_MS + 1));
    let (operator, merchant) = (env.account("operator", PURSE), env.account("merchant", PURSE));
    env.grant(&operator, Role::Operator);
    env.grant(&operator, Role::Issuer);
    env.grant(&merchant, Role::Merchant);
    let made =
        CouponClient::instantiate(&operator, operator.address(), Amount(PRICE), [9; 32]).unwrap();
    let contract = made.contract();
    let consumers: Vec<Account> =
        (0..CONSUMERS).map(|number| env.account(&format!("consumer {number}"), PURSE)).collect();
    for (number, consumer) in consumers.iter().enumerate() {
        let person = Hash(harness::chain::seed(b'h', number));
        call(&operator, contract, "enrol", &(consumer.address(), person), 0);
    }
    let coins = CONSUMERS as u64;
    call(&merchant, contract, "buy_coins", &coins, PRICE * u128::from(coins));
    let campaign = call(&merchant, contract, "create_campaign", &(terms(), coins), 0);
    let campaign: Hash = borsh::from_slice(&campaign).unwrap();
    let hash = |number| crypto::hash::derive(SERIAL_DOMAIN, &secret(number));
    let hashes: Vec<Hash> = (0..CONSUMERS).map(hash).collect();
    call(&merchant, contract, "deposit_serials", &(campaign, hashes), 0);
    let redemptions = consumers.iter().enumerate().map(|(number, consumer)| {
        let request = request(campaign, [merchant.public_key(), consumer.public_key()], number);
        let body = borsh::to_vec(&request).unwrap();
        let sign = |who: &Account| who.sign_message(contract, "redeem", &body, request.expiry_ms);
        (request.clone(), sign(&merchant), sign(consumer))
    });
    let redemptions: Vec<_> = redemptions.collect();
    let each = |carry_out: &dyn Fn(usize, &Account)| {
        let begun = Instant::now();
        consumers.iter().enumerate().for_each(|(number, consumer)| carry_out(number, consumer));
        begun.elapsed() / u32::try_from(CONSUMERS).unwrap()
    };
    let clip = each(&|number, consumer| {
        call(consumer, contract, "clip", &(campaign, hash(number)), 0);
    });
    let redeem = each(&|number, consumer| {
        call(consumer, contract, "redeem", &redemptions[number], 0);
    });
    let gift = each(&|_, consumer| {
        call(consumer, contract, "own_transfer", &(merchant.address(), Amount(1)), 0);
    });
    [clip, redeem, gift]
}
