//! Edges: prices that change, products, stacking, agents, fees, bounds, and books from events
//! alone.

use super::world::{
    CONSUMER, DISTRIBUTOR, MERCHANT, NEIGHBOUR, NETWORK, OPERATOR, PRICE, RIVAL, START, STRANGER,
    World, address, public_key, serial_hash, shares, terms,
};
use coupon::event::{self, Change};
use coupon::{CoinLot, GTIN_DOMAIN, Product, Settings};
use sdk::Event;
use std::collections::BTreeMap;
use types::{Address, Amount, BasisPoints, Hash, TimestampMs};

fn settings(price: u128) -> Settings {
    Settings { network: address(NETWORK), price: Amount(price), auditor_key: [9; 32] }
}

#[test]
fn coins_keep_the_price_they_were_bought_at() {
    let mut world = World::new();
    let campaign = world.open(&terms(), 3, 2);
    world.call(OPERATOR, 0, "configure", &settings(7)).unwrap();
    world.call(MERCHANT, 14, "buy_coins", &2_u64).unwrap();
    let lots = [CoinLot { price: Amount(PRICE), count: 1 }, CoinLot { price: Amount(7), count: 2 }];
    assert_eq!(world.free(MERCHANT), lots);
    assert_eq!(world.audit(), [3 * PRICE + 14, 0, 0]);
    // A coin reserved before pays what it cost; of the free ones the oldest go first.
    world.call(CONSUMER, 0, "clip", &(campaign, serial_hash(1))).unwrap();
    let request = world.request(campaign, 1, CONSUMER, 1);
    world.redeem(MERCHANT, &request).unwrap();
    assert_eq!(world.audit(), [2 * PRICE + 14, 0, PRICE]);
    let paid: Amount = world.call_for(MERCHANT, 0, "refund_coins", &2_u64).unwrap();
    assert_eq!(paid, Amount(PRICE + 7));
    assert_eq!(world.audit(), [PRICE + 7, 0, PRICE]);
}

#[test]
fn a_product_must_be_on_the_list() {
    let products: Vec<u64> = vec![4_006_381_333_931, 9_501_101_530_003, 40_170_725];
    let leaf = |gtin: &u64| crypto::hash::derive(GTIN_DOMAIN, &gtin.to_le_bytes());
    let leaves: Vec<Hash> = products.iter().map(leaf).collect();
    let mut listed = terms();
    listed.gtins_root = crypto::merkle::root(&leaves);
    listed.gtins_count = 3;
    listed.min_quantity = 2;
    let mut world = World::new();
    let campaign = world.open(&listed, 2, 2);
    world.call(CONSUMER, 0, "clip", &(campaign, serial_hash(1))).unwrap();
    let proof = crypto::merkle::prove(&leaves, 1).unwrap();
    let product = Product { gtin: products[1], index: 1, proof, quantity: 2 };
    let mut request = world.request(campaign, 1, CONSUMER, 1);
    let mut refuse = |product: Product, code: &str| {
        request.product = product;
        assert_eq!(world.redeem(MERCHANT, &request), Err(code.to_string()));
    };
    refuse(Product::default(), "BELOW_QUANTITY");
    refuse(Product { quantity: 1, ..product.clone() }, "BELOW_QUANTITY");
    refuse(Product { gtin: 96_385_074, ..product.clone() }, "GTIN");
    refuse(Product { index: 0, ..product.clone() }, "GTIN");
    refuse(Product { proof: Vec::new(), ..product.clone() }, "GTIN");
    refuse(Product { proof: vec![Hash::ZERO; 33], ..product.clone() }, "LIMIT");
    refuse(Product { gtin: u64::MAX, ..product.clone() }, "LIMIT");
    request.product = product;
    world.redeem(MERCHANT, &request).unwrap();
}

#[test]
fn an_order_takes_several_coupons_only_if_all_of_them_stack() {
    let mut world = World::new();
    let mut stacking = terms();
    stacking.stackable = true;
    let campaigns =
        [world.open(&stacking, 1, 1), world.open(&stacking, 1, 1), world.open(&terms(), 1, 1)];
    for campaign in campaigns {
        world.call(CONSUMER, 0, "clip", &(campaign, serial_hash(1))).unwrap();
    }
    let mut redeem = |at: usize, order: u64| {
        let request = world.request(campaigns[at], 1, CONSUMER, order);
        world.redeem(MERCHANT, &request).map(|_| ())
    };
    assert_eq!(redeem(0, 1), Ok(()));
    assert_eq!(redeem(2, 1), Err("STACKING".to_string()), "this one does not stack");
    assert_eq!(redeem(1, 1), Ok(()));
    assert_eq!(redeem(2, 2), Ok(()));
    assert_eq!(redeem(1, 2), Err("STACKING".to_string()), "the one before does not stack");
}

