//! Decide which heights to ask whom, when others are ahead.
//!
//! One request at a time, to one peer after the other. What a peer says of its tip is a claim: it
//! counts until the peer fails to back it with blocks, and then not for a while that doubles with
//! each failure. So a liar delays us by one request now and then, and cannot hold us off voting.
//!
//! A node one height behind is about to decide it by votes, so it asks only once that has not
//! happened for a while ([`STALL_MS`]). Fetched blocks never pass through the engine.

use std::collections::BTreeMap;
use types::wire::{MAX_SYNC_BLOCKS, SyncRequest};
use types::{Height, PublicKey, Version};

#[cfg(test)]
mod tests;

/// A request without an answer for this long has failed. Unit: ms.
pub const REQUEST_TIMEOUT_MS: u64 = 10_000;
/// How long a node may lag by one height before it asks for that block. Unit: ms.
pub const STALL_MS: u64 = 2_000;
/// How long a peer is not asked after its first failure; doubles with each. Unit: ms.
pub const DISTRUST_MS: u64 = 1_000;
/// The longest that a peer is not asked. Unit: ms.
pub const MAX_DISTRUST_MS: u64 = 60_000;
/// Most peers remembered; more than any node connects to.
pub const MAX_PEERS: usize = 1_024;

/// How far catching up has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The tip it began at.
    pub from: Height,
    /// The tip now.
    pub tip: Height,
    /// The highest tip that peers claim.
    pub target: Height,
    /// How long it has taken. Unit: ms.
    pub elapsed_ms: u64,
}

impl Progress {
    /// Heights a second so far, rounded down.
    #[must_use]
    pub fn per_second(&self) -> u64 {
        let done = u128::from(self.tip.0.saturating_sub(self.from.0));
        let rate = done.saturating_mul(1_000).checked_div(u128::from(self.elapsed_ms));
        u64::try_from(rate.unwrap_or(0)).unwrap_or(u64::MAX)
    }

    /// How long the rest takes at the pace so far, in ms; `None` before the first block.
    #[must_use]
    pub fn remaining_ms(&self) -> Option<u64> {
        let done = u128::from(self.tip.0.saturating_sub(self.from.0));
        let left = u128::from(self.target.0.saturating_sub(self.tip.0));
        let remaining = u128::from(self.elapsed_ms).saturating_mul(left).checked_div(done)?;
        Some(u64::try_from(remaining).unwrap_or(u64::MAX))
    }
}

#[derive(Clone, Copy, Debug)]
struct PeerClaim {
    tip: Height,
    failures: u32,
    /// Its claim does not count before this.
    distrusted_until_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    peer: PublicKey,
    /// The first height that was asked for.
    from: Height,
    sent_ms: u64,
}

/// A run of catching up.
#[derive(Clone, Copy, Debug)]
struct Run {
    from: Height,
    started_ms: u64,
    target: Height,
}

/// Peers' claims, and the request under way.
#[derive(Clone, Debug, Default)]
pub struct SyncPlanner {
    peers: BTreeMap<PublicKey, PeerClaim>,
    request: Option<Request>,
    /// Whom the last request went to: the next goes to somebody else, if there is anybody.
    last_asked: Option<PublicKey>,
    tip: Height,
    /// Since when somebody is ahead of us at this tip.
    ahead_since_ms: Option<u64>,
    run: Option<Run>,
    finished: Option<Progress>,
    now_ms: u64,
}

impl SyncPlanner {
    /// Without peers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A peer says how high its chain is. `now_ms` is the monotonic clock, here and below.
    pub fn peer_tip(&mut self, peer: PublicKey, tip: Height, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
        let is_full = self.peers.len() >= MAX_PEERS;
        if let Some(claim) = self.peers.get_mut(&peer) {
            claim.tip = claim.tip.max(tip);
        } else if !is_full {
            let claim = PeerClaim { tip, failures: 0, distrusted_until_ms: 0 };
            self.peers.insert(peer, claim);
        }
    }

    /// A peer is gone; what it was asked, somebody else will be.
    pub fn peer_gone(&mut self, peer: &PublicKey) {
        self.peers.remove(peer);
        self.take_request_of(peer);
    }

    /// A peer did not answer, or its answer was no good: its claim does not count for a while.
    pub fn failed(&mut self, peer: &PublicKey, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
        self.take_request_of(peer);
        if let Some(claim) = self.peers.get_mut(peer) {
            if now_ms.saturating_sub(claim.distrusted_until_ms) > MAX_DISTRUST_MS {
                // It has behaved for long: a lost packet now and then is no lie.
                claim.failures = 0;
            }
            let doubled = DISTRUST_MS.checked_shl(claim.failures).unwrap_or(MAX_DISTRUST_MS);
            let wait = doubled.clamp(DISTRUST_MS, MAX_DISTRUST_MS);
            claim.failures = claim.failures.saturating_add(1).min(u64::BITS - 1);
            claim.distrusted_until_ms = now_ms.saturating_add(wait);
        }
    }

