//! Random histories, played on the contract and on the plain reference: answers, balances, buckets
//! and counts are equal after every step.

use super::model::{Answer, Bug, Model, Offer, Redeem};
use super::world::{
    ALIAS, CONSUMER, DISTRIBUTOR, MERCHANT, MERCHANT_AT_HOME, NEIGHBOUR, NETWORK, OPERATOR,
    PARTIES, PERSONS, PRICE, PURSE, RIVAL, START, STRANGER, World, address, public_key, secret,
    serial_hash, shares,
};
use coupon::{Product, RedeemRequest, RollbackRequest, SealedOrder, Settings, Terms};
use types::{Amount, BasisPoints, Hash, Signature, TimestampMs};

/// Steps of one history.
const STEPS: usize = 200;
/// Coupons that a campaign may have.
const COUPONS: u64 = 16;
/// Histories while one works on the contract.
const FEW_HISTORIES: u64 = 20;
/// Histories of `scripts/test.sh all`, which sets `SYNDIC_LANE`.
const HISTORIES: u64 = 200;
/// Histories of `scripts/test.sh long`.
const LONG_HISTORIES: u64 = 1_000;
/// Histories in which a planted bug must show.
const BUGGY_HISTORIES: u64 = 200;

/// A small generator (splitmix64, Steele, Lea, Flood 2014): the same seed gives the same history.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// One history on both.
struct Play {
    world: World,
    model: Model,
    random: Random,
    campaigns: Vec<Hash>,
    merchants: Vec<usize>,
    redemptions: Vec<(Hash, usize, usize)>,
}

/// What was done, and both answers.
type Step = (String, Result<(), String>, Answer);

impl Play {
    fn new(seed: u64, bug: Option<Bug>) -> Self {
        let roles = [OPERATOR, NETWORK, DISTRIBUTOR];
        let mut model = Model::new(PRICE, roles, &[MERCHANT, RIVAL], &PERSONS, bug);
        model.now = START;
        let (world, random) = (World::new(), Random(seed));
        let (campaigns, merchants, redemptions) = (Vec::new(), Vec::new(), Vec::new());
        Self { world, model, random, campaigns, merchants, redemptions }
    }

    fn merchant(&mut self) -> usize {
        let stranger = self.random.chance(5);
        if stranger { STRANGER } else { self.random.one_of(&[MERCHANT, MERCHANT, RIVAL]) }
    }

    fn campaign(&mut self) -> (usize, Hash) {
        // Mostly one of the newest: the older ones are over. Now and then one that is not there.
        let count = self.campaigns.len() as u64;
        let from = if self.random.chance(80) { count.saturating_sub(3) } else { 0 };
        let known = self.random.chance(96) && count > 0;
        let at = if known { from + self.random.below(count - from) } else { count };
        let at = usize::try_from(at).unwrap();
        (at, self.campaigns.get(at).copied().unwrap_or(Hash([0xee; 32])))
    }

    fn step(&mut self) -> Step {
        match self.random.below(100) {
            0..10 => self.buy(),
            10..15 => self.open(),
            15..30 => self.deposit(),
            30..32 => self.void(),
            32..50 => self.clip(),
            50..72 => self.redeem(),
            72..80 => self.rollback(),
            80..83 => self.close(),
            83..86 => self.refund(),
            86..90 => self.transfer(),
            90..92 => self.cash(),
            92..95 => self.price(),
            _ => self.wait(),
        }
    }

    fn buy(&mut self) -> Step {
        let (who, count) = (self.merchant(), self.random.below(12));
        let off = u128::from(self.random.chance(5));
        let value = self.model.price() * u128::from(count) + off;
        let found = self.world.call(who, value, "buy_coins", &count);
        let text = format!("{who} buys {count} for {value}");
        (text, found.map(|_| ()), self.model.buy(who, count, value))
    }

