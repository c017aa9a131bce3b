//! Events in their one order, read from the store and written as JSON once for all streams.

use crate::answer::{from_store, internal, pruned};
use crate::context::with_names;
use crate::request::Head;
use client::dto::{Cursor, Fault, Finality, StreamItem};
use client::view;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Store, StoreError};
use tokio::sync::{Mutex, watch};
use types::{Address, Height};

/// The events of heights, as far as they are asked for.
pub(crate) struct Feed {
    store: Arc<Store>,
    prefix: String,
    limit_bytes: usize,
    /// Held while a height is read: streams that want the same one wait for it, and all streams
    /// together take one thread at most.
    cache: Mutex<Cache>,
}

#[derive(Default)]
struct Cache {
    heights: BTreeMap<Height, Arc<HeightEvents>>,
    bytes: usize,
}

/// The events of one height.
pub(crate) struct HeightEvents {
    entries: Vec<Entry>,
    checkpoint: Entry,
    bytes: usize,
}

/// One item of a stream.
pub(crate) struct Entry {
    pub(crate) cursor: Cursor,
    pub(crate) json: Box<str>,
    /// What filters look at; a checkpoint passes them all.
    subject: Option<Subject>,
}

struct Subject {
    source: Address,
    name: String,
    accounts: Option<Vec<Address>>,
}

/// Which events a stream gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) source: Option<Address>,
    pub(crate) name: Option<String>,
    pub(crate) account: Option<Address>,
}

impl Filter {
    fn lets_through(&self, entry: &Entry) -> bool {
        let Some(subject) = &entry.subject else { return true };
        let named = |account| subject.accounts.as_ref().is_some_and(|held| held.contains(account));
        self.source.is_none_or(|source| source == subject.source)
            && self.name.as_ref().is_none_or(|name| subject.name.starts_with(name))
            && self.account.as_ref().is_none_or(named)
    }
}

impl Feed {
    pub(crate) fn new(store: Arc<Store>, prefix: String, limit_bytes: usize) -> Self {
        Self { store, prefix, limit_bytes, cache: Mutex::default() }
    }

    /// The events of a height that is committed.
    async fn height(self: &Arc<Self>, height: Height) -> Result<Arc<HeightEvents>, Fault> {
        let mut cache = self.cache.lock().await;
        if let Some(events) = cache.heights.get(&height) {
            return Ok(Arc::clone(events));
        }
        let feed = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || feed.read(height));
        let events = read.await.unwrap_or_else(|error| Err(internal("read events", &error)))?;
        let events = Arc::new(events);
        cache.bytes += events.bytes;
        cache.heights.insert(height, Arc::clone(&events));
        // The lowest go first: most streams follow the head.
        while cache.bytes > self.limit_bytes {
            let Some((_, dropped)) = cache.heights.pop_first() else { break };
            cache.bytes = cache.bytes.saturating_sub(dropped.bytes);
        }
        Ok(events)
    }

    fn read(&self, height: Height) -> Result<HeightEvents, Fault> {
        let missing = || pruned(&self.store.oldest());
        let receipts = match self.store.receipts(height) {
            Ok(Some(receipts)) => receipts,
            Ok(None) | Err(StoreError::Pruned { .. }) => return Err(missing()),
            Err(error) => return Err(from_store(error)),
        };
        let header = self.store.header(height).map_err(from_store)?.ok_or_else(missing)?;
        let block_id = self.store.block_id(height).map_err(from_store)?.ok_or_else(missing)?;
        let entries = with_names(&*self.store, &self.prefix, |names| {
            let receipts = (0_u32..).zip(&receipts);
            let events = receipts.flat_map(|(receipt, held)| {
                (0_u32..).zip(&held.events).map(move |(event, happened)| {
                    let cursor = Cursor { height, receipt, event };
                    let tx_hash = held.tx_hash.map(client::dto::Hex);
                    let item =
                        StreamItem::Event { cursor, tx_hash, event: view::event(names, happened) };
                    let native = view::native_event(happened);
                    let subject = Subject {
                        source: happened.source,
                        name: happened.name.clone(),
                        accounts: native.as_ref().map(view::accounts),
                    };
                    entry(&item, Some(subject))
                })
            });
            events.collect::<Vec<Entry>>()
        });
        let checkpoint = StreamItem::Checkpoint {
            cursor: Cursor::end_of(height),
            block_id,
            time_ms: header.time_ms,
            receipts: u32::try_from(receipts.len()).unwrap_or(u32::MAX),
        };
        let checkpoint = entry(&checkpoint, None);
        // What surrounds an event in memory counts, too.
        let size = |entry: &Entry| entry.json.len() + 256;
        let bytes = size(&checkpoint) + entries.iter().map(size).sum::<usize>();
        Ok(HeightEvents { entries, checkpoint, bytes })
    }
}

fn entry(item: &StreamItem, subject: Option<Subject>) -> Entry {
    let json = serde_json::to_string(item).expect("an item holds texts and numbers");
    Entry { cursor: item.cursor(), json: json.into_boxed_str(), subject }
}

/// One stream: where it stands, and what it gives.
pub(crate) struct Reader {
    feed: Arc<Feed>,
    head: watch::Receiver<Head>,
    finality: Finality,
    filter: Filter,
    /// The last one given or passed over.
    last: Cursor,
    /// The height being given, and how far.
    current: Option<(Arc<HeightEvents>, usize)>,
}

impl Reader {
    /// A stream of what comes after `from`, or from now on.
    pub(crate) fn new(
        feed: Arc<Feed>,
        head: watch::Receiver<Head>,
        from: Option<Cursor>,
        finality: Finality,
        filter: Filter,
    ) -> Self {
        let last = from.unwrap_or_else(|| Cursor::end_of(newest(&head.borrow(), finality)));
        Self { feed, head, finality, filter, last, current: None }
    }

    /// Where the stream stands.
    pub(crate) fn cursor(&self) -> Cursor {
        self.last
    }

    /// The next item, as JSON; waits for it. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<(Cursor, Box<str>), Fault> {
        loop {
            if let Some((events, at)) = &mut self.current {
                while let Some(entry) = events.entries.get(*at) {
                    *at += 1;
                    if entry.cursor > self.last && self.filter.lets_through(entry) {
                        self.last = entry.cursor;
                        return Ok((entry.cursor, entry.json.clone()));
                    }
                }
                let checkpoint = (events.checkpoint.cursor, events.checkpoint.json.clone());
                self.current = None;
                self.last = checkpoint.0;
                return Ok(checkpoint);
            }
            let ended = self.last == Cursor::end_of(self.last.height);
            // Genesis has no events: the first height that has any is 1.
            let first =
                if ended { Height(self.last.height.0.saturating_add(1)) } else { self.last.height };
            let wanted = first.max(Height(1));
            while newest(&self.head.borrow_and_update(), self.finality) < wanted {
                let gone = |_| Fault::new(types::Code::Overloaded, "the node is ending");
                self.head.changed().await.map_err(gone)?;
            }
            self.current = Some((self.feed.height(wanted).await?, 0));
        }
    }
}

fn newest(head: &Head, finality: Finality) -> Height {
    match finality {
        Finality::Final => head.finalized.min(head.tip),
        Finality::Committed => head.tip,
    }
}
