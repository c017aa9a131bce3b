//! The coupon story with its figures: a coin is bought, a coupon is used, its price is shared and
//! cashed, and everything that must not be is tried and refused.

mod every_call;

use super::report::Report;
use super::stage::{Stage, StageArguments};
use crate::commands::coupon::{
    Attempt, Basket, Done, Line, Order, Place, Reader, Readers, Session, hash_of, wallet,
};
use crate::commands::output::Output;
use crate::commands::tx::{Options, now_ms};
use crate::exit::{Failure, Outcome};
use crate::run::fresh;
use ::coupon::{Product, RedeemRequest, RewardShares, RollbackRequest, Terms, Totals, event};
use anyhow::{Context, anyhow};
use clap::Args;
use crypto::envelope::ReaderSecret;
use crypto::sign::SecretKey;
use sdk::Bucket;
use std::rc::Rc;
use types::{Address, Amount, BasisPoints, Call, Hash, Role, Signature, TimestampMs};

/// Price of a coin.
const PRICE: u128 = 1_001;
/// Coins bought.
const COINS: u64 = 10;
/// Gas of a call that is to be refused, and of the two that race: above what a redemption uses.
const REFUSED_GAS: u64 = 20_000_000;
/// How long a request is good. Unit: ms.
const REQUEST_MS: u64 = 10 * 60 * 1_000;
/// How long the campaign is open, before and after now. Unit: ms.
const OPEN_MS: u64 = 60 * 60 * 1_000;

/// Arguments of `syndic scenario coupon`.
#[derive(Args, Debug)]
pub(crate) struct CouponScenario {
    #[command(flatten)]
    stage: StageArguments,
}

/// Who plays.
struct People {
    /// Operator and identity issuer; gets the network's rewards.
    operator: SecretKey,
    merchant: SecretKey,
    consumer: SecretKey,
    neighbour: SecretKey,
    auditor: SecretKey,
}

fn account(key: &SecretKey) -> Address {
    crypto::id::account_address(&key.public())
}

/// The story as far as it is told.
struct Play {
    stage: Stage,
    people: Rc<People>,
    report: Report,
    contract: String,
    campaign: Hash,
    /// Secrets of the coupons.
    secrets: Vec<Vec<u8>>,
}

/// Run `syndic scenario coupon`.
pub(crate) fn execute(arguments: &CouponScenario, output: Output) -> Outcome {
    let mut stage = Stage::open(&arguments.stage)?;
    let people = People {
        operator: stage.account("alice")?,
        merchant: stage.account("bob")?,
        consumer: stage.account("carol")?,
        neighbour: stage.account("dave")?,
        auditor: SecretKey::from_seed(fresh()),
    };
    let contract = set_up(&mut stage, &people, &arguments.stage.code()?)?;
    let (report, campaign, secrets) = (Report::default(), Hash::ZERO, Vec::new());
    let people = Rc::new(people);
    let mut play = Play { stage, people, report, contract, campaign, secrets };
    play.buy_coins()?;
    play.open_campaign()?;
    play.hand_out_coupons()?;
    let (done, request) = play.redeem()?;
    play.be_refused(&request)?;
    play.read_order(&done)?;
    play.cash()?;
    let raced = play.race()?;
    play.roll_back(&raced, &done)?;
    play.be_paused(raced.redemption)?;
    play.try_every_call()?;
    eprintln!();
    play.report.finish(output)
}