    fn open(&mut self) -> Step {
        let who = self.merchant();
        let start = self.model.now + self.random.one_of(&[0, 0, 0, 1_000]);
        let offer = Offer {
            face: 500,
            min_basket: 2_000,
            cap: 1 + u32::try_from(self.random.below(4)).unwrap(),
            total_cap: 1 + self.random.below(12),
            start,
            end: start
                + u64::from(self.random.chance(95))
                    * self.random.one_of(&[20_000, 60_000, 100_000, 200_000]),
            grace: self.random.below(40_000),
            stackable: self.random.chance(50),
            shares: self.random.one_of(&[
                [3_333, 3_333, 3_334, 0],
                [3_333, 3_333, 3_334, 0],
                [6_000, 0, 3_000, 1_000],
                [6_000, 0, 3_000, 1_000],
                [2_500, 2_500, 2_500, 2_500],
                [2_500, 2_500, 2_500, 2_500],
                [5_000, 5_000, 0, 0],
                [1, 1, 1, 1],
            ]),
            clip_fee_bp: self.random.one_of(&[0, 0, 50, 333]),
        };
        let reserve = self.random.below(6);
        let off = u128::from(self.random.chance(5));
        let value = self.model.fee_of(&offer) * u128::from(offer.total_cap) + off;
        let found: Result<Hash, String> =
            self.world.call_for(who, value, "create_campaign", &(terms(&offer), reserve));
        if let Ok(campaign) = found {
            self.campaigns.push(campaign);
            self.merchants.push(who);
        }
        let text = format!("{who} opens with {reserve} coins: {offer:?}");
        (text, found.map(|_| ()), self.model.open(who, offer, reserve, value))
    }

    fn deposit(&mut self) -> Step {
        let (at, campaign) = self.campaign();
        let who = match self.merchants.get(at) {
            Some(owner) if self.random.chance(90) => *owner,
            _ => self.merchant(),
        };
        let first = self.random.below(COUPONS);
        let serials: Vec<u64> = (first..COUPONS).take(4).collect();
        let hashes: Vec<Hash> = serials.iter().map(|serial| serial_hash(*serial)).collect();
        let found = self.world.call(who, 0, "deposit_serials", &(campaign, hashes));
        let text = format!("{who} deposits {serials:?} in {at}");
        (text, found.map(|_| ()), self.model.deposit(who, at, &serials))
    }

    fn void(&mut self) -> Step {
        let (at, campaign) = self.campaign();
        let who = self.merchants.get(at).copied().unwrap_or(MERCHANT);
        let serial = self.random.below(COUPONS);
        let hashes = vec![serial_hash(serial)];
        let found = self.world.call(who, 0, "void_serials", &(campaign, hashes));
        let text = format!("{who} withdraws {serial} from {at}");
        (text, found.map(|_| ()), self.model.void(who, at, serial))
    }

    fn clip(&mut self) -> Step {
        let (at, campaign) = self.campaign();
        let people = [CONSUMER, ALIAS, NEIGHBOUR, NEIGHBOUR, MERCHANT_AT_HOME, RIVAL];
        let stranger = self.random.chance(4);
        let who = if stranger { STRANGER } else { self.random.one_of(&people) };
        let (free, serial) = (self.model.deposited(), self.random.below(COUPONS));
        let (at, campaign, serial) = match self.random.chance(80) && !free.is_empty() {
            true => {
                let (at, serial) = self.random.one_of(&free);
                (at, self.campaigns[at], serial)
            }
            false => (at, campaign, serial),
        };
        let found = self.world.call(who, 0, "clip", &(campaign, serial_hash(serial)));
        let text = format!("{who} clips {serial} of {at}");
        (text, found.map(|_| ()), self.model.clip(who, at, serial))
    }

    fn redeem(&mut self) -> Step {
        let (at, campaign) = self.campaign();
        let (held, serial) = (self.model.held(), self.random.below(COUPONS));
        let consumers = [CONSUMER, ALIAS, NEIGHBOUR, MERCHANT_AT_HOME];
        let consumer = self.random.one_of(&consumers);
        let (at, campaign, serial, consumer) = match self.random.chance(85) && !held.is_empty() {
            true => {
                let (at, serial, consumer) = self.random.one_of(&held);
                (at, self.campaigns[at], serial, consumer)
            }
            false => (at, campaign, serial, consumer),
        };
        let merchant = self.merchants.get(at).copied().unwrap_or(MERCHANT);
        let extra = u128::from(self.random.below(500));
        let ask = Redeem {
            campaign: at,
            serial,
            consumer,
            order: self.random.below(200),
            basket: if self.random.chance(4) { 1_999 } else { 2_000 + extra },
            discount: if self.random.chance(4) { 501 } else { 500 - extra },
            expiry: self.model.now + if self.random.chance(4) { 0 } else { 60_000 },
            merchant_signs: self.random.chance(97),
            consumer_signs: self.random.chance(97),
        };
        let request = request(&ask, campaign, merchant);
        let parties = [merchant, ask.consumer];
        let [first, second] = self.world.sign("redeem", &request, request.expiry_ms, parties);
        let first = if ask.merchant_signs { first } else { Signature::ZERO };
        let second = if ask.consumer_signs { second } else { Signature::ZERO };
        let found: Result<Hash, String> =
            self.world.call_for(STRANGER, 0, "redeem", &(request, first, second));
        if let Ok(redemption) = found {
            self.redemptions.push((redemption, merchant, ask.consumer));
        }
        (format!("{ask:?}"), found.map(|_| ()), self.model.redeem(&ask))
    }

