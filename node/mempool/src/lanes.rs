//! Lanes: nonces in order, which of them are ready, and whose turn it is.

use std::collections::btree_set;
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use types::{Address, Nonce};

/// A transaction's number in order of arrival; it names the transaction within the pool.
pub(crate) type Arrival = u64;

/// One place of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Who has it.
    pub(crate) arrival: Arrival,
    /// Whether the holder is governance.
    pub(crate) governance: bool,
    /// How often it was taken over.
    pub(crate) replaced: u8,
}

/// One lane of a sender.
#[derive(Debug)]
pub(crate) struct Lane {
    /// The state's next nonce, as last heard.
    next: Nonce,
    /// The first nonce from `next` on that is missing: everything below it is ready.
    ready_end: Nonce,
    places: BTreeMap<Nonce, Place>,
}

impl Lane {
    pub(crate) const fn new(next: Nonce) -> Self {
        Self { next, ready_end: next, places: BTreeMap::new() }
    }

    pub(crate) const fn next(&self) -> Nonce {
        self.next
    }

    pub(crate) const fn ready_end(&self) -> Nonce {
        self.ready_end
    }

    pub(crate) fn place(&self, nonce: Nonce) -> Option<Place> {
        self.places.get(&nonce).copied()
    }

    /// The place of this nonce, if it is ready.
    pub(crate) fn ready(&self, nonce: Nonce) -> Option<Place> {
        if nonce >= self.next && nonce < self.ready_end { self.place(nonce) } else { None }
    }

    fn head(&self) -> Option<Place> {
        self.ready(self.next)
    }

    pub(crate) fn insert(&mut self, nonce: Nonce, place: Place) {
        assert!(nonce >= self.next, "a used nonce was refused before");
        self.places.insert(nonce, place);
        self.extend();
    }

    pub(crate) fn remove(&mut self, nonce: Nonce) {
        self.places.remove(&nonce);
        if nonce >= self.next && nonce < self.ready_end {
            self.ready_end = nonce;
        }
    }

    /// The state's next nonce is `next`; returns whose nonces are used now.
    pub(crate) fn advance(&mut self, next: Nonce) -> Vec<Arrival> {
        if next <= self.next {
            return Vec::new();
        }
        let kept = self.places.split_off(&next);
        let used = std::mem::replace(&mut self.places, kept);
        self.next = next;
        // What was ready above it still is.
        self.ready_end = self.ready_end.max(next);
        self.extend();
        used.into_values().map(|place| place.arrival).collect()
    }

