//! The acceptance with its figures, and what it refuses.

use super::world::{
    ALIAS, CONSUMER, MERCHANT, MERCHANT_AT_HOME, NEIGHBOUR, NETWORK, PURSE, RIVAL, STRANGER, World,
    address, serial_hash, terms,
};
use coupon::{CoinLot, Progress, Serial, Status, Terms};
use types::{Amount, Hash, Signature};

/// Ten coins at 1,001; a campaign with all of them; coupon 1 in the consumer's hands.
fn ready() -> (World, Hash) {
    let mut world = World::new();
    let campaign = world.open(&terms(), 10, 10);
    world.call(CONSUMER, 0, "clip", &(campaign, serial_hash(1))).unwrap();
    (world, campaign)
}

#[test]
fn a_coupon_from_the_coin_to_the_cash() {
    let (mut world, campaign) = ready();
    assert_eq!(world.audit(), [10_010, 0, 0]);
    let request = world.request(campaign, 1, CONSUMER, 1);
    world.redeem(STRANGER, &request).unwrap();
    assert_eq!(world.own(CONSUMER), 334, "the tie of the two thirds goes to the first");
    assert_eq!(world.own(MERCHANT), 333);
    assert_eq!(world.own(NETWORK), 334);
    assert_eq!(world.audit(), [9_009, 0, 1_001]);
    let totals = world.totals();
    assert_eq!((totals.reserved, totals.burned, totals.own_supply.0), (9, 1, 1_001));
    let (_, progress): (Terms, Progress) =
        world.ask::<_, Option<(Terms, Progress)>>("campaign", &campaign).unwrap();
    assert_eq!(progress.coins.lots, [CoinLot { price: Amount(1_001), count: 9 }]);
    world.call(CONSUMER, 0, "own_cash", &Amount(334)).unwrap();
    assert_eq!(world.audit(), [9_009, 0, 667]);
    assert_eq!(world.money(CONSUMER), PURSE + 334);
    assert_eq!(world.money(MERCHANT), PURSE - 10_010);
}

#[test]
fn a_coupon_and_an_order_are_used_once() {
    let (mut world, campaign) = ready();
    let request = world.request(campaign, 1, CONSUMER, 1);
    world.redeem(MERCHANT, &request).unwrap();
    let before = world.audit();
    // The same request through another sender, and the same order signed anew.
    assert_eq!(world.redeem(CONSUMER, &request), Err("ALREADY_REDEEMED".to_string()));
    let mut anew = request.clone();
    anew.discount = Amount(400);
    assert_eq!(world.redeem(MERCHANT, &anew), Err("ALREADY_REDEEMED".to_string()));
    let other = world.request(campaign, 1, CONSUMER, 2);
    assert_eq!(world.redeem(MERCHANT, &other), Err("SERIAL_USED".to_string()));
    assert_eq!(world.audit(), before);
}

#[test]
fn both_must_have_signed_the_same_bytes() {
    let (mut world, campaign) = ready();
    let request = world.request(campaign, 1, CONSUMER, 1);
    let both = world.sign("redeem", &request, request.expiry_ms, [MERCHANT, CONSUMER]);
    let missing = [both[0], Signature::ZERO];
    let refused = world.redeem_signed(MERCHANT, &request, missing);
    assert_eq!(refused, Err("SIG_CONSUMER".to_string()));
    let refused = world.redeem_signed(MERCHANT, &request, [Signature::ZERO, both[1]]);
    assert_eq!(refused, Err("SIG_MERCHANT".to_string()));
    let refused = world.redeem_signed(MERCHANT, &request, [both[1], both[0]]);
    assert_eq!(refused, Err("SIG_MERCHANT".to_string()));
    // One byte of the order's ciphertext.
    let mut flipped = request.clone();
    flipped.order.content[5] ^= 1;
    let refused = world.redeem_signed(MERCHANT, &flipped, both);
    assert_eq!(refused, Err("SIG_MERCHANT".to_string()));
    // The consumer signs, then the merchant changes the discount and signs that.
    let mut changed = request.clone();
    changed.discount = Amount(1);
    let merchant = world.sign("redeem", &changed, changed.expiry_ms, [MERCHANT, MERCHANT]);
    let refused = world.redeem_signed(MERCHANT, &changed, [merchant[0], both[1]]);
    assert_eq!(refused, Err("SIG_CONSUMER".to_string()));
    // For another method.
    let other = world.sign("rollback", &request, request.expiry_ms, [MERCHANT, CONSUMER]);
    let refused = world.redeem_signed(MERCHANT, &request, other);
    assert_eq!(refused, Err("SIG_MERCHANT".to_string()));
    assert_eq!(world.redeem_signed(MERCHANT, &request, both).map(|_| ()), Ok(()));
}

#[test]
fn the_basket_must_be_what_the_campaign_asks_for() {
    let (mut world, campaign) = ready();
    let request = world.request(campaign, 1, CONSUMER, 1);
    let mut refuse = |change: &dyn Fn(&mut coupon::RedeemRequest), code: &str| {
        let mut request = request.clone();
        change(&mut request);
        assert_eq!(world.redeem(MERCHANT, &request), Err(code.to_string()));
    };
    refuse(&|request| request.basket_total = Amount(1_999), "BELOW_MIN");
    refuse(&|request| request.discount = Amount(501), "ABOVE_FACE");
    refuse(&|request| request.discount = Amount(0), "ABOVE_FACE");
    refuse(&|request| request.merchant = address(RIVAL), "OTHER_MERCHANT");
    refuse(&|request| request.campaign = Hash([1; 32]), "UNKNOWN_CAMPAIGN");
    refuse(&|request| request.serial = super::world::secret(99), "UNKNOWN_SERIAL");
    refuse(&|request| request.serial = super::world::secret(2), "NOT_CLIPPED");
    refuse(&|request| request.serial = Vec::new(), "LIMIT");
    refuse(&|request| request.expiry_ms = request.signed_ms, "LIMIT");
}

