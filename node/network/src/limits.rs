//! Bound what one peer may send, and remember what it did wrong.

use crate::command::Offence;
use crate::config::{Limits, Rate};
use std::time::{Duration, Instant};
use types::wire::{MAX_BLOCK_BYTES, MAX_CONSENSUS_BYTES, MAX_EVIDENCE_BYTES, MAX_TX_BATCH_BYTES};

/// Points at which a peer is cut off.
pub(crate) const BAN_POINTS: u64 = 100;
/// How long a peer that was cut off stays refused.
pub(crate) const BAN_TIME: Duration = Duration::from_secs(60);
/// A bucket holds what arrives in this many seconds.
const BURST_SECONDS: u64 = 2;
/// Points fade by one in this many milliseconds.
const FADE_MS: u64 = 1_000;

impl Offence {
    /// Five grave offences within 20 s cut a peer off, four at once do not; a flood does after a
    /// hundred messages that were already dropped.
    const fn points(self) -> u64 {
        match self {
            Self::Malformed | Self::Oversized | Self::Invalid | Self::WrongAnswer => 24,
            Self::Flooding => 1,
        }
    }
}

/// What a peer sends, counted apart so that no kind starves another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Traffic {
    /// Gossip of the topic `vote`.
    Consensus,
    /// Gossip of the topic `tx`, and transactions sent straight to us.
    Transactions,
    /// Gossip of the topic `evidence`.
    Evidence,
    /// Blocks pushed.
    Push,
    /// Requests for a block.
    Block,
    /// Requests for status.
    Status,
    /// Requests for committed blocks.
    Sync,
}

/// One peer's allowance and record.
#[derive(Debug)]
pub(crate) struct Conduct {
    consensus: Allowance,
    transactions: Allowance,
    evidence: Allowance,
    push: Allowance,
    block: Allowance,
    status: Allowance,
    sync: Allowance,
    /// In thousandths, so that fading is exact.
    milli_points: u64,
    faded_at: Instant,
}

impl Conduct {
    /// Full allowance, clean record.
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            consensus: Allowance::new(limits.consensus, MAX_CONSENSUS_BYTES, now),
            transactions: Allowance::new(limits.transactions, MAX_TX_BATCH_BYTES, now),
            evidence: Allowance::new(limits.evidence, MAX_EVIDENCE_BYTES, now),
            push: Allowance::new(limits.pushes, MAX_BLOCK_BYTES, now),
            block: Allowance::new(limits.blocks, 0, now),
            status: Allowance::new(limits.statuses, 0, now),
            sync: Allowance::new(limits.syncs, 0, now),
            milli_points: 0,
            faded_at: now,
        }
    }

    /// Whether the peer may send one more message of that size; if so it counts.
    pub(crate) fn admit(&mut self, traffic: Traffic, bytes: usize, now: Instant) -> bool {
        let allowance = match traffic {
            Traffic::Consensus => &mut self.consensus,
            Traffic::Transactions => &mut self.transactions,
            Traffic::Evidence => &mut self.evidence,
            Traffic::Push => &mut self.push,
            Traffic::Block => &mut self.block,
            Traffic::Status => &mut self.status,
            Traffic::Sync => &mut self.sync,
        };
        allowance.take(bytes, now)
    }

    /// Write down an offence; whether the peer is to be cut off.
    pub(crate) fn offend(&mut self, offence: Offence, now: Instant) -> bool {
        let faded = elapsed_ms(self.faded_at, now).saturating_mul(1_000) / FADE_MS;
        self.faded_at = now;
        let points = offence.points().saturating_mul(1_000);
        self.milli_points = self.milli_points.saturating_sub(faded).saturating_add(points);
        self.milli_points >= BAN_POINTS * 1_000
    }

    /// Forget all offences: the peer has served its time.
    pub(crate) fn forgive(&mut self) {
        self.milli_points = 0;
    }
}

/// Messages and bytes, each with its own bucket.
#[derive(Debug)]
struct Allowance {
    messages: Bucket,
    bytes: Bucket,
}

impl Allowance {
    /// `largest`: the largest message of this kind, which always fits into a full bucket.
    fn new(rate: Rate, largest: usize, now: Instant) -> Self {
        let largest = u64::try_from(largest).unwrap_or(u64::MAX);
        Self {
            messages: Bucket::new(u64::from(rate.messages_per_s), 1, now),
            bytes: Bucket::new(u64::from(rate.bytes_per_s), largest, now),
        }
    }

    fn take(&mut self, bytes: usize, now: Instant) -> bool {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        // Both or neither: a message refused for its size must not use up the number of messages.
        let fits = self.messages.holds(1, now) && self.bytes.holds(bytes, now);
        if fits {
            self.messages.spend(1);
            self.bytes.spend(bytes);
        }
        fits
    }
}

/// A token bucket: it fills at a rate, and holds at most what arrives in [`BURST_SECONDS`].
#[derive(Debug)]
pub(crate) struct Bucket {
    per_second: u64,
    capacity_milli: u64,
    level_milli: u64,
    filled_at: Instant,
}

impl Bucket {
    /// A full bucket that holds at least `at_least` tokens.
    pub(crate) fn new(per_second: u64, at_least: u64, now: Instant) -> Self {
        let capacity = per_second.saturating_mul(BURST_SECONDS).max(at_least);
        let capacity_milli = capacity.saturating_mul(1_000);
        Self { per_second, capacity_milli, level_milli: capacity_milli, filled_at: now }
    }

    /// Take one token, if there is one.
    pub(crate) fn take_one(&mut self, now: Instant) -> bool {
        let holds = self.holds(1, now);
        if holds {
            self.spend(1);
        }
        holds
    }

    fn holds(&mut self, tokens: u64, now: Instant) -> bool {
        let passed_ms = elapsed_ms(self.filled_at, now);
        if passed_ms > 0 {
            let arrived_milli = self.per_second.saturating_mul(passed_ms);
            let level = self.level_milli.saturating_add(arrived_milli);
            self.level_milli = level.min(self.capacity_milli);
            // Whole milliseconds only: what is left of this one counts next time.
            self.filled_at += Duration::from_millis(passed_ms);
        }
        self.level_milli >= tokens.saturating_mul(1_000)
    }

    fn spend(&mut self, tokens: u64) {
        self.level_milli = self.level_milli.saturating_sub(tokens.saturating_mul(1_000));
    }
}

fn elapsed_ms(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_millis()).unwrap_or(u64::MAX)
}