/// Roles, code, contract and names: the contract's address.
fn set_up(stage: &mut Stage, people: &People, code: &[u8]) -> Outcome<String> {
    let operator = &people.operator;
    for (key, role) in [(&people.operator, Role::Issuer), (&people.merchant, Role::Merchant)] {
        let grant = Call::GrantRole { account: account(key), role, expires_ms: None };
        stage.send(operator, grant)?;
    }
    stage.send(operator, Call::Deploy { code: code.to_vec() })?;
    let auditor_key = ReaderSecret::of_account(&people.auditor).public().0;
    // Each telling is a contract of its own.
    let salt = fresh().to_vec();
    let contract = crypto::id::contract_address(&account(operator), &salt);
    let instantiate = Call::Instantiate {
        code_hash: crypto::hash::blake3(code),
        salt,
        admin: Some(account(operator)),
        input: borsh::to_vec(&(account(operator), Amount(PRICE), auditor_key))?,
        value: Amount(0),
    };
    stage.send(operator, instantiate)?;
    let contract = stage.contract_text(&contract)?;
    let session = stage.next_session(&contract)?;
    let persons = [&people.merchant, &people.consumer, &people.neighbour];
    for (number, person) in (1_u8..).zip(persons) {
        let enrol = (account(person), Hash([number; 32]));
        session.call(operator, "enrol", &enrol, Amount(0))?;
    }
    Ok(contract)
}

/// 500 off 2,000 or more, one coupon a person, the coin in thirds.
fn terms() -> Terms {
    let now = now_ms();
    let part = BasisPoints;
    Terms {
        offer_code: "654321".to_owned(),
        gtins_root: Hash::ZERO,
        gtins_count: 0,
        face_value: Amount(500),
        min_basket: Amount(2_000),
        min_quantity: 0,
        per_consumer_cap: 1,
        total_cap: 1_000,
        // Blocks may be a little behind this machine's clock.
        start_ms: TimestampMs(now.saturating_sub(OPEN_MS)),
        end_ms: TimestampMs(now.saturating_add(OPEN_MS)),
        grace_ms: OPEN_MS,
        stackable: false,
        shares: RewardShares {
            consumer: part(3_333),
            merchant: part(3_333),
            network: part(3_334),
            distributor: part(0),
        },
        distributor: None,
        clip_fee: part(0),
    }
}

