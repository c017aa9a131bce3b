//! What every call has at hand, and how many calls there may be.

use crate::answer::{from_store, internal, overloaded};
use crate::feed::Feed;
use crate::limits::Limits;
use crate::request::{Head, Request, Services};
use client::dto::{AddressText, Fault};
use client::view::Names;
use state::{NodeReader, read};
use std::sync::{Arc, OnceLock};
use store::{Snapshot, Store};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use types::{Address, AddressKind, Height, ValidatorId, ValidatorSet};

/// What every call has at hand.
pub(crate) struct Context {
    pub(crate) services: Services,
    pub(crate) limits: Limits,
    pub(crate) feed: Arc<Feed>,
    /// The encoded genesis, once somebody has asked for it.
    pub(crate) genesis: OnceLock<Vec<u8>>,
    calls: Arc<Semaphore>,
    heavy: Arc<Semaphore>,
    submissions: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

/// Bodies are counted in units of this many bytes.
const BODY_UNIT: usize = 1024;

impl Context {
    pub(crate) fn new(services: Services, limits: Limits) -> Arc<Self> {
        let permits = |count| Arc::new(Semaphore::new(count));
        let (store, prefix) = (Arc::clone(&services.store), services.chain.prefix.clone());
        Arc::new(Self {
            feed: Arc::new(Feed::new(store, prefix, limits.feed_bytes)),
            genesis: OnceLock::new(),
            calls: permits(limits.calls),
            heavy: permits(limits.heavy_calls),
            submissions: permits(limits.submissions),
            bodies: permits(limits.bodies_bytes.div_ceil(BODY_UNIT)),
            streams: permits(limits.streams),
            services,
            limits,
        })
    }

    pub(crate) fn store(&self) -> &Store {
        &self.services.store
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.services.chain.prefix
    }

    /// Where the chain stands.
    pub(crate) fn head(&self) -> Head {
        self.services.head.borrow().clone()
    }

    /// Newest final height.
    pub(crate) fn finalized(&self) -> Height {
        self.services.head.borrow().finalized
    }

    /// State as of one moment, for a query.
    pub(crate) fn snapshot(&self) -> Result<Snapshot<'_>, Fault> {
        self.store().snapshot().map_err(from_store)
    }

    /// V(height) as far as state still knows it: for showing, never for judging.
    pub(crate) fn set_at(&self, height: Height) -> Option<ValidatorSet> {
        read::validator_set_at(self.store(), height).ok()
    }

    /// Read an address parameter.
    pub(crate) fn address(&self, field: &str, text: &AddressText) -> Result<Address, Fault> {
        let parsed = text.parse(self.prefix());
        parsed.map(|(_, address)| address).map_err(|error| self.bad_address(field, text, &error))
    }

    /// Read a validator parameter.
    pub(crate) fn validator(&self, field: &str, text: &AddressText) -> Result<ValidatorId, Fault> {
        text.parse_validator(self.prefix()).map_err(|error| self.bad_address(field, text, &error))
    }

    fn bad_address(&self, field: &str, text: &AddressText, error: &dyn ToString) -> Fault {
        let shown: String = text.0.chars().take(120).collect();
        let expected = format!("an address {}1..: {}", self.prefix(), error.to_string());
        crate::answer::bad_params(field, &shown, &expected)
    }

    /// Put a question to the node's loop and wait for the answer.
    pub(crate) async fn ask<T>(
        &self,
        question: impl FnOnce(oneshot::Sender<T>) -> Request,
    ) -> Result<T, Fault> {
        let (reply, answer) = oneshot::channel();
        let busy = || overloaded("node loop", self.services.requests.max_capacity());
        match self.services.requests.try_send(question(reply)) {
            Ok(()) => answer.await.map_err(|_| busy()),
            Err(TrySendError::Full(_)) => Err(busy()),
            Err(TrySendError::Closed(_)) => Err(internal("ask the node", &"its loop has ended")),
        }
    }

    pub(crate) fn call_permit(&self) -> Result<OwnedSemaphorePermit, Fault> {
        take(&self.calls, 1).ok_or_else(|| overloaded("calls", self.limits.calls))
    }

    pub(crate) fn submission_permit(&self) -> Result<OwnedSemaphorePermit, Fault> {
        take(&self.submissions, 1).ok_or_else(|| overloaded("submissions", self.limits.submissions))
    }

    pub(crate) fn stream_permit(&self) -> Result<OwnedSemaphorePermit, Fault> {
        take(&self.streams, 1).ok_or_else(|| overloaded("streams", self.limits.streams))
    }

    /// Room for a body; one of unknown length takes as much as one may have.
    pub(crate) fn body_permit(&self, bytes: usize) -> Result<OwnedSemaphorePermit, Fault> {
        let units = u32::try_from(bytes.div_ceil(BODY_UNIT)).unwrap_or(u32::MAX);
        take(&self.bodies, units)
            .ok_or_else(|| overloaded("bytes of requests", self.limits.bodies_bytes))
    }

    /// A thread for a heavy call, as soon as one is free.
    pub(crate) async fn heavy_permit(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let permit = Arc::clone(&self.heavy).acquire_owned().await;
        permit.map_err(|_| overloaded("heavy calls", self.limits.heavy_calls))
    }
}

fn take(from: &Arc<Semaphore>, permits: u32) -> Option<OwnedSemaphorePermit> {
    Arc::clone(from).try_acquire_many_owned(permits).ok()
}

/// Do something with the chain's way to write addresses: what an address is, state knows. One that
/// cannot be read is shown as an account: the bytes are the same.
pub(crate) fn with_names<R>(
    reader: &dyn NodeReader,
    prefix: &str,
    show: impl FnOnce(&Names<'_>) -> R,
) -> R {
    let kind = |address: &Address| {
        let record = read::account(reader, address).ok().flatten();
        record.map_or(AddressKind::Account, |record| record.kind)
    };
    show(&Names::new(prefix, &kind))
}