    fn rollback(&mut self) -> Step {
        let standing = self.model.standing();
        let any = usize::try_from(self.random.below(self.redemptions.len() as u64 + 1)).unwrap();
        let known = self.random.chance(80) && !standing.is_empty();
        let at = if known { self.random.one_of(&standing) } else { any };
        if self.redemptions.is_empty() && self.random.chance(90) {
            return self.buy();
        }
        let unknown = (Hash([0xdd; 32]), MERCHANT, CONSUMER);
        let (redemption, merchant, consumer) = self.redemptions.get(at).copied().unwrap_or(unknown);
        let expiry = self.model.now + if self.random.chance(4) { 0 } else { 60_000 };
        let signed = self.random.chance(90);
        let request = RollbackRequest {
            redemption,
            reason: String::from("back"),
            merchant_key: public_key(merchant),
            consumer_key: public_key(consumer),
            expiry_ms: TimestampMs(expiry),
        };
        let parties = [merchant, consumer];
        let [first, second] = self.world.sign("rollback", &request, request.expiry_ms, parties);
        let second = if signed { second } else { Signature::ZERO };
        let found = self.world.call(STRANGER, 0, "rollback", &(request, first, second));
        let text = format!("rollback of {at}, signed: {signed}");
        (text, found.map(|_| ()), self.model.rollback(at, expiry, signed))
    }

    fn close(&mut self) -> Step {
        let (at, campaign) = self.campaign();
        let who = match self.merchants.get(at) {
            Some(owner) if self.random.chance(80) => *owner,
            _ => STRANGER,
        };
        let found = self.world.call(who, 0, "close_campaign", &campaign);
        (format!("{who} closes {at}"), found.map(|_| ()), self.model.close(who, at))
    }

    fn refund(&mut self) -> Step {
        let (who, count) = (self.merchant(), self.random.below(4));
        let found = self.world.call(who, 0, "refund_coins", &count);
        let text = format!("{who} gives {count} coins back");
        (text, found.map(|_| ()), self.model.refund(who, count))
    }

    fn party(&mut self) -> usize {
        usize::try_from(self.random.below(PARTIES as u64)).unwrap()
    }

    fn transfer(&mut self) -> Step {
        let (from, to) = (self.random.one_of(&[CONSUMER, MERCHANT, NETWORK]), self.party());
        let amount = u128::from(self.random.below(400));
        let found = self.world.call(from, 0, "own_transfer", &(address(to), Amount(amount)));
        let text = format!("{from} gives {amount} to {to}");
        (text, found.map(|_| ()), self.model.transfer(from, to, amount))
    }

    fn cash(&mut self) -> Step {
        let (who, amount) = (self.party(), u128::from(self.random.below(500)));
        let found = self.world.call(who, 0, "own_cash", &Amount(amount));
        (format!("{who} cashes {amount}"), found.map(|_| ()), self.model.cash(who, amount))
    }

    fn price(&mut self) -> Step {
        let who = self.random.one_of(&[OPERATOR, OPERATOR, MERCHANT]);
        let price = self.random.one_of(&[1_001, 999, 7, 0]);
        let settings =
            Settings { network: address(NETWORK), price: Amount(price), auditor_key: [9; 32] };
        let found = self.world.call(who, 0, "configure", &settings);
        let text = format!("{who} sets the price {price}");
        (text, found.map(|_| ()), self.model.set_price(who, price))
    }

    fn wait(&mut self) -> Step {
        let ms = self.random.one_of(&[1, 1_000, 5_000, 15_000]);
        self.world.env.advance_ms(ms);
        self.model.now += ms;
        (format!("{ms} ms pass"), Ok(()), Ok(()))
    }