    /// The first height that a peer was asked for and has not answered yet.
    #[must_use]
    pub fn asked(&self, peer: &PublicKey) -> Option<Height> {
        self.request.filter(|request| request.peer == *peer).map(|request| request.from)
    }

    /// A block of this peer was verified and is durable: its earlier failures are forgotten. An
    /// answer alone proves nothing, else one could claim a chain for ever and answer with noise.
    pub fn proved(&mut self, peer: &PublicKey) {
        if let Some(claim) = self.peers.get_mut(peer) {
            claim.failures = 0;
        }
    }

    /// A peer answered with so many blocks. None from somebody who claimed to have them is a
    /// failure; an answer to no request of ours is nothing.
    pub fn answered(&mut self, peer: &PublicKey, blocks: usize, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
        if !self.take_request_of(peer) {
            return;
        }
        if blocks == 0 {
            self.failed(peer, now_ms);
        }
    }

    /// Whom to ask for what now, with our chain at `tip`; the caller sends it. Nothing while a
    /// request is under way.
    pub fn plan(&mut self, tip: Height, now_ms: u64) -> Option<(PublicKey, SyncRequest)> {
        self.now_ms = self.now_ms.max(now_ms);
        if let Some(request) = self.request {
            if now_ms.saturating_sub(request.sent_ms) < REQUEST_TIMEOUT_MS {
                self.note_tip(tip, now_ms);
                return None;
            }
            self.failed(&request.peer, now_ms);
        }
        self.note_tip(tip, now_ms);
        let (peer, claimed) = self.choose(tip, now_ms)?;
        let lag = u32::try_from(claimed.0.saturating_sub(tip.0)).unwrap_or(u32::MAX);
        self.request = Some(Request { peer, from: tip.next(), sent_ms: now_ms });
        self.last_asked = Some(peer);
        if self.run.is_none() {
            self.run = Some(Run { from: tip, started_ms: now_ms, target: claimed });
        }
        let count = lag.clamp(1, MAX_SYNC_BLOCKS);
        Some((peer, SyncRequest { version: Version, from: tip.next(), count }))
    }

    /// Whether somebody whose word counts is more than one height above `tip`: then voting waits.
    #[must_use]
    pub fn is_behind(&self, tip: Height) -> bool {
        self.target().is_some_and(|target| target > tip.next())
    }

    /// The highest tip claimed by somebody whose word counts.
    #[must_use]
    pub fn target(&self) -> Option<Height> {
        self.trusted().map(|(_, claim)| claim.tip).max()
    }

    /// How far catching up has come, while it lasts.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        self.run.map(|run| self.progress_of(run))
    }

    /// The run of catching up that ended since this was last asked, if one did.
    pub fn take_finished(&mut self) -> Option<Progress> {
        self.finished.take()
    }

    fn progress_of(&self, run: Run) -> Progress {
        Progress {
            from: run.from,
            tip: self.tip,
            target: run.target.max(self.tip),
            elapsed_ms: self.now_ms.saturating_sub(run.started_ms),
        }
    }

    fn trusted(&self) -> impl Iterator<Item = (&PublicKey, &PeerClaim)> {
        self.peers.iter().filter(|(_, claim)| claim.distrusted_until_ms <= self.now_ms)
    }

    /// Take note of our tip: since when others are ahead, and whether a run is over.
    fn note_tip(&mut self, tip: Height, now_ms: u64) {
        let target = self.target().unwrap_or(tip);
        if tip != self.tip || target <= tip {
            self.tip = tip;
            self.ahead_since_ms = None;
        }
        if target > tip && self.ahead_since_ms.is_none() {
            self.ahead_since_ms = Some(now_ms);
        }
        if let Some(run) = self.run.as_mut() {
            run.target = target;
        }
        if target <= tip
            && let Some(run) = self.run.take()
            && tip > run.from
        {
            self.finished = Some(self.progress_of(run));
        }
    }

    /// The next peer in turn that can help.
    fn choose(&self, tip: Height, now_ms: u64) -> Option<(PublicKey, Height)> {
        let since = self.ahead_since_ms?;
        let stalled = now_ms.saturating_sub(since) >= STALL_MS;
        let least = if stalled { tip } else { tip.next() };
        let helpful = || self.trusted().filter(|(_, claim)| claim.tip > least);
        let after = helpful().find(|(peer, _)| self.last_asked.is_none_or(|last| **peer > last));
        after.or_else(|| helpful().next()).map(|(peer, claim)| (*peer, claim.tip))
    }

    fn take_request_of(&mut self, peer: &PublicKey) -> bool {
        let asked = self.request.is_some_and(|request| request.peer == *peer);
        if asked {
            self.request = None;
        }
        asked
    }
}