/// The last word in capitals of a failure: the code that the chain gave.
fn reason(failure: &Failure) -> String {
    let text = failure.error.to_string();
    let is_code = |word: &&str| {
        word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let mut words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.rfind(is_code).map_or(text.clone(), ToOwned::to_owned)
}

/// Give two transactions to two nodes at once: those that were taken, and why others were not.
fn give_both(
    (one, first): (&Session, &[u8]),
    (other, second): (&Session, &[u8]),
) -> (Vec<Done>, Vec<String>) {
    let (first, second) = std::thread::scope(|threads| {
        let racing = threads.spawn(|| one.give(first));
        let second = other.give(second);
        let first = racing.join().unwrap_or_else(|_| Err(anyhow!("a thread died").into()));
        (first, second)
    });
    let (mut taken, mut codes) = (Vec::new(), Vec::new());
    for result in [first, second] {
        match result {
            Ok(done) => taken.push(done),
            Err(failure) => codes.push(reason(&failure)),
        }
    }
    (taken, codes)
}

impl Play {
    /// The contract at the node whose turn it is.
    fn turn(&mut self, story: &str) -> Outcome<Session> {
        let node = self.stage.turn()?;
        self.report.begin(node, story);
        self.stage.session_from(node, &self.contract)
    }

    /// What the books say on every node once this is final there: what is expected, and they add up
    /// to the balance.
    fn books(&mut self, done: &Done, expected: [u128; 3]) -> Outcome {
        for node in self.stage.settle(done.height)? {
            let session = self.stage.session(node, &self.contract)?;
            let books: Vec<Bucket> = session.ask("audit", &())?;
            let names = [event::COIN_ESCROW, event::CLIP_ESCROW, event::REWARD_FUND];
            for (bucket, (name, expected)) in books.iter().zip(names.into_iter().zip(expected)) {
                assert!(bucket.name == name, "the contract's buckets are in a fixed order");
                self.report.figure(&format!("{name} on node {node}"), expected, bucket.amount)?;
            }
            let balance = session.balance()?;
            let sum = expected.iter().sum::<u128>();
            self.report.figure(&format!("balance on node {node}"), sum, balance)?;
        }
        Ok(())
    }

    /// Send a call that the chain must refuse with this code.
    fn refused(
        &mut self,
        session: &Session,
        what: &str,
        code: &str,
        attempt: &Attempt<'_>,
    ) -> Outcome {
        // With a gas limit nothing is tried before: it is the block that refuses.
        let options = Options { gas_limit: Some(REFUSED_GAS), ..Options::default() };
        let bytes = session.sign_attempt(&options, attempt)?;
        let found = match session.give(&bytes) {
            Ok(_) => "it was taken".to_owned(),
            Err(failure) => reason(&failure),
        };
        self.report.figure(what, code, found)
    }

    fn buy_coins(&mut self) -> Outcome {
        let session = self.turn("The merchant buys ten coins at 1,001 each.")?;
        let sum = Amount(PRICE * u128::from(COINS));
        let done = session.call(&self.people.merchant, "buy_coins", &COINS, sum)?;
        self.books(&done, [10_010, 0, 0])
    }

    fn open_campaign(&mut self) -> Outcome {
        let story = "It opens a campaign: 500 off 2,000 or more, one coupon each, all ten coins.";
        let session = self.turn(story)?;
        let call = (terms(), COINS);
        let done = session.call(&self.people.merchant, "create_campaign", &call, Amount(0))?;
        let opened: event::CampaignOpened = done.event()?;
        self.campaign = opened.campaign;
        self.books(&done, [10_010, 0, 0])
    }

    fn hand_out_coupons(&mut self) -> Outcome {
        let session = self.turn("It draws coupons and deposits their hashes.")?;
        self.secrets = (0..4).map(|_| fresh()[..16].to_vec()).collect();
        let hashes: Vec<Hash> = self.secrets.iter().map(|secret| hash_of(secret)).collect();
        let call = (self.campaign, hashes.clone());
        let done = session.call(&self.people.merchant, "deposit_serials", &call, Amount(0))?;
        self.books(&done, [10_010, 0, 0])?;
        let session = self.turn("The consumer takes one; a second one is refused.")?;
        let (first, second) = ((self.campaign, hashes[0]), (self.campaign, hashes[1]));
        let people = Rc::clone(&self.people);
        session.call(&people.consumer, "clip", &first, Amount(0))?;
        let again = Attempt::new(&people.consumer, "clip", &second)?;
        self.refused(&session, "a second coupon", "CAP", &again)?;
        let session = self.turn("A neighbour takes another.")?;
        let done = session.call(&self.people.neighbour, "clip", &second, Amount(0))?;
        self.books(&done, [10_010, 0, 0])
    }

    /// A request for a coupon with a basket of `total`.
    fn request(
        &self,
        session: &Session,
        consumer: &SecretKey,
        coupon: usize,
        total: u64,
    ) -> Outcome<RedeemRequest> {
        let readers = Readers {
            consumer: ReaderSecret::of_account(consumer).public(),
            merchant: ReaderSecret::of_account(&self.people.merchant).public(),
            auditor: ReaderSecret::of_account(&self.people.auditor).public(),
        };
        let gtin = "9501101530003".to_owned();
        let basket = Basket { lines: vec![Line { gtin, quantity: 1, price: total }] };
        let order = Order::new("receipt 1", basket, &fresh());
        let (order_hash, sealed) = order.seal(&self.place(session), &readers, &fresh())?;
        let now = now_ms();
        Ok(RedeemRequest {
            campaign: self.campaign,
            serial: self.secrets[coupon].clone(),
            merchant: account(&self.people.merchant),
            merchant_key: self.people.merchant.public(),
            consumer_key: consumer.public(),
            order: sealed,
            order_hash,
            discount: Amount(500),
            basket_total: Amount(total.into()),
            product: Product { quantity: 1, ..Product::default() },
            signed_ms: TimestampMs(now),
            expiry_ms: TimestampMs(now.saturating_add(REQUEST_MS)),
        })
    }

    fn place(&self, session: &Session) -> Place {
        let (chain_id, contract) = (session.facts().chain_id, session.contract());
        Place { chain_id, contract, campaign: self.campaign }
    }

    /// The request with the signatures of merchant and consumer.
    fn signed(
        &self,
        session: &Session,
        request: &RedeemRequest,
        consumer: &SecretKey,
    ) -> (RedeemRequest, Signature, Signature) {
        let place = self.place(session);
        let body = types::encode(request);
        let hash = crypto::id::message_hash(
            &place.chain_id,
            &place.contract,
            "redeem",
            &body,
            request.expiry_ms,
        );
        let sign = |key: &SecretKey| key.sign(hash.as_bytes());
        (request.clone(), sign(&self.people.merchant), sign(consumer))
    }

    fn redeem(&mut self) -> Outcome<(Done, RedeemRequest)> {
        let story = "The consumer buys for 2,300; both sign, the coupon is used.";
        let session = self.turn(story)?;
        let request = self.request(&session, &self.people.consumer, 0, 2_300)?;
        let call = self.signed(&session, &request, &self.people.consumer);
        let done = session.call(&self.people.merchant, "redeem", &call, Amount(0))?;
        let redeemed: event::Redeemed = done.event()?;
        for (who, expected, reward) in
            [("the consumer", 334, 0), ("the merchant", 333, 1), ("the network", 334, 2)]
        {
            let found = redeemed.rewards.get(reward).map_or(0, |reward| reward.amount.0);
            self.report.figure(&format!("reward of {who}"), expected, found)?;
        }
        let totals: Totals = session.ask("totals", &())?;
        self.report.figure("coins reserved", 9, totals.reserved)?;
        self.report.figure("ownership coin there is", 1_001, totals.own_supply)?;
        self.books(&done, [9_009, 0, 1_001])?;
        Ok((done, request))
    }

    fn be_refused(&mut self, used: &RedeemRequest) -> Outcome {
        let session = self.turn("What must not be is refused, by name, in a block.")?;
        let people = Rc::clone(&self.people);
        let People { merchant, consumer, neighbour, .. } = &*people;
        let again = self.signed(&session, used, consumer);
        let other = self.request(&session, consumer, 0, 2_300)?;
        let other = self.signed(&session, &other, consumer);
        let fresh_order = self.request(&session, neighbour, 1, 2_300)?;
        let good = self.signed(&session, &fresh_order, neighbour);
        let unsigned = (good.0.clone(), good.1, Signature::ZERO);
        let mut flipped = good.clone();
        flipped.0.order.content[40] ^= 1;
        let small = self.request(&session, neighbour, 1, 1_999)?;
        let small = self.signed(&session, &small, neighbour);
        let to_itself = self.request(&session, merchant, 1, 2_300)?;
        let to_itself = self.signed(&session, &to_itself, merchant);
        let table = [
            ("the same request again", "ALREADY_REDEEMED", again),
            ("the same coupon with a new order", "SERIAL_USED", other),
            ("the consumer's signature missing", "SIG_CONSUMER", unsigned),
            ("one byte of the order changed", "SIG_MERCHANT", flipped),
            ("a basket of 1,999", "BELOW_MIN", small),
            ("a sale to oneself", "SELF_REDEEM", to_itself),
        ];
        for (what, code, call) in &table {
            let attempt = Attempt::new(merchant, "redeem", call)?;
            self.refused(&session, what, code, &attempt)?;
        }
        Ok(())
    }

    fn read_order(&mut self, done: &Done) -> Outcome {
        let session = self.turn("The three readers open the order; a stranger cannot.")?;
        let people = Rc::clone(&self.people);
        let readers = [
            ("the consumer", Reader::Consumer, &people.consumer),
            ("the merchant", Reader::Merchant, &people.merchant),
            ("the auditor", Reader::Auditor, &people.auditor),
        ];
        let mut found = Vec::new();
        for (who, reader, key) in readers {
            let secret = ReaderSecret::of_account(key);
            let order = wallet::read(&session, done.hash, reader, &secret)?;
            found.push((format!("the basket as {who} reads it"), order.basket.total()));
        }
        let stranger = ReaderSecret::of_account(&SecretKey::from_seed(fresh()));
        let opened = [Reader::Consumer, Reader::Merchant, Reader::Auditor]
            .into_iter()
            .filter(|reader| wallet::read(&session, done.hash, *reader, &stranger).is_ok())
            .count();
        for (what, total) in found {
            self.report.figure(&what, 2_300, total)?;
        }
        self.report.figure("copies that a stranger opens", 0, opened)
    }

    fn cash(&mut self) -> Outcome {
        let session = self.turn("The consumer turns 334 of ownership coin into money.")?;
        let done = session.call(&self.people.consumer, "own_cash", &Amount(334), Amount(0))?;
        self.books(&done, [9_009, 0, 667])
    }

    /// The neighbour's request, sent by two people through two nodes at once.
    fn race(&mut self) -> Outcome<event::Redeemed> {
        let one = self.turn("One request is sent through two nodes at once: one is taken.")?;
        let other_node = self.stage.turn()?;
        let other = self.stage.session_from(other_node, &self.contract)?;
        let people = Rc::clone(&self.people);
        let (merchant, neighbour) = (&people.merchant, &people.neighbour);
        let request = self.request(&one, neighbour, 1, 2_300)?;
        let call = self.signed(&one, &request, neighbour);
        let options = Options { gas_limit: Some(REFUSED_GAS), ..Options::default() };
        let first = one.sign_attempt(&options, &Attempt::new(merchant, "redeem", &call)?)?;
        let second = other.sign_attempt(&options, &Attempt::new(neighbour, "redeem", &call)?)?;
        let (mut taken, codes) = give_both((&one, &first), (&other, &second));
        self.report.figure("requests taken", 1, taken.len())?;
        self.report.figure("the other", "ALREADY_REDEEMED", codes.join(", "))?;
        let done = taken.pop().context("one was taken")?;
        self.books(&done, [8_008, 0, 1_668])?;
        Ok(done.event()?)
    }

    fn roll_back(&mut self, raced: &event::Redeemed, first: &Done) -> Outcome {
        let session =
            self.turn("The goods of that sale come back: both sign, all is as before.")?;
        let people = Rc::clone(&self.people);
        let call = self.rollback(&session, raced.redemption, &people.neighbour);
        let done = session.call(&people.merchant, "rollback", &call, Amount(0))?;
        self.books(&done, [9_009, 0, 667])?;
        let story = "The first sale cannot be rolled back: the consumer has spent the reward.";
        let session = self.turn(story)?;
        let redeemed: event::Redeemed = first.event()?;
        let call = self.rollback(&session, redeemed.redemption, &people.consumer);
        let attempt = Attempt::new(&people.merchant, "rollback", &call)?;
        self.refused(&session, "a rollback after the cash", "REWARD_SPENT", &attempt)
    }

    fn rollback(
        &self,
        session: &Session,
        redemption: Hash,
        consumer: &SecretKey,
    ) -> (RollbackRequest, Signature, Signature) {
        let request = RollbackRequest {
            redemption,
            reason: "the goods came back".to_owned(),
            merchant_key: self.people.merchant.public(),
            consumer_key: consumer.public(),
            expiry_ms: TimestampMs(now_ms().saturating_add(REQUEST_MS)),
        };
        let (facts, body) = (session.facts(), types::encode(&request));
        let hash = crypto::id::message_hash(
            &facts.chain_id,
            &session.contract(),
            "rollback",
            &body,
            request.expiry_ms,
        );
        let sign = |key: &SecretKey| key.sign(hash.as_bytes());
        let (merchant, consumer) = (sign(&self.people.merchant), sign(consumer));
        (request, merchant, consumer)
    }
}