    /// What differs between contract and reference now.
    fn difference(&mut self) -> Option<String> {
        let totals = self.world.totals();
        let coins = [totals.bought, totals.free, totals.reserved, totals.burned, totals.refunded];
        let found = (self.world.audit(), coins);
        let expected = self.model.books();
        if found != expected {
            return Some(format!("books {found:?}, expected {expected:?}"));
        }
        for party in 0..PARTIES {
            let own = self.world.own(party);
            let expected = self.model.own.get(&party).copied().unwrap_or_default();
            if own != expected {
                return Some(format!("{party} holds {own}, expected {expected}"));
            }
            let money = i128::try_from(self.world.money(party)).unwrap();
            let change = self.model.wallets.get(&party).copied().unwrap_or_default();
            let expected = i128::try_from(PURSE).unwrap() + change;
            if money != expected {
                return Some(format!("{party} has {money}, expected {expected}"));
            }
        }
        None
    }
}

fn terms(offer: &Offer) -> Terms {
    Terms {
        offer_code: String::from("654321"),
        gtins_root: Hash::ZERO,
        gtins_count: 0,
        face_value: Amount(offer.face),
        min_basket: Amount(offer.min_basket),
        min_quantity: 0,
        per_consumer_cap: offer.cap,
        total_cap: offer.total_cap,
        start_ms: TimestampMs(offer.start),
        end_ms: TimestampMs(offer.end),
        grace_ms: offer.grace,
        stackable: offer.stackable,
        shares: shares(offer.shares),
        distributor: Some(address(DISTRIBUTOR)),
        clip_fee: BasisPoints(offer.clip_fee_bp),
    }
}

fn request(ask: &Redeem, campaign: Hash, merchant: usize) -> RedeemRequest {
    RedeemRequest {
        campaign,
        serial: secret(ask.serial),
        merchant: address(merchant),
        merchant_key: public_key(merchant),
        consumer_key: public_key(ask.consumer),
        order: SealedOrder {
            content: vec![1; 16],
            consumer_key: [0; 80],
            merchant_key: [0; 80],
            auditor_key: [0; 80],
        },
        order_hash: crypto::hash::blake3(&ask.order.to_le_bytes()),
        discount: Amount(ask.discount),
        basket_total: Amount(ask.basket),
        product: Product::default(),
        signed_ms: TimestampMs(ask.expiry - 1),
        expiry_ms: TimestampMs(ask.expiry),
    }
}

/// Play a history; the first difference with what led to it.
fn play(seed: u64, bug: Option<Bug>) -> Result<usize, String> {
    let mut play = Play::new(seed, bug);
    let mut succeeded = 0;
    for number in 0..STEPS {
        let (step, found, expected) = play.step();
        let expected = expected.map_err(ToString::to_string);
        let place = format!("seed {seed}, step {number}: {step}");
        if found != expected {
            return Err(format!("{place}: {found:?}, expected {expected:?}"));
        }
        if let Some(difference) = play.difference() {
            return Err(format!("{place}: {difference}"));
        }
        succeeded += usize::from(found.is_ok());
    }
    Ok(succeeded)
}

#[test]
fn contract_and_reference_agree_at_every_step() {
    let histories = match std::env::var("SYNDIC_LANE").as_deref() {
        Ok("long") => LONG_HISTORIES,
        Ok("all") => HISTORIES,
        _ => FEW_HISTORIES,
    };
    let mut succeeded = 0;
    for seed in 0..histories {
        succeeded += play(seed, None).unwrap_or_else(|difference| panic!("{difference}"));
    }
    // A comparison of refusals alone would show nothing.
    let steps = usize::try_from(histories).unwrap() * STEPS;
    assert!(succeeded * 4 > steps, "{succeeded} of {steps} steps took effect");
}

#[test]
fn five_planted_bugs_are_found() {
    for bug in [
        Bug::DustToLast,
        Bug::CapByAccount,
        Bug::SerialStaysUsed,
        Bug::CloseFreesAll,
        Bug::RefundAtPriceOfToday,
    ] {
        let found = (0..BUGGY_HISTORIES).any(|seed| play(seed, Some(bug)).is_err());
        assert!(found, "{bug:?} was not found");
    }
}
