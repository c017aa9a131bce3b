//! The common negative set, for every call: each cell of the table is a refusal that is tried, or
//! the reason why there is nothing to try. None is left out. What does not depend on the call has
//! no column: a paused contract, and gas that ends halfway.

use super::world::{
    CONSUMER, MERCHANT, NEIGHBOUR, NETWORK, OPERATOR, PRICE, RIVAL, STRANGER, World, address,
    pseudonym, serial_hash, terms,
};
use coupon::{Coupon, Settings, rules};
use sdk::Contract;
use std::collections::BTreeSet;
use types::abi::{Abi, MAX_ABI_BYTES, MethodKind};
use types::{Amount, Gas, Hash, Signature};

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    WrongRole,
    BadSignature,
    ReplayedSignature,
    WrongChain,
    ZeroAmount,
    MaximumAmount,
    OtherValue,
    UnknownId,
    StateNotAllowed,
    OverLong,
    ConflictingTwin,
    /// Nothing wrong: the call takes effect.
    Nothing,
}

const KINDS: [Kind; 11] = [
    Kind::WrongRole,
    Kind::BadSignature,
    Kind::ReplayedSignature,
    Kind::WrongChain,
    Kind::ZeroAmount,
    Kind::MaximumAmount,
    Kind::OtherValue,
    Kind::UnknownId,
    Kind::StateNotAllowed,
    Kind::OverLong,
    Kind::ConflictingTwin,
];

/// Every call of the contract.
pub(crate) const CALLS: [&str; 14] = [
    "configure",
    "enrol",
    "set_agent",
    "buy_coins",
    "refund_coins",
    "create_campaign",
    "deposit_serials",
    "void_serials",
    "clip",
    "redeem",
    "rollback",
    "close_campaign",
    "own_transfer",
    "own_cash",
];

