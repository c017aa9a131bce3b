//! Know peers by their network key: convert identities, keep the list of who may connect.

use crate::event::RefusalReason;
use libp2p::PeerId;
use libp2p::identity;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use types::PublicKey;
use types::wire::Handshake;

/// Most keys on the list. Far above what a chain of 100 validators and their members names; a
/// state that names more is cut, and the cut is logged.
pub(crate) const MAX_ALLOWED_PEERS: usize = 4_096;

/// The libp2p identity of a network key, or `None` if the bytes are no ed25519 public key.
pub(crate) fn peer_id(key: &PublicKey) -> Option<PeerId> {
    let key = identity::ed25519::PublicKey::try_from_bytes(key.as_bytes()).ok()?;
    Some(identity::PublicKey::from(key).to_peer_id())
}

/// The network key of a libp2p identity, or `None` if it is not of an ed25519 key. Such an identity
/// holds the whole key, in an identity multihash (libp2p specification, `peer-ids.md`).
pub(crate) fn public_key(peer: &PeerId) -> Option<PublicKey> {
    const IDENTITY_MULTIHASH: u64 = 0;
    let multihash = peer.as_ref();
    if multihash.code() != IDENTITY_MULTIHASH {
        return None;
    }
    let key = identity::PublicKey::try_decode_protobuf(multihash.digest()).ok()?;
    Some(PublicKey(key.try_into_ed25519().ok()?.to_bytes()))
}

/// Who may connect, who may not for a while, and what the others said of themselves.
#[derive(Debug)]
pub(crate) struct Members {
    extra: BTreeSet<PeerId>,
    allowed: BTreeSet<PeerId>,
    banned: BTreeMap<PeerId, Instant>,
    handshakes: BTreeMap<PeerId, Handshake>,
}

/// How the list changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ListChange {
    /// New on it.
    pub(crate) added: Vec<PeerId>,
    /// No longer on it.
    pub(crate) removed: Vec<PeerId>,
}

impl Members {
    /// Only `extra`, until a state says more.
    pub(crate) fn new(extra: BTreeSet<PeerId>) -> Self {
        Self { allowed: extra.clone(), extra, banned: BTreeMap::new(), handshakes: BTreeMap::new() }
    }

    /// Replace the list; `extra` stays on top.
    pub(crate) fn replace(&mut self, keys: &BTreeSet<PublicKey>) -> ListChange {
        let mut next = self.extra.clone();
        for key in keys {
            let Some(peer) = peer_id(key) else {
                tracing::warn!(?key, "a key on the list is no ed25519 public key");
                continue;
            };
            if next.len() >= MAX_ALLOWED_PEERS {
                tracing::error!(limit = MAX_ALLOWED_PEERS, "the list is too long, and is cut");
                break;
            }
            next.insert(peer);
        }
        let change = ListChange {
            added: next.difference(&self.allowed).copied().collect(),
            removed: self.allowed.difference(&next).copied().collect(),
        };
        for peer in &change.removed {
            self.banned.remove(peer);
            self.handshakes.remove(peer);
        }
        self.allowed = next;
        change
    }

    /// Whether a peer may connect now.
    pub(crate) fn check(&self, peer: &PeerId, now: Instant) -> Result<(), RefusalReason> {
        if !self.allowed.contains(peer) {
            return Err(RefusalReason::NotAllowed);
        }
        match self.banned.get(peer) {
            Some(until) if *until > now => Err(RefusalReason::Banned),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether a peer is on the list, banned or not.
    pub(crate) fn is_listed(&self, peer: &PeerId) -> bool {
        self.allowed.contains(peer)
    }

    /// Everybody on the list.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &PeerId> {
        self.allowed.iter()
    }

    /// Refuse a peer until then.
    pub(crate) fn ban(&mut self, peer: PeerId, until: Instant) {
        if self.allowed.contains(&peer) {
            self.banned.insert(peer, until);
        }
    }

    /// Forget bans that are over, and say whose.
    pub(crate) fn expire_bans(&mut self, now: Instant) -> Vec<PeerId> {
        let over: Vec<PeerId> =
            self.banned.iter().filter(|(_, until)| **until <= now).map(|(peer, _)| *peer).collect();
        for peer in &over {
            self.banned.remove(peer);
        }
        over
    }

    /// Keep what a peer said of itself. Bounded by the list: only who is on it gets this far.
    pub(crate) fn remember(&mut self, peer: PeerId, handshake: Handshake) {
        if self.allowed.contains(&peer) {
            self.handshakes.insert(peer, handshake);
        }
    }

    /// What a peer said of itself last.
    pub(crate) fn handshake(&self, peer: &PeerId) -> Option<Handshake> {
        self.handshakes.get(peer).copied()
    }
}