#[test]
fn an_agent_signs_for_its_merchant_until_it_may_not() {
    let mut world = World::new();
    let campaign = world.open(&terms(), 2, 2);
    world.call(CONSUMER, 0, "clip", &(campaign, serial_hash(1))).unwrap();
    let mut request = world.request(campaign, 1, CONSUMER, 1);
    request.merchant_key = public_key(STRANGER);
    let signatures = world.sign("redeem", &request, request.expiry_ms, [STRANGER, CONSUMER]);
    let refused = world.redeem_signed(STRANGER, &request, signatures);
    assert_eq!(refused, Err("SIG_MERCHANT".to_string()));
    let set = |world: &mut World, allowed: bool| {
        world.call(MERCHANT, 0, "set_agent", &(address(STRANGER), allowed)).unwrap();
    };
    set(&mut world, true);
    let more = vec![Hash([1; 32])];
    world.call(STRANGER, 0, "deposit_serials", &(campaign, more)).unwrap();
    world.redeem_signed(STRANGER, &request, signatures).unwrap();
    set(&mut world, false);
    let more = vec![Hash([2; 32])];
    let refused = world.call(STRANGER, 0, "deposit_serials", &(campaign, more));
    assert_eq!(refused, Err("OTHER_MERCHANT".to_string()));
}

#[test]
fn a_clip_pays_the_distributor_and_what_was_not_clipped_goes_back() {
    let mut world = World::new();
    let mut fees = terms();
    fees.distributor = Some(address(DISTRIBUTOR));
    fees.clip_fee = BasisPoints(333);
    fees.total_cap = 3;
    fees.shares = shares([3_000, 3_000, 3_000, 1_000]);
    // 3.33 % of 1,001 is 33.3333: a fee is rounded up.
    let campaign = world.open(&fees, 1, 1);
    assert_eq!(world.audit(), [PRICE, 3 * 34, 0]);
    world.call(CONSUMER, 0, "clip", &(campaign, serial_hash(1))).unwrap();
    assert_eq!(world.own(DISTRIBUTOR), 34);
    assert_eq!(world.audit(), [PRICE, 2 * 34, 34]);
    let before = world.money(MERCHANT);
    world.call(MERCHANT, 0, "close_campaign", &campaign).unwrap();
    assert_eq!(world.money(MERCHANT), before + 2 * 34);
    assert_eq!(world.audit(), [PRICE, 0, 34]);
    let request = world.request(campaign, 1, CONSUMER, 1);
    world.redeem(MERCHANT, &request).unwrap();
    // 300.3, 300.3, 300.3 and 100.1: the unit that is left goes to the first of the largest.
    let own = [CONSUMER, MERCHANT, NETWORK, DISTRIBUTOR].map(|who| world.own(who));
    assert_eq!(own, [301, 300, 300, 100 + 34]);
}

#[test]
fn block_time_decides_what_is_over() {
    let mut world = World::new();
    let mut later = terms();
    later.start_ms = TimestampMs(START + 10);
    later.end_ms = TimestampMs(START + 20);
    let campaign = world.open(&later, 2, 2);
    let clip = |world: &mut World, who: usize, serial: u64| {
        world.call(who, 0, "clip", &(campaign, serial_hash(serial))).map(|_| ())
    };
    world.env.advance_ms(9);
    assert_eq!(clip(&mut world, CONSUMER, 1), Err("NOT_STARTED".to_string()));
    world.env.advance_ms(1);
    assert_eq!(clip(&mut world, CONSUMER, 1), Ok(()));
    let mut request = world.request(campaign, 1, CONSUMER, 1);
    request.expiry_ms = TimestampMs(START + 15);
    world.env.advance_ms(5);
    // Signed in time, in a block too late.
    assert_eq!(world.redeem(MERCHANT, &request), Err("EXPIRED".to_string()));
    world.env.advance_ms(5);
    let request = world.request(campaign, 1, CONSUMER, 1);
    assert_eq!(world.redeem(MERCHANT, &request), Err("ENDED".to_string()));
    assert_eq!(clip(&mut world, NEIGHBOUR, 2), Err("ENDED".to_string()));
}

#[test]
fn a_campaign_without_coins_pays_nothing() {
    let mut world = World::new();
    let campaign = world.open(&terms(), 1, 0);
    world.call(CONSUMER, 0, "clip", &(campaign, serial_hash(1))).unwrap();
    let request = world.request(campaign, 1, CONSUMER, 1);
    assert_eq!(world.redeem(MERCHANT, &request), Err("NO_COINS".to_string()));
    assert_eq!(world.audit(), [PRICE, 0, 0]);
}