/// What comes of a cell.
enum Cell {
    /// Refused with this code.
    Refused(&'static str),
    /// Nothing to try: why.
    Nothing(&'static str),
}

use Cell::{Nothing, Refused};

const OUTER: &str = "only the transaction is signed: the chain checks that";
const ANYONE: &str = "anybody may call it";
const NO_AMOUNT: &str = "it takes no amount";
const NO_ID: &str = "it names nothing that exists before";
const NO_LIST: &str = "its arguments have one size";
const NO_STATE: &str = "it is allowed in every state";
const SAME: &str = "doing it twice is the same as once, or two of them";

/// The table: a row a call, a cell a kind.
fn expected(call: &str) -> [Cell; 11] {
    let outer = || [Nothing(OUTER), Nothing(OUTER), Nothing(OUTER)];
    let row = |role, [bad, replayed, chain]: [Cell; 3], rest: [Cell; 7]| {
        let [zero, most, value, id, state, long, twin] = rest;
        [role, bad, replayed, chain, zero, most, value, id, state, long, twin]
    };
    let amount = |value| [Refused("AMOUNT"), Refused("AMOUNT"), Refused(value)];
    let plain = || [Nothing(NO_AMOUNT), Nothing(NO_AMOUNT), Refused("NOT_PAYABLE")];
    let join = |[zero, most, value]: [Cell; 3], [id, state, long, twin]: [Cell; 4]| {
        [zero, most, value, id, state, long, twin]
    };
    let signed = || [Refused("SIG_CONSUMER"), Refused("SIG_MERCHANT"), Refused("SIG_MERCHANT")];
    match call {
        "configure" => {
            let unbounded = Nothing("any price above 0 is allowed");
            let first = [Refused("AMOUNT"), unbounded, Refused("NOT_PAYABLE")];
            let rest = [Nothing(NO_ID), Nothing(NO_STATE), Nothing(NO_LIST), Nothing(SAME)];
            row(Refused("ROLE"), outer(), join(first, rest))
        }
        "enrol" => {
            let rest = [Nothing(NO_ID), Refused("ENROLLED"), Nothing(NO_LIST), Refused("ENROLLED")];
            row(Refused("ROLE"), outer(), join(plain(), rest))
        }
        "set_agent" => {
            let rest = [Nothing(NO_ID), Nothing(NO_STATE), Nothing(NO_LIST), Nothing(SAME)];
            row(Refused("ROLE"), outer(), join(plain(), rest))
        }
        "buy_coins" => {
            let rest = [Nothing(NO_ID), Nothing(NO_STATE), Nothing(NO_LIST), Nothing(SAME)];
            row(Refused("ROLE"), outer(), join(amount("VALUE"), rest))
        }
        "refund_coins" => {
            let rest = [Nothing(NO_ID), Refused("NO_COINS"), Nothing(NO_LIST), Refused("NO_COINS")];
            row(Refused("ROLE"), outer(), join(amount("NOT_PAYABLE"), rest))
        }
        "create_campaign" => {
            let first = [Refused("LIMIT"), Refused("NO_COINS"), Refused("VALUE")];
            let rest = [Nothing(NO_ID), Refused("NO_COINS"), Refused("LIMIT"), Refused("NO_COINS")];
            row(Refused("ROLE"), outer(), join(first, rest))
        }
        "deposit_serials" => {
            let ids = Refused("UNKNOWN_CAMPAIGN");
            let rest = [ids, Refused("CLOSED"), Refused("LIMIT"), Refused("SERIAL_TAKEN")];
            row(Refused("OTHER_MERCHANT"), outer(), join(plain(), rest))
        }
        "void_serials" => {
            let ids = Refused("UNKNOWN_CAMPAIGN");
            let rest = [ids, Refused("SERIAL_USED"), Refused("LIMIT"), Refused("SERIAL_USED")];
            row(Refused("OTHER_MERCHANT"), outer(), join(plain(), rest))
        }
        "clip" => {
            let ids = Refused("UNKNOWN_CAMPAIGN");
            let rest = [ids, Refused("CLOSED"), Nothing(NO_LIST), Refused("SERIAL_USED")];
            row(Refused("NOT_ENROLLED"), outer(), join(plain(), rest))
        }
        "redeem" => {
            let first = [Refused("ABOVE_FACE"), Refused("ABOVE_FACE"), Refused("NOT_PAYABLE")];
            let ids = Refused("UNKNOWN_CAMPAIGN");
            let rest = [ids, Refused("ENDED"), Refused("LIMIT"), Refused("ALREADY_REDEEMED")];
            row(Nothing("both signatures say who may"), signed(), join(first, rest))
        }
        "rollback" => {
            let ids = Refused("UNKNOWN_REDEMPTION");
            let rest = [ids, Refused("GRACE_OVER"), Refused("LIMIT"), Refused("ROLLED_BACK")];
            row(Nothing("both signatures say who may"), signed(), join(plain(), rest))
        }
        "close_campaign" => {
            let ids = Refused("UNKNOWN_CAMPAIGN");
            let rest = [ids, Refused("CLOSED"), Nothing(NO_LIST), Refused("CLOSED")];
            row(Refused("OTHER_MERCHANT"), outer(), join(plain(), rest))
        }
        "own_transfer" | "own_cash" => {
            let first = [Refused("AMOUNT"), Refused("INSUFFICIENT"), Refused("NOT_PAYABLE")];
            let state = Refused("INSUFFICIENT");
            let rest = [Nothing(NO_ID), state, Nothing(NO_LIST), Refused("INSUFFICIENT")];
            row(Nothing(ANYONE), outer(), join(first, rest))
        }
        other => panic!("{other} has no row"),
    }
}

/// A contract in the middle of its life.
struct Scene {
    world: World,
    campaign: Hash,
    redemption: Hash,
}

fn scene() -> Scene {
    let mut world = World::new();
    let campaign = world.open(&terms(), 5, 3);
    for (who, serial) in [(CONSUMER, 1), (NEIGHBOUR, 2)] {
        world.call(who, 0, "clip", &(campaign, serial_hash(serial))).unwrap();
    }
    let request = world.request(campaign, 1, CONSUMER, 1);
    let redemption = world.redeem(MERCHANT, &request).unwrap();
    Scene { world, campaign, redemption }
}

type Answer = Result<Vec<u8>, String>;

impl Scene {
    fn settings(price: u128) -> Settings {
        Settings { network: address(NETWORK), price: Amount(price), auditor_key: [9; 32] }
    }

    /// Try a cell; a conflicting twin is called once before, successfully.
    fn attempt(&mut self, call: &str, kind: Kind) -> Answer {
        match call {
            "configure" => self.configure(kind),
            "enrol" => self.enrol(kind),
            "set_agent" => self.set_agent(kind),
            "buy_coins" => self.coins("buy_coins", kind),
            "refund_coins" => self.coins("refund_coins", kind),
            "create_campaign" => self.create(kind),
            "deposit_serials" => self.serials("deposit_serials", kind),
            "void_serials" => self.serials("void_serials", kind),
            "clip" => self.clip(kind),
            "redeem" => self.redeem(kind),
            "rollback" => self.rollback(kind),
            "close_campaign" => self.close(kind),
            "own_transfer" | "own_cash" => self.own(call, kind),
            other => panic!("{other} cannot be tried"),
        }
    }

    fn configure(&mut self, kind: Kind) -> Answer {
        let who = if kind == Kind::WrongRole { MERCHANT } else { OPERATOR };
        let price = if kind == Kind::ZeroAmount { 0 } else { 5 };
        let value = u128::from(kind == Kind::OtherValue);
        self.world.call(who, value, "configure", &Self::settings(price))
    }

    fn enrol(&mut self, kind: Kind) -> Answer {
        let who = if kind == Kind::WrongRole { MERCHANT } else { OPERATOR };
        let value = u128::from(kind == Kind::OtherValue);
        let account = match kind {
            Kind::StateNotAllowed => CONSUMER,
            _ => STRANGER,
        };
        if kind == Kind::ConflictingTwin {
            self.world.call(OPERATOR, 0, "enrol", &(address(STRANGER), pseudonym(40))).unwrap();
        }
        self.world.call(who, value, "enrol", &(address(account), pseudonym(41)))
    }

    fn set_agent(&mut self, kind: Kind) -> Answer {
        let who = if kind == Kind::WrongRole { CONSUMER } else { MERCHANT };
        let value = u128::from(kind == Kind::OtherValue);
        self.world.call(who, value, "set_agent", &(address(STRANGER), true))
    }

    fn coins(&mut self, call: &str, kind: Kind) -> Answer {
        let who = if kind == Kind::WrongRole { CONSUMER } else { MERCHANT };
        let count = match kind {
            Kind::ZeroAmount => 0,
            Kind::MaximumAmount => u64::MAX,
            Kind::StateNotAllowed => 3,
            _ => 2,
        };
        let required = if call == "buy_coins" { PRICE * 2 } else { 0 };
        let value = required + u128::from(kind == Kind::OtherValue);
        if kind == Kind::ConflictingTwin {
            self.world.call(MERCHANT, 0, "refund_coins", &2_u64).unwrap();
        }
        self.world.call(who, value, call, &count)
    }

    fn create(&mut self, kind: Kind) -> Answer {
        let who = if kind == Kind::WrongRole { CONSUMER } else { MERCHANT };
        let mut terms = terms();
        let mut reserve = 2;
        match kind {
            Kind::ZeroAmount => terms.face_value = Amount(0),
            Kind::MaximumAmount => reserve = u64::MAX,
            Kind::OverLong => terms.offer_code = "1".repeat(60_000),
            Kind::StateNotAllowed => {
                self.world.call(MERCHANT, 0, "refund_coins", &2_u64).unwrap();
            }
            Kind::ConflictingTwin => {
                let first = (terms.clone(), reserve);
                self.world.call(MERCHANT, 0, "create_campaign", &first).unwrap();
            }
            _ => {}
        }
        let value = u128::from(kind == Kind::OtherValue);
        self.world.call(who, value, "create_campaign", &(terms, reserve))
    }

    fn serials(&mut self, call: &str, kind: Kind) -> Answer {
        let who = if kind == Kind::WrongRole { RIVAL } else { MERCHANT };
        let campaign = if kind == Kind::UnknownId { Hash([1; 32]) } else { self.campaign };
        let fresh = if call == "deposit_serials" { serial_hash(50) } else { serial_hash(5) };
        let hashes = match kind {
            Kind::OverLong => vec![fresh; rules::MAX_DEPOSIT + 1],
            Kind::StateNotAllowed if call == "void_serials" => vec![serial_hash(1)],
            _ => vec![fresh],
        };
        match kind {
            Kind::StateNotAllowed if call == "deposit_serials" => {
                self.world.call(MERCHANT, 0, "close_campaign", &self.campaign).unwrap();
            }
            Kind::ConflictingTwin => {
                self.world.call(MERCHANT, 0, call, &(campaign, hashes.clone())).unwrap();
            }
            _ => {}
        }
        let value = u128::from(kind == Kind::OtherValue);
        self.world.call(who, value, call, &(campaign, hashes))
    }

    fn clip(&mut self, kind: Kind) -> Answer {
        // Two people may still take one each: the two that have none.
        let (first, second) = (super::world::RIVAL, super::world::MERCHANT_AT_HOME);
        let who = if kind == Kind::WrongRole { STRANGER } else { second };
        let campaign = if kind == Kind::UnknownId { Hash([1; 32]) } else { self.campaign };
        match kind {
            Kind::StateNotAllowed => {
                self.world.call(MERCHANT, 0, "close_campaign", &self.campaign).unwrap();
            }
            Kind::ConflictingTwin => {
                self.world.call(first, 0, "clip", &(campaign, serial_hash(3))).unwrap();
            }
            _ => {}
        }
        let value = u128::from(kind == Kind::OtherValue);
        self.world.call(who, value, "clip", &(campaign, serial_hash(3)))
    }

    fn redeem(&mut self, kind: Kind) -> Answer {
        let mut request = self.world.request(self.campaign, 2, NEIGHBOUR, 2);
        match kind {
            Kind::ZeroAmount => request.discount = Amount(0),
            Kind::MaximumAmount => request.discount = Amount(u128::MAX),
            Kind::UnknownId => request.campaign = Hash([1; 32]),
            Kind::OverLong => request.order.content = vec![0; coupon::MAX_ORDER_BYTES + 1],
            Kind::StateNotAllowed => {
                self.world.env.advance_ms(100_000);
                request = self.world.request(self.campaign, 2, NEIGHBOUR, 2);
            }
            _ => {}
        }
        let parties = [MERCHANT, NEIGHBOUR];
        let mut signatures = self.world.sign("redeem", &request, request.expiry_ms, parties);
        match kind {
            Kind::BadSignature => signatures[1] = Signature([1; 64]),
            Kind::ReplayedSignature => {
                let other = self.world.request(self.campaign, 2, NEIGHBOUR, 3);
                signatures = self.world.sign("redeem", &other, other.expiry_ms, parties);
            }
            Kind::WrongChain => {
                signatures = self.world.sign_elsewhere("redeem", &request, parties);
            }
            Kind::ConflictingTwin => {
                self.world.redeem_signed(STRANGER, &request, signatures).unwrap();
            }
            _ => {}
        }
        let [first, second] = signatures;
        let value = u128::from(kind == Kind::OtherValue);
        self.world.call(MERCHANT, value, "redeem", &(request, first, second))
    }

    fn rollback(&mut self, kind: Kind) -> Answer {
        if kind == Kind::StateNotAllowed {
            self.world.env.advance_ms(10_000);
        }
        let mut request = self.world.rollback_request(self.redemption, CONSUMER);
        match kind {
            Kind::UnknownId => request.redemption = Hash([1; 32]),
            Kind::OverLong => request.reason = "x".repeat(201),
            _ => {}
        }
        let parties = [MERCHANT, CONSUMER];
        let mut signatures = self.world.sign("rollback", &request, request.expiry_ms, parties);
        match kind {
            Kind::BadSignature => signatures[1] = Signature([1; 64]),
            Kind::ReplayedSignature => {
                let mut other = request.clone();
                other.redemption = Hash([2; 32]);
                signatures = self.world.sign("rollback", &other, other.expiry_ms, parties);
            }
            Kind::WrongChain => {
                signatures = self.world.sign_elsewhere("rollback", &request, parties);
            }
            Kind::ConflictingTwin => {
                let [first, second] = signatures;
                let twin = (request.clone(), first, second);
                self.world.call(STRANGER, 0, "rollback", &twin).unwrap();
            }
            _ => {}
        }
        let [first, second] = signatures;
        let value = u128::from(kind == Kind::OtherValue);
        self.world.call(MERCHANT, value, "rollback", &(request, first, second))
    }

    fn close(&mut self, kind: Kind) -> Answer {
        let who = if kind == Kind::WrongRole { RIVAL } else { MERCHANT };
        let campaign = if kind == Kind::UnknownId { Hash([1; 32]) } else { self.campaign };
        if matches!(kind, Kind::StateNotAllowed | Kind::ConflictingTwin) {
            self.world.call(MERCHANT, 0, "close_campaign", &campaign).unwrap();
        }
        let value = u128::from(kind == Kind::OtherValue);
        self.world.call(who, value, "close_campaign", &campaign)
    }

    fn own(&mut self, call: &str, kind: Kind) -> Answer {
        let who = if kind == Kind::StateNotAllowed { STRANGER } else { CONSUMER };
        let amount = Amount(match kind {
            Kind::ZeroAmount => 0,
            Kind::MaximumAmount => u128::MAX,
            _ => 334,
        });
        let value = u128::from(kind == Kind::OtherValue);
        let go = |world: &mut World, value: u128| match call {
            "own_cash" => world.call(who, value, call, &amount),
            _ => world.call(who, value, call, &(address(NEIGHBOUR), amount)),
        };
        if kind == Kind::ConflictingTwin {
            go(&mut self.world, 0).unwrap();
        }
        go(&mut self.world, value)
    }
}

#[test]
fn the_table_has_every_call_of_the_contract() {
    let abi = types::decode::<Abi>("interface", Coupon::ABI, MAX_ABI_BYTES).unwrap();
    let calls = abi.methods.iter().filter(|method| method.kind == MethodKind::Call);
    let names: BTreeSet<&str> = calls.map(|method| method.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(CALLS));
}

#[test]
fn a_paused_contract_refuses_every_call_and_answers_its_views() {
    for call in CALLS {
        let mut scene = scene();
        scene.world.pause();
        let before = scene.world.traces();
        let answer = scene.attempt(call, Kind::Nothing);
        assert_eq!(answer, Err("CONTRACT_PAUSED".to_string()), "{call}");
        assert!(scene.world.traces() == before, "{call} left a trace");
        assert_eq!(scene.world.totals().burned, 1);
    }
}

/// Natively nothing costs gas, and the call takes effect: what this shows it shows in the machine.
#[test]
fn gas_that_ends_halfway_leaves_nothing_of_any_call() {
    for call in CALLS {
        let mut whole = scene();
        whole.attempt(call, Kind::Nothing).unwrap_or_else(|code| panic!("{call}: {code}"));
        let Some(Gas(used)) = whole.world.env.last_gas() else { continue };
        // Late enough that something was written. Not a unit before the end: fuel is looked at when
        // a function, loop or host call begins.
        for gas in [used / 2, used - used / 8] {
            let mut scene = scene();
            let before = scene.world.traces();
            scene.world.gas = Some(Gas(gas));
            let answer = scene.attempt(call, Kind::Nothing);
            assert_eq!(answer, Err("OUT_OF_GAS".to_string()), "{call}, {gas} of {used}");
            scene.world.gas = None;
            assert!(scene.world.traces() == before, "{call}, {gas} of {used} left a trace");
            scene.world.audit();
        }
    }
}

#[test]
fn every_call_refuses_every_kind_of_wrong_and_changes_nothing() {
    for call in CALLS {
        for (kind, cell) in KINDS.into_iter().zip(expected(call)) {
            let mut scene = scene();
            let code = match cell {
                Refused(code) => code,
                Nothing(reason) => {
                    assert!(!reason.is_empty());
                    continue;
                }
            };
            let before = scene.world.traces();
            let answer = scene.attempt(call, kind);
            assert_eq!(answer, Err(code.to_string()), "{call}, {kind:?}");
            // What led to the refused call, a twin or a closing, took effect; the call adds
            // nothing.
            if !matches!(kind, Kind::ConflictingTwin | Kind::StateNotAllowed) {
                assert!(scene.world.traces() == before, "{call}, {kind:?} left a trace");
            }
            scene.world.audit();
        }
    }
}
