//! Keep connected: whom to dial when, and which connections stand.

use libp2p::swarm::ConnectionId;
use libp2p::{Multiaddr, PeerId};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The wait after a first failure.
const FIRST_DELAY: Duration = Duration::from_millis(500);
/// The longest wait; after it, dialing goes on for ever.
const LAST_DELAY: Duration = Duration::from_secs(10);
/// Doublings after which the longest wait is surely reached.
const MAX_DOUBLINGS: u32 = 5;

/// Dials every known peer that is not connected, again and again.
#[derive(Debug)]
pub(crate) struct Dialer {
    own: PeerId,
    known: BTreeMap<PeerId, Known>,
}

#[derive(Debug)]
struct Known {
    addresses: Vec<Multiaddr>,
    failures: u32,
    attempt: Attempt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attempt {
    /// To be made then.
    Due(Instant),
    /// Under way.
    UnderWay,
    /// Not needed: connected.
    Unneeded,
}

impl Dialer {
    /// Dial these at once. Our own address among them is left out.
    pub(crate) fn new(own: PeerId, peers: &BTreeMap<PeerId, Vec<Multiaddr>>, now: Instant) -> Self {
        let known = |(peer, addresses): (&PeerId, &Vec<Multiaddr>)| {
            let addresses = addresses.clone();
            (*peer, Known { addresses, failures: 0, attempt: Attempt::Due(now) })
        };
        let others =
            peers.iter().filter(|(peer, addresses)| **peer != own && !addresses.is_empty());
        Self { own, known: others.map(known).collect() }
    }

    /// Whom to dial now.
    pub(crate) fn due(&self, now: Instant) -> Vec<PeerId> {
        let is_due = |known: &Known| matches!(known.attempt, Attempt::Due(at) if at <= now);
        self.known.iter().filter(|(_, known)| is_due(known)).map(|(peer, _)| *peer).collect()
    }

    /// Where that peer is to be found.
    pub(crate) fn addresses(&self, peer: &PeerId) -> Vec<Multiaddr> {
        self.known.get(peer).map(|known| known.addresses.clone()).unwrap_or_default()
    }

    /// An attempt began.
    pub(crate) fn on_dialing(&mut self, peer: &PeerId) {
        if let Some(known) = self.known.get_mut(peer) {
            known.attempt = Attempt::UnderWay;
        }
    }

    /// An attempt failed, unless another connection was made meanwhile.
    pub(crate) fn on_failed(&mut self, peer: &PeerId, now: Instant) {
        let own = self.own;
        if let Some(known) = self.known.get_mut(peer)
            && known.attempt != Attempt::Unneeded
        {
            known.attempt = Attempt::Due(now + delay(&own, peer, known.failures));
            known.failures = known.failures.saturating_add(1);
        }
    }

    /// A connection stands, whoever dialed.
    pub(crate) fn on_connected(&mut self, peer: &PeerId) {
        if let Some(known) = self.known.get_mut(peer) {
            known.attempt = Attempt::Unneeded;
            known.failures = 0;
        }
    }

    /// The last connection is gone.
    pub(crate) fn on_disconnected(&mut self, peer: &PeerId, now: Instant) {
        let own = self.own;
        if let Some(known) = self.known.get_mut(peer) {
            known.attempt = Attempt::Due(now + delay(&own, peer, 0));
            known.failures = 1;
        }
    }
}

/// The wait after so many failures: half a second, doubling to 10 s, of which up to a quarter is
/// taken off so that two nodes do not go on dialing each other at the same moments. What is taken
/// off depends on who dials whom and how often: it need not be unpredictable, only uneven.
pub(crate) fn delay(own: &PeerId, peer: &PeerId, failures: u32) -> Duration {
    let doubled = FIRST_DELAY.saturating_mul(1 << failures.min(MAX_DOUBLINGS));
    let full = doubled.min(LAST_DELAY);
    let mut hasher = blake3::Hasher::new();
    hasher.update(&own.to_bytes()).update(&peer.to_bytes()).update(&failures.to_le_bytes());
    let fraction = u32::from(hasher.finalize().as_bytes()[0]);
    full - full * fraction / (4 * 256)
}

/// Who opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// The peer.
    Inbound,
    /// We.
    Outbound,
}

/// The connections that stand.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    standing: BTreeMap<PeerId, Vec<(ConnectionId, Direction)>>,
}

impl Connections {
    /// A connection was made; says which older one is dead.
    ///
    /// Each side dials only while it has no connection. So a second one in the same direction means
    /// that its dialer has lost the first; one in the other direction means that both dialed at
    /// once, and both stay.
    pub(crate) fn insert(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        direction: Direction,
    ) -> Option<ConnectionId> {
        let connections = self.standing.entry(peer).or_default();
        let dead = connections.iter().find(|(_, other)| *other == direction).map(|(id, _)| *id);
        connections.push((id, direction));
        dead
    }

    /// A connection is gone; whether it was the last one that stood to that peer.
    pub(crate) fn remove(&mut self, peer: &PeerId, id: ConnectionId) -> bool {
        let Some(connections) = self.standing.get_mut(peer) else { return false };
        connections.retain(|(other, _)| *other != id);
        let last = connections.is_empty();
        if last {
            self.standing.remove(peer);
        }
        last
    }

    /// Whether any stands to that peer.
    pub(crate) fn contains(&self, peer: &PeerId) -> bool {
        self.standing.contains_key(peer)
    }

    /// To whom any stands.
    pub(crate) fn peers(&self) -> impl Iterator<Item = &PeerId> {
        self.standing.keys()
    }

    /// Forget all.
    pub(crate) fn clear(&mut self) {
        self.standing.clear();
    }

    /// To how many peers one stands.
    pub(crate) fn len(&self) -> usize {
        self.standing.len()
    }
}