#[test]
fn one_person_gets_one_coupon_whatever_the_account() {
    let (mut world, campaign) = ready();
    let mut clip = |who: usize, serial: u64| {
        world.call(who, 0, "clip", &(campaign, serial_hash(serial))).map(|_| ())
    };
    assert_eq!(clip(CONSUMER, 2), Err("CAP".to_string()));
    assert_eq!(clip(ALIAS, 2), Err("CAP".to_string()));
    assert_eq!(clip(STRANGER, 2), Err("NOT_ENROLLED".to_string()));
    assert_eq!(clip(NEIGHBOUR, 1), Err("SERIAL_USED".to_string()));
    assert_eq!(clip(NEIGHBOUR, 2), Ok(()));
}

#[test]
fn nobody_sells_to_himself() {
    let (mut world, campaign) = ready();
    for who in [MERCHANT, MERCHANT_AT_HOME] {
        let request = world.request(campaign, 1, who, 1);
        assert_eq!(world.redeem(MERCHANT, &request), Err("SELF_REDEEM".to_string()));
    }
    // The account may be another of the same person: it is the person who clipped.
    let request = world.request(campaign, 1, ALIAS, 1);
    world.redeem(MERCHANT, &request).unwrap();
    let hash = serial_hash(1);
    let serial: Option<Serial> = world.ask("serial", &(campaign, hash));
    assert!(matches!(serial, Some(Serial::Redeemed { .. })));
}

#[test]
fn another_person_cannot_use_the_coupon() {
    let (mut world, campaign) = ready();
    let request = world.request(campaign, 1, NEIGHBOUR, 1);
    assert_eq!(world.redeem(MERCHANT, &request), Err("NOT_HOLDER".to_string()));
    let request = world.request(campaign, 1, STRANGER, 1);
    assert_eq!(world.redeem(MERCHANT, &request), Err("NOT_ENROLLED".to_string()));
}

#[test]
fn a_sale_to_oneself_would_always_lose_money() {
    let mut world = World::new();
    world.call(MERCHANT, 10_010, "buy_coins", &10_u64).unwrap();
    let mut greedy = terms();
    greedy.shares = super::world::shares([5_000, 5_000, 0, 0]);
    let refused = world.call(MERCHANT, 0, "create_campaign", &(greedy, 1_u64));
    assert_eq!(refused, Err("PAIR_GAIN".to_string()));
}

#[test]
fn what_came_back_gives_coin_and_coupon_back() {
    let (mut world, campaign) = ready();
    let request = world.request(campaign, 1, CONSUMER, 1);
    let redemption = world.redeem(MERCHANT, &request).unwrap();
    world.rollback(redemption, CONSUMER).unwrap();
    assert_eq!(world.audit(), [10_010, 0, 0]);
    assert_eq!([CONSUMER, MERCHANT, NETWORK].map(|who| world.own(who)), [0, 0, 0]);
    assert_eq!(world.rollback(redemption, CONSUMER), Err("ROLLED_BACK".to_string()));
    // The order is spent, the coupon is not.
    assert_eq!(world.redeem(MERCHANT, &request), Err("ALREADY_REDEEMED".to_string()));
    let again = world.request(campaign, 1, CONSUMER, 2);
    world.redeem(MERCHANT, &again).unwrap();
    assert_eq!(world.audit(), [9_009, 0, 1_001]);
}

#[test]
fn a_reward_that_is_spent_stops_the_rollback() {
    let (mut world, campaign) = ready();
    let request = world.request(campaign, 1, CONSUMER, 1);
    let redemption = world.redeem(MERCHANT, &request).unwrap();
    world.call(NETWORK, 0, "own_cash", &Amount(1)).unwrap();
    let before = world.audit();
    assert_eq!(world.rollback(redemption, CONSUMER), Err("REWARD_SPENT".to_string()));
    assert_eq!(world.audit(), before);
    assert_eq!(world.own(CONSUMER), 334, "what was taken before the refusal is back");
    world.env.advance_ms(10_000);
    assert_eq!(world.rollback(redemption, CONSUMER), Err("GRACE_OVER".to_string()));
}

#[test]
fn a_closed_campaign_honours_the_coupons_that_are_out() {
    let (mut world, campaign) = ready();
    world.call(MERCHANT, 0, "close_campaign", &campaign).unwrap();
    assert_eq!(world.free(MERCHANT), [CoinLot { price: Amount(1_001), count: 9 }]);
    let refused = world.call(NEIGHBOUR, 0, "clip", &(campaign, serial_hash(2)));
    assert_eq!(refused, Err("CLOSED".to_string()));
    let again = world.call(MERCHANT, 0, "close_campaign", &campaign);
    assert_eq!(again, Err("CLOSED".to_string()));
    let request = world.request(campaign, 1, CONSUMER, 1);
    world.redeem(MERCHANT, &request).unwrap();
    world.env.advance_ms(100_000);
    let late = world.request(campaign, 1, CONSUMER, 2);
    assert_eq!(world.redeem(MERCHANT, &late), Err("SERIAL_USED".to_string()));
    // After the end anybody may do what is due.
    world.call(STRANGER, 0, "close_campaign", &campaign).unwrap();
    let (_, progress): (Terms, Progress) =
        world.ask::<_, Option<(Terms, Progress)>>("campaign", &campaign).unwrap();
    assert_eq!((progress.status, progress.coins.lots.len()), (Status::Closed, 0));
}
