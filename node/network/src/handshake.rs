//! Guard the gate: prove the key, look it up, compare handshakes, all before the multiplexer.
//!
//! The upgrade runs in place of plain Noise and ends in the same secure channel. Whoever is not on
//! the list is cut off right after Noise (which must come first: only it proves the key) and never
//! gets a multiplexer, so no stream of any protocol can be opened; not even our handshake is shown.

use crate::event::RefusalReason;
use crate::frame::{self, Frame, ReadBudget};
use crate::membership::{ListChange, Members};
use futures::FutureExt;
use futures::future::BoxFuture;
use futures::io::{AsyncRead, AsyncWrite};
use libp2p::core::UpgradeInfo;
use libp2p::core::upgrade::{InboundConnectionUpgrade, OutboundConnectionUpgrade};
use libp2p::{PeerId, noise};
use std::collections::BTreeSet;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use types::wire::{Handshake, MAX_HANDSHAKE_BYTES};
use types::{Height, PublicKey};

/// The gate's protocol id. It names no chain: nodes of different chains must meet here to tell
/// each other what differs.
const PROTOCOL: &str = "/syndic/admission/1";
/// What Noise calls itself inside the gate.
const NOISE: &str = "/noise";
/// How many errors may be wrapped around one of ours.
const MAX_WRAPPING: usize = 16;

/// Why a connection did not pass the gate.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdmissionError {
    /// The key could not be proved.
    #[error("the secure channel failed")]
    Noise(#[from] noise::Error),
    /// The channel broke before the peer's handshake came.
    #[error("{peer} closed the connection before its handshake; it may not have us on its list")]
    Broken {
        /// Who.
        peer: PeerId,
        /// How.
        #[source]
        source: io::Error,
    },
    /// The peer may not pass.
    #[error("{peer} is refused: {reason}")]
    Refused {
        /// Who.
        peer: PeerId,
        /// Why.
        reason: RefusalReason,
    },
}

/// Find our error inside those that the transport wrapped around it.
pub(crate) fn find_admission_error<'a>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a AdmissionError> {
    let mut current = error;
    for _ in 0..MAX_WRAPPING {
        if let Some(found) = current.downcast_ref::<AdmissionError>() {
            return Some(found);
        }
        // An I/O error made from another one hides it: its source is that one's source.
        let inner = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        current = match inner {
            Some(inner) => inner as &'a (dyn Error + 'static),
            None => current.source()?,
        };
    }
    None
}

/// What the gate knows; shared by the swarm's task and every connection being made.
#[derive(Debug)]
pub(crate) struct Admission {
    state: Mutex<State>,
    budget: ReadBudget,
}

#[derive(Debug)]
struct State {
    own: Handshake,
    members: Members,
}

impl Admission {
    /// A gate that lets `extra` through.
    pub(crate) fn new(own: Handshake, extra: BTreeSet<PeerId>, budget: ReadBudget) -> Self {
        Self { state: Mutex::new(State { own, members: Members::new(extra) }), budget }
    }

    /// Say from now on that this node stands there.
    pub(crate) fn set_tip(&self, tip: Height, finalized: Height) {
        let mut state = self.lock();
        state.own.tip = tip;
        state.own.finalized = finalized;
    }

    /// Replace the list.
    pub(crate) fn replace(&self, keys: &BTreeSet<PublicKey>) -> ListChange {
        self.lock().members.replace(keys)
    }

    /// Do something with the list.
    pub(crate) fn with_members<R>(&self, action: impl FnOnce(&mut Members) -> R) -> R {
        action(&mut self.lock().members)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is one assignment or one insertion: a panic leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Exchange handshakes over a channel whose other end is `peer`.
    async fn admit<S>(&self, peer: PeerId, mut io: S) -> Result<(PeerId, S), AdmissionError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let refuse = |reason| AdmissionError::Refused { peer, reason };
        let ours = {
            let state = self.lock();
            state.members.check(&peer, Instant::now()).map_err(refuse)?;
            state.own
        };
        let broken = |source| AdmissionError::Broken { peer, source };
        // Both write first: a handshake is small enough never to fill the channel.
        frame::write(&mut io, &types::encode(&ours)).await.map_err(broken)?;
        let read = frame::read(&mut io, "handshake", MAX_HANDSHAKE_BYTES, &self.budget);
        let theirs: Handshake = match read.await.map_err(broken)? {
            Frame::Inbound { value, .. } => *value,
            Frame::Bad(_) | Frame::Outbound(_) => return Err(refuse(RefusalReason::Malformed)),
        };
        compare(&ours, &theirs).map_err(refuse)?;
        self.lock().members.remember(peer, theirs);
        Ok((peer, io))
    }
}

/// Whether two nodes have anything to say to each other.
pub(crate) fn compare(ours: &Handshake, theirs: &Handshake) -> Result<(), RefusalReason> {
    if ours.chain_id != theirs.chain_id {
        return Err(RefusalReason::WrongChain { ours: ours.chain_id, theirs: theirs.chain_id });
    }
    if ours.genesis_hash != theirs.genesis_hash {
        return Err(RefusalReason::WrongGenesis {
            ours: ours.genesis_hash,
            theirs: theirs.genesis_hash,
        });
    }
    let lowest = ours.protocol_min.max(theirs.protocol_min);
    let highest = ours.protocol_max.min(theirs.protocol_max);
    if lowest > highest {
        return Err(RefusalReason::WrongProtocol {
            ours: (ours.protocol_min, ours.protocol_max),
            theirs: (theirs.protocol_min, theirs.protocol_max),
        });
    }
    Ok(())
}

/// The gate as a connection upgrade.
#[derive(Clone)]
pub(crate) struct Gate {
    noise: noise::Config,
    admission: Arc<Admission>,
}

impl Gate {
    /// A gate whose secure channels prove the key behind `noise`.
    pub(crate) fn new(noise: noise::Config, admission: Arc<Admission>) -> Self {
        Self { noise, admission }
    }
}

impl UpgradeInfo for Gate {
    type Info = &'static str;
    type InfoIter = std::iter::Once<Self::Info>;

    fn protocol_info(&self) -> Self::InfoIter {
        std::iter::once(PROTOCOL)
    }
}

impl<S> InboundConnectionUpgrade<S> for Gate
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = (PeerId, noise::Output<S>);
    type Error = AdmissionError;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_inbound(self, socket: S, _: Self::Info) -> Self::Future {
        async move {
            let (peer, io) = self.noise.upgrade_inbound(socket, NOISE).await?;
            self.admission.admit(peer, io).await
        }
        .boxed()
    }
}

impl<S> OutboundConnectionUpgrade<S> for Gate
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Output = (PeerId, noise::Output<S>);
    type Error = AdmissionError;
    type Future = BoxFuture<'static, Result<Self::Output, Self::Error>>;

    fn upgrade_outbound(self, socket: S, _: Self::Info) -> Self::Future {
        async move {
            let (peer, io) = self.noise.upgrade_outbound(socket, NOISE).await?;
            self.admission.admit(peer, io).await
        }
        .boxed()
    }
}
