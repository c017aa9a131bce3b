//! State for the executor and for queries: the latest, and as of one moment.

use crate::db::Store;
use crate::error::StoreError;
use crate::tables::{self, Table, Tip, meta};
use rocksdb::{DB, DBRawIterator, PrefixRange, ReadOptions};
use state::reader::{Page, scan_start};
use state::{NodePath, NodeReader, ReadError};
use std::ops::Bound;

/// State as of the moment it was taken, whatever is committed meanwhile.
///
/// It keeps what it shows from being compacted away: hold it for one query, never for longer.
pub struct Snapshot<'a> {
    store: &'a Store,
    view: rocksdb::Snapshot<'a>,
    tip: Tip,
}

impl Store {
    /// State as of now, for a query that reads more than one value.
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`], [`StoreError::Corrupt`] or what RocksDB said.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        self.tip()?;
        let view = self.db.snapshot();
        // Not the tip in memory: a commit may have come between the two.
        let row = view
            .get_cf(self.handle(Table::Meta), meta::TIP)
            .map_err(|error| self.failed("read the tip", error))?
            .ok_or_else(|| tables::missing(Table::Meta, meta::TIP))?;
        let tip = tables::decode(Table::Meta, meta::TIP, &row)?;
        Ok(Snapshot { store: self, view, tip })
    }
}

impl Snapshot<'_> {
    /// The height that it is of.
    #[must_use]
    pub const fn tip(&self) -> &Tip {
        &self.tip
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.store.check()?;
        self.view
            .get_cf(self.store.handle(table), key)
            .map_err(|error| self.store.failed("read a value", error).into())
    }
}

/// The latest values. During a commit two calls may see two heights: use [`Store::snapshot`] unless
/// nothing is committed meanwhile, as when a block is executed.
impl NodeReader for Store {
    fn value(&self, raw: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.value_of(Table::State, raw)?.map(|value| value.to_vec()))
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Page, ReadError> {
        self.check()?;
        let rows = self.db.raw_iterator_cf_opt(self.handle(Table::State), within(prefix));
        page(self, rows, scan_start(prefix, after), limit)
    }

    fn node(&self, path: &NodePath) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.value_of(Table::Node, &path.to_bytes())?.map(|node| node.to_vec()))
    }
}

impl NodeReader for Snapshot<'_> {
    fn value(&self, raw: &[u8]) -> Result<Option<Vec<u8>>, ReadError> {
        self.get(Table::State, raw)
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Page, ReadError> {
        self.store.check()?;
        let state = self.store.handle(Table::State);
        let rows = self.view.raw_iterator_cf_opt(state, within(prefix));
        page(self.store, rows, scan_start(prefix, after), limit)
    }

    fn node(&self, path: &NodePath) -> Result<Option<Vec<u8>>, ReadError> {
        self.get(Table::Node, &path.to_bytes())
    }
}

/// Read options that keep an iterator from looking beyond a prefix.
fn within(prefix: &[u8]) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_iterate_range(PrefixRange(prefix));
    options
}

/// Up to `limit` rows from `start` on.
fn page(
    store: &Store,
    mut rows: DBRawIterator<'_>,
    start: Bound<&[u8]>,
    limit: usize,
) -> Result<Page, ReadError> {
    match start {
        Bound::Unbounded => rows.seek_to_first(),
        Bound::Included(key) => rows.seek(key),
        Bound::Excluded(key) => {
            rows.seek(key);
            if rows.key() == Some(key) {
                rows.next();
            }
        }
    }
    let mut page = Page::new();
    while page.len() < limit
        && let Some((key, value)) = rows.item()
    {
        page.push((key.to_vec(), value.to_vec()));
        rows.next();
    }
    rows.status().map_err(|error| store.failed("scan state", error))?;
    Ok(page)
}

/// A snapshot is handed to the threads that answer queries.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    shared::<Store>();
    shared::<Snapshot<'_>>();
    shared::<DB>();
};

#[cfg(test)]
mod tests;