#[test]
fn refuses_terms_that_could_not_be_kept() {
    let mut world = World::new();
    world.call(MERCHANT, PRICE * 2, "buy_coins", &2_u64).unwrap();
    type Change<'a> = &'a dyn Fn(&mut coupon::Terms);
    let table: [(Change<'_>, &str); 13] = [
        (&|terms| terms.shares = shares([3_333, 3_333, 3_333, 0]), "BP_SUM"),
        (&|terms| terms.shares = shares([u32::MAX, 1, 1, 1]), "BP_SUM"),
        (&|terms| terms.shares = shares([9_999, 1, 0, 0]), "PAIR_GAIN"),
        (&|terms| terms.shares = shares([1_000, 1_000, 7_000, 1_000]), "NO_DISTRIBUTOR"),
        (&|terms| terms.clip_fee = BasisPoints(1), "NO_DISTRIBUTOR"),
        (&|terms| terms.end_ms = terms.start_ms, "WINDOW"),
        (&|terms| (terms.start_ms, terms.end_ms) = (TimestampMs(1), TimestampMs(START)), "WINDOW"),
        (&|terms| terms.end_ms = TimestampMs(u64::MAX), "LIMIT"),
        (&|terms| terms.grace_ms = u64::MAX, "LIMIT"),
        (&|terms| terms.offer_code = String::from("12345"), "LIMIT"),
        (&|terms| terms.offer_code = "1".repeat(10_000), "LIMIT"),
        (&|terms| terms.gtins_count = 1, "LIMIT"),
        (&|terms| terms.per_consumer_cap = 0, "LIMIT"),
    ];
    for (at, (change, code)) in table.iter().enumerate() {
        let mut terms = terms();
        change(&mut terms);
        let refused = world.call(MERCHANT, 0, "create_campaign", &(terms, 1_u64));
        assert_eq!(refused, Err((*code).to_string()), "row {at}");
    }
    let refused = world.call(MERCHANT, 0, "create_campaign", &(terms(), 3_u64));
    assert_eq!(refused, Err("NO_COINS".to_string()));
}

#[test]
fn prices_of_one_purse_are_bounded() {
    let mut world = World::new();
    for price in 1..=64 {
        world.call(OPERATOR, 0, "configure", &settings(price)).unwrap();
        world.call(MERCHANT, price, "buy_coins", &1_u64).unwrap();
    }
    world.call(OPERATOR, 0, "configure", &settings(65)).unwrap();
    let refused = world.call(MERCHANT, 65, "buy_coins", &1_u64);
    assert_eq!(refused, Err("LIMIT".to_string()));
    world.call(RIVAL, 65, "buy_coins", &1_u64).unwrap();
}

/// The books of every bucket and party, from events alone.
fn books_from_events(world: &World) -> BTreeMap<(String, Address), i128> {
    let mut books = BTreeMap::new();
    for event in world.env.events() {
        for change in changes_of(&event.name, &event.data) {
            let amount = i128::try_from(change.amount.0).unwrap();
            let signed = if change.out { -amount } else { amount };
            *books.entry((change.bucket, change.party)).or_default() += signed;
        }
    }
    books
}

fn changes_of(name: &str, data: &[u8]) -> Vec<Change> {
    macro_rules! of {
        ($kind:ident) => {
            event::$kind::decode(data).unwrap().changes
        };
    }
    match name {
        "CoinsBought" => of!(CoinsBought),
        "CoinsRefunded" => of!(CoinsRefunded),
        "CampaignOpened" => of!(CampaignOpened),
        "Clipped" => of!(Clipped),
        "Redeemed" => of!(Redeemed),
        "RolledBack" => of!(RolledBack),
        "OwnTransferred" => of!(OwnTransferred),
        "OwnCashed" => of!(OwnCashed),
        "CampaignClosed" => of!(CampaignClosed),
        "SettingsChanged" | "Enrolled" | "AgentSet" | "SerialsDeposited" | "SerialsVoided" => {
            Vec::new()
        }
        other => panic!("the event {other} is not known here"),
    }
}

#[test]
fn the_books_follow_from_events_alone() {
    let mut world = World::new();
    let mut fees = terms();
    fees.distributor = Some(address(DISTRIBUTOR));
    fees.clip_fee = BasisPoints(100);
    let campaign = world.open(&fees, 5, 3);
    for (who, serial) in [(CONSUMER, 1), (NEIGHBOUR, 2)] {
        world.call(who, 0, "clip", &(campaign, serial_hash(serial))).unwrap();
    }
    let first = world.request(campaign, 1, CONSUMER, 1);
    world.redeem(MERCHANT, &first).unwrap();
    let second = world.request(campaign, 2, NEIGHBOUR, 2);
    let second = world.redeem(MERCHANT, &second).unwrap();
    world.rollback(second, NEIGHBOUR).unwrap();
    world.call(CONSUMER, 0, "own_transfer", &(address(STRANGER), Amount(100))).unwrap();
    world.call(STRANGER, 0, "own_cash", &Amount(40)).unwrap();
    world.call(MERCHANT, 0, "refund_coins", &1_u64).unwrap();
    world.call(MERCHANT, 0, "close_campaign", &campaign).unwrap();
    let books = books_from_events(&world);
    let bucket = |name: &str| -> i128 {
        books.iter().filter(|((bucket, _), _)| bucket == name).map(|(_, sum)| sum).sum()
    };
    let found = [event::COIN_ESCROW, event::CLIP_ESCROW, event::REWARD_FUND].map(bucket);
    let audit = world.audit().map(|sum| i128::try_from(sum).unwrap());
    assert_eq!(found, audit);
    for party in 0..super::world::PARTIES {
        let place = (event::REWARD_FUND.to_string(), address(party));
        let sum = books.get(&place).copied().unwrap_or_default();
        assert_eq!(sum, i128::try_from(world.own(party)).unwrap(), "party {party}");
    }
    assert!(books.values().all(|sum| *sum >= 0), "{books:?}");
}
