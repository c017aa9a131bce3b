//! Make, refuse and lose connections.

use super::{Task, hex};
use crate::event::{Event, RefusalReason};
use crate::handshake::{AdmissionError, find_admission_error};
use crate::membership::public_key;
use crate::peers::Direction;
use crate::queue::SMALL;
use libp2p::core::ConnectedPoint;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ConnectionError, ConnectionId, DialError, ListenError};
use libp2p::{PeerId, allow_block_list, ping};
use std::time::Instant;

impl Task {
    pub(super) fn on_established(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        endpoint: &ConnectedPoint,
    ) {
        let first = !self.connections.contains(&peer);
        let direction = match endpoint {
            ConnectedPoint::Dialer { .. } => Direction::Outbound,
            ConnectedPoint::Listener { .. } => Direction::Inbound,
        };
        if let Some(dead) = self.connections.insert(peer, id, direction) {
            self.swarm.close_connection(dead);
        }
        self.dialer.on_connected(&peer);
        self.count_connected();
        if !first {
            return;
        }
        let handshake = self.setup.admission.with_members(|members| members.handshake(&peer));
        let (Some(handshake), Some(key)) = (handshake, public_key(&peer)) else {
            // It dropped off the list between gate and here. Nobody heard of it, so nobody shall
            // hear that it is gone.
            self.connections.remove(&peer, id);
            self.dialer.on_disconnected(&peer, Instant::now());
            self.count_connected();
            let _ = self.swarm.disconnect_peer_id(peer);
            return;
        };
        tracing::info!(key = %hex(&key), tip = %handshake.tip, "peer connected");
        let handshake = Box::new(handshake);
        self.queue.push(Event::PeerConnected { peer: key, handshake }, SMALL);
    }

    pub(super) fn on_closed(
        &mut self,
        peer: PeerId,
        id: ConnectionId,
        cause: Option<&ConnectionError>,
    ) {
        if !self.connections.remove(&peer, id) {
            return;
        }
        self.dialer.on_disconnected(&peer, Instant::now());
        if let Some(cause) = cause {
            tracing::debug!(%peer, %cause, "a connection broke");
        }
        if !self.setup.admission.with_members(|members| members.is_listed(&peer)) {
            self.conduct.remove(&peer);
        }
        self.tell_disconnected(&peer);
    }

    pub(super) fn tell_disconnected(&mut self, peer: &PeerId) {
        self.count_connected();
        if let Some(key) = public_key(peer) {
            tracing::info!(key = %hex(&key), "peer disconnected");
            self.queue.push(Event::PeerDisconnected { peer: key }, SMALL);
        }
    }

    fn count_connected(&self) {
        let connected = u64::try_from(self.connections.len()).unwrap_or(u64::MAX);
        self.counters.connected_peers.set(connected);
    }

    pub(super) fn on_incoming_error(&mut self, peer: Option<PeerId>, error: &ListenError) {
        let denied_as_stranger = match error {
            ListenError::Denied { cause } => {
                cause.downcast_ref::<allow_block_list::NotAllowed>().is_some()
            }
            ListenError::Aborted
            | ListenError::WrongPeerId { .. }
            | ListenError::LocalPeerId { .. }
            | ListenError::Transport(_) => false,
        };
        if let (true, Some(peer)) = (denied_as_stranger, peer) {
            self.tell_refused(&peer, RefusalReason::NotAllowed);
        } else if let Some(AdmissionError::Refused { peer, reason }) = find_admission_error(error) {
            self.tell_refused(peer, *reason);
        } else {
            self.counters.connections_refused.increment();
            tracing::debug!(%error, "an incoming connection came to nothing");
        }
    }

    pub(super) fn on_outgoing_error(&mut self, peer: Option<PeerId>, error: &DialError) {
        if let Some(peer) = peer {
            self.dialer.on_failed(&peer, Instant::now());
        }
        let DialError::Transport(attempts) = error else {
            tracing::debug!(?peer, %error, "dialing came to nothing");
            return;
        };
        for (address, error) in attempts {
            match find_admission_error(error) {
                Some(AdmissionError::Refused { peer, reason }) => self.tell_refused(peer, *reason),
                Some(error @ (AdmissionError::Noise(_) | AdmissionError::Broken { .. })) => {
                    tracing::debug!(%address, %error, "dialing came to nothing");
                }
                None => tracing::debug!(%address, %error, "dialing came to nothing"),
            }
        }
    }

    fn tell_refused(&mut self, peer: &PeerId, reason: RefusalReason) {
        self.counters.connections_refused.increment();
        let Some(key) = public_key(peer) else { return };
        if self.refusals.take_one(Instant::now()) {
            tracing::warn!(key = %hex(&key), %reason, "connection refused");
            self.queue.push(Event::Refused { peer: key, reason }, SMALL);
        }
    }

    pub(super) fn on_ping(&mut self, event: &ping::Event) {
        if let Err(failure) = &event.result {
            tracing::debug!(peer = %event.peer, %failure, "no sign of life");
            self.swarm.close_connection(event.connection);
        }
    }

    pub(super) fn dial_due(&mut self, now: Instant) {
        for peer in self.dialer.due(now) {
            // Neither a stranger nor a banned peer is dialed; it stays due until that changes.
            if self.setup.admission.with_members(|members| members.check(&peer, now)).is_err() {
                continue;
            }
            let options = DialOpts::peer_id(peer)
                .addresses(self.dialer.addresses(&peer))
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .build();
            self.dialer.on_dialing(&peer);
            if let Err(error) = self.swarm.dial(options) {
                tracing::debug!(%peer, %error, "dialing came to nothing");
                self.dialer.on_failed(&peer, now);
            }
        }
    }
}
