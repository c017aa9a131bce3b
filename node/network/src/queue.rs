//! Hand events to the node's loop, bounded in number and bytes.
//!
//! When the loop is behind, transactions are dropped first, then what peers ask for and the blocks
//! they push (both come again). Everything else is held: while an event is held the swarm reads
//! nothing from its peers, so a slow loop slows its peers down and loses no vote.

use crate::event::Event;
use crate::metrics::Counters;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc;

/// Size of an event that carries no message, for the count of bytes.
pub(crate) const SMALL: usize = 0;

/// What becomes of an event when the loop is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// Held: votes, evidence, connections, failures.
    Essential,
    /// Dropped above three quarters: requests, answers, pushed blocks.
    Repeatable,
    /// Dropped above one half: transactions.
    Transactions,
}

/// An event was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dropped;

#[derive(Debug)]
struct Queued {
    event: Event,
    bytes: usize,
}

/// The swarm's end.
#[derive(Debug)]
pub(crate) struct EventQueue {
    sender: mpsc::Sender<Queued>,
    bytes: Arc<AtomicUsize>,
    max_bytes: usize,
    /// What found no room. Bounded: the swarm is not polled while anything is in here, so it holds
    /// what one swarm event and a few commands gave rise to.
    held: VecDeque<Queued>,
    counters: Arc<Counters>,
}

/// The node's end: yields events in order.
#[derive(Debug)]
pub struct EventReceiver {
    receiver: mpsc::Receiver<Queued>,
    bytes: Arc<AtomicUsize>,
}

/// A queue for that many events, carrying that many bytes of messages.
pub(crate) fn queue(
    events: usize,
    max_bytes: usize,
    counters: Arc<Counters>,
) -> (EventQueue, EventReceiver) {
    // A channel without room panics; one place is the least that makes sense.
    let (sender, receiver) = mpsc::channel(events.max(1));
    let bytes = Arc::new(AtomicUsize::new(0));
    let queue = EventQueue {
        sender,
        bytes: Arc::clone(&bytes),
        max_bytes,
        held: VecDeque::new(),
        counters,
    };
    (queue, EventReceiver { receiver, bytes })
}

impl EventQueue {
    /// Hand over an event that must not be lost.
    pub(crate) fn push(&mut self, event: Event, bytes: usize) {
        let queued = Queued { event, bytes };
        self.bytes.fetch_add(bytes, Ordering::AcqRel);
        if self.held.is_empty() {
            match self.sender.try_send(queued) {
                // Closed: nobody is left to tell, and the task is about to see it.
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
                Err(mpsc::error::TrySendError::Full(queued)) => self.held.push_back(queued),
            }
        } else {
            self.held.push_back(queued);
        }
        self.counters.events_held.increment();
    }

    /// Hand over an event if there is room for its class.
    pub(crate) fn offer(
        &mut self,
        class: Class,
        event: Event,
        bytes: usize,
    ) -> Result<(), Dropped> {
        let (places, share) = (self.sender.max_capacity(), self.max_bytes);
        let (max_used, max_bytes, counter) = match class {
            Class::Essential => {
                self.push(event, bytes);
                return Ok(());
            }
            Class::Repeatable => {
                (places - places / 4, share - share / 4, &self.counters.requests_dropped)
            }
            Class::Transactions => (places / 2, share / 2, &self.counters.transactions_dropped),
        };
        let used = places - self.sender.capacity();
        let bytes_then = self.bytes.load(Ordering::Acquire).saturating_add(bytes);
        if self.is_blocked() || used >= max_used || bytes_then > max_bytes {
            counter.increment();
            return Err(Dropped);
        }
        self.push(event, bytes);
        Ok(())
    }

    /// Whether events are held.
    pub(crate) fn is_blocked(&self) -> bool {
        !self.held.is_empty()
    }

    /// Wait for room and hand over the event held longest.
    ///
    /// # Errors
    /// [`Dropped`] if the node's end is gone.
    pub(crate) async fn drain_one(&mut self) -> Result<(), Dropped> {
        let permit = self.sender.reserve().await.map_err(|_| Dropped)?;
        if let Some(queued) = self.held.pop_front() {
            permit.send(queued);
        }
        Ok(())
    }

    /// Wait until everything held is handed over.
    ///
    /// # Errors
    /// [`Dropped`] if the node's end is gone.
    pub(crate) async fn drain(&mut self) -> Result<(), Dropped> {
        while self.is_blocked() {
            self.drain_one().await?;
        }
        Ok(())
    }
}

impl EventReceiver {
    /// The next event, or `None` when the network has ended and every event was taken.
    pub async fn recv(&mut self) -> Option<Event> {
        self.receiver.recv().await.map(|queued| self.release(queued))
    }

    /// As [`EventReceiver::recv`], from a thread outside the runtime.
    ///
    /// # Panics
    /// Inside an asynchronous context.
    pub fn blocking_recv(&mut self) -> Option<Event> {
        self.receiver.blocking_recv().map(|queued| self.release(queued))
    }

    /// The next event, if one waits.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.receiver.try_recv().ok().map(|queued| self.release(queued))
    }

    fn release(&self, queued: Queued) -> Event {
        self.bytes.fetch_sub(queued.bytes, Ordering::AcqRel);
        queued.event
    }
}
