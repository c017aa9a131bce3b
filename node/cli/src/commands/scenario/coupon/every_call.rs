//! For every call of the contract: it is refused while the contract is paused, it leaves nothing if
//! its gas runs out half-way, and of two conflicting ones sent to two nodes at once one is taken.

use super::{People, Play, account, hash_of, reason, terms};
use crate::commands::coupon::{Attempt, Session};
use crate::commands::tx::Options;
use crate::exit::Outcome;
use crate::run::fresh;
use ::coupon::{Settings, event};
use anyhow::{Context, anyhow};
use std::rc::Rc;
use types::{Amount, Call, Hash};

/// Every call, in an order in which each is allowed after the one before.
const CALLS: [&str; 14] = [
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
    "own_transfer",
    "own_cash",
    "close_campaign",
];

impl Play {
    /// Every call as it would be taken now.
    fn allowed<'k>(
        &self,
        session: &Session,
        people: &'k People,
        call: &'static str,
        redemption: Hash,
    ) -> Outcome<Attempt<'k>> {
        let People { operator, merchant, neighbour, .. } = people;
        let (campaign, coupon) = (self.campaign, |at: usize| hash_of(&self.secrets[at]));
        match call {
            "configure" => {
                let settings: Option<Settings> = session.ask("settings", &())?;
                Attempt::new(operator, call, &settings.context("init has set them")?)
            }
            "enrol" => Attempt::new(operator, call, &(account(operator), Hash([9; 32]))),
            "set_agent" => Attempt::new(merchant, call, &(account(operator), true)),
            "buy_coins" => {
                let value = Amount(super::PRICE * 2);
                Ok(Attempt { value, ..Attempt::new(merchant, call, &2_u64)? })
            }
            "refund_coins" => Attempt::new(merchant, call, &1_u64),
            "create_campaign" => Attempt::new(merchant, call, &(terms(), 0_u64)),
            "deposit_serials" => Attempt::new(merchant, call, &(campaign, vec![Hash(fresh())])),
            "void_serials" => Attempt::new(merchant, call, &(campaign, vec![coupon(3)])),
            "clip" => Attempt::new(merchant, call, &(campaign, coupon(2))),
            "redeem" => {
                let request = self.request(session, neighbour, 1, 2_300)?;
                Attempt::new(merchant, call, &self.signed(session, &request, neighbour))
            }
            "rollback" => {
                Attempt::new(merchant, call, &self.rollback(session, redemption, neighbour))
            }
            "own_transfer" => Attempt::new(merchant, call, &(account(neighbour), Amount(100))),
            "own_cash" => Attempt::new(merchant, call, &Amount(100)),
            "close_campaign" => Attempt::new(merchant, call, &campaign),
            other => Err(anyhow!("{other} is not a call of the contract").into()),
        }
    }

    /// While the contract is paused no call is taken, whatever it says.
    pub(super) fn be_paused(&mut self, redemption: Hash) -> Outcome {
        let people = Rc::clone(&self.people);
        let session = self.turn("The contract is paused: every call is refused.")?;
        let contract = session.contract();
        self.stage.send(&people.operator, Call::PauseContract { contract, paused: true })?;
        for call in CALLS {
            let attempt = self.allowed(&session, &people, call, redemption)?;
            self.refused(&session, &format!("{call} while paused"), "CONTRACT_PAUSED", &attempt)?;
        }
        self.stage.send(&people.operator, Call::PauseContract { contract, paused: false })
    }

    /// Each call once with too little gas, and once as a pair of which one is taken.
    pub(super) fn try_every_call(&mut self) -> Outcome {
        let people = Rc::clone(&self.people);
        let mut redemption = Hash::ZERO;
        for call in CALLS {
            let story = format!("{call}: out of gas half-way, then twice at once.");
            let one = self.turn(&story)?;
            let node = self.stage.turn()?;
            let other = self.stage.session_from(node, &self.contract)?;
            let attempt = self.allowed(&one, &people, call, redemption)?;
            self.run_dry(&one, &attempt)?;
            let done = self.race_for(&one, &other, &attempt)?;
            if call == "redeem" {
                redemption = done.event::<event::Redeemed>()?.redemption;
            }
            self.books_add_up(&done)?;
        }
        Ok(())
    }

    /// Half of the gas that it would use: nothing is left of it.
    fn run_dry(&mut self, session: &Session, attempt: &Attempt<'_>) -> Outcome {
        let before: Vec<sdk::Bucket> = session.ask("audit", &())?;
        let gas_limit = Some(session.half_gas(attempt)?);
        let bytes = session.sign_attempt(&Options { gas_limit, ..Options::default() }, attempt)?;
        let found = match session.give(&bytes) {
            Ok(_) => "it was taken".to_owned(),
            Err(failure) => reason(&failure),
        };
        let what = format!("{} with half of its gas", attempt.method);
        self.report.figure(&what, "OUT_OF_GAS", found)?;
        let after: Vec<sdk::Bucket> = session.ask("audit", &())?;
        let text = |books: &[sdk::Bucket]| format!("{books:?}");
        self.report.figure("the books after that", text(&before), text(&after))
    }

    /// Two transactions of one sender for one place, to two nodes at once.
    fn race_for(
        &mut self,
        one: &Session,
        other: &Session,
        attempt: &Attempt<'_>,
    ) -> Outcome<crate::commands::coupon::Done> {
        let nonce = Some(one.next_nonce(attempt.key)?);
        let twin = |name: &str| Options {
            nonce,
            gas_limit: Some(super::REFUSED_GAS),
            reference: name.to_owned(),
            ..Options::default()
        };
        let first = one.sign_attempt(&twin("one"), attempt)?;
        let second = other.sign_attempt(&twin("other"), attempt)?;
        let (mut taken, _) = super::give_both((one, &first), (other, &second));
        let what = format!("{} taken of two", attempt.method);
        self.report.figure(&what, 1, taken.len())?;
        Ok(taken.pop().context("one was taken")?)
    }

    /// On every node the buckets add up to the balance.
    fn books_add_up(&mut self, done: &crate::commands::coupon::Done) -> Outcome {
        for node in self.stage.settle(done.height)? {
            let session = self.stage.session(node, &self.contract)?;
            let books: Vec<sdk::Bucket> = session.ask("audit", &())?;
            let sum: u128 = books.iter().map(|bucket| bucket.amount.0).sum();
            let what = format!("sum of the buckets on node {node}");
            self.report.figure(&what, session.balance()?, sum)?;
        }
        Ok(())
    }
}