    fn extend(&mut self) {
        // At most as many steps as the sender has places, each made once.
        while self.places.contains_key(&self.ready_end) {
            match self.ready_end.checked_add(Nonce(1)) {
                Some(end) => self.ready_end = end,
                None => return,
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// One sender's lanes.
#[derive(Debug, Default)]
pub(crate) struct Sender {
    lanes: BTreeMap<u8, Lane>,
    /// The first ready place of each lane, by arrival.
    heads: BTreeSet<(Arrival, u8)>,
    txs: usize,
}

impl Sender {
    pub(crate) fn lane(&self, lane: u8) -> Option<&Lane> {
        self.lanes.get(&lane)
    }

    pub(crate) const fn txs(&self) -> usize {
        self.txs
    }

    pub(crate) fn cursor(&self) -> Cursor<'_> {
        Cursor { sender: self, heads: self.heads.iter().peekable(), followers: BTreeSet::new() }
    }
}

/// Every sender's lanes, and the order of turns.
#[derive(Debug)]
pub(crate) struct Lanes {
    senders: BTreeMap<Address, Sender>,
    /// Senders with something ready, by the arrival of their first.
    turns: BTreeSet<(Arrival, Address)>,
    /// Lanes whose first ready place is governance, by its arrival.
    governance: BTreeSet<(Arrival, Address, u8)>,
}

impl Lanes {
    pub(crate) const fn new() -> Self {
        Self { senders: BTreeMap::new(), turns: BTreeSet::new(), governance: BTreeSet::new() }
    }

    /// How many senders have something waiting.
    pub(crate) fn senders(&self) -> usize {
        self.senders.len()
    }

    pub(crate) fn sender(&self, sender: &Address) -> Option<&Sender> {
        self.senders.get(sender)
    }

    pub(crate) const fn turns(&self) -> &BTreeSet<(Arrival, Address)> {
        &self.turns
    }

    pub(crate) const fn governance(&self) -> &BTreeSet<(Arrival, Address, u8)> {
        &self.governance
    }

    /// How many lanes each sender has.
    #[cfg(test)]
    pub(crate) fn sizes(&self) -> BTreeMap<Address, usize> {
        self.senders.iter().map(|(sender, known)| (*sender, known.lanes.len())).collect()
    }

    /// Change one lane (made with `next` if there is none) and keep every order in step with it.
    pub(crate) fn change<R>(
        &mut self,
        sender: Address,
        lane_number: u8,
        next: Nonce,
        change: impl FnOnce(&mut Lane) -> R,
    ) -> R {
        let entry = self.senders.entry(sender).or_default();
        let first_before = entry.heads.first().map(|(arrival, _)| *arrival);
        let lane = entry.lanes.entry(lane_number).or_insert_with(|| Lane::new(next));
        let (head_before, count_before) = (lane.head(), lane.places.len());
        let result = change(lane);
        let (head_after, count_after) = (lane.head(), lane.places.len());
        if lane.is_empty() {
            entry.lanes.remove(&lane_number);
        }
        entry.txs = entry.txs.saturating_sub(count_before).saturating_add(count_after);
        if head_before != head_after {
            if let Some(head) = head_before {
                entry.heads.remove(&(head.arrival, lane_number));
                self.governance.remove(&(head.arrival, sender, lane_number));
            }
            if let Some(head) = head_after {
                entry.heads.insert((head.arrival, lane_number));
                if head.governance {
                    self.governance.insert((head.arrival, sender, lane_number));
                }
            }
        }
        let first_after = entry.heads.first().map(|(arrival, _)| *arrival);
        if entry.lanes.is_empty() {
            self.senders.remove(&sender);
        }
        if first_before != first_after {
            if let Some(arrival) = first_before {
                self.turns.remove(&(arrival, sender));
            }
            if let Some(arrival) = first_after {
                self.turns.insert((arrival, sender));
            }
        }
        result
    }
}

/// Goes through one sender's ready transactions: of its lanes' next ones, the one that came first.
pub(crate) struct Cursor<'a> {
    sender: &'a Sender,
    heads: Peekable<btree_set::Iter<'a, (Arrival, u8)>>,
    /// What follows in lanes of which the cursor has taken.
    followers: BTreeSet<(Arrival, u8)>,
}

impl Cursor<'_> {
    /// The next transaction and its lane.
    pub(crate) fn peek(&mut self) -> Option<(Arrival, u8)> {
        let head = self.heads.peek().map(|head| **head);
        let follower = self.followers.first().copied();
        match (head, follower) {
            (Some(head), Some(follower)) => Some(head.min(follower)),
            (head, follower) => head.or(follower),
        }
    }

    /// As [`Self::peek`], and go on behind it; its lane stays closed until [`Self::follow`].
    pub(crate) fn pop(&mut self) -> Option<(Arrival, u8)> {
        let next = self.peek()?;
        if !self.followers.remove(&next) {
            self.heads.next();
        }
        Some(next)
    }

    /// The nonce before this one is taken: its follower in the lane may be next.
    pub(crate) fn follow(&mut self, lane: u8, taken: Nonce) {
        let follower = taken
            .checked_add(Nonce(1))
            .and_then(|nonce| self.sender.lane(lane).and_then(|places| places.ready(nonce)));
        if let Some(place) = follower {
            self.followers.insert((place.arrival, lane));
        }
    }
}
