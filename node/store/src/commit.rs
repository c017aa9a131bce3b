//! Writing: genesis and blocks in one synced batch each, everything else unsynced.

use crate::db::{Durability, Store};
use crate::error::StoreError;
use crate::tables::{
    self, HeaderRow, HeightRow, IdentityRow, Position, PositionRow, SealRow, Table, Tip,
    TreePosition, meta,
};
use rocksdb::WriteBatch;
use state::{ChangeSet, Flush};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::TryLockError;
use std::sync::atomic::Ordering;
use types::codec::Version;
use types::{
    Address, BlockId, CommitCertificate, FinalityCertificate, Genesis, Hash, Header, Height,
    Receipt, Seal, TxHash,
};

/// Everything that makes a height durable.
#[derive(Clone, Copy, Debug)]
pub struct CommitBatch<'a> {
    /// The block's header: the next after the tip.
    pub header: &'a Header,
    /// The block's id.
    pub block_id: BlockId,
    /// The encoded [`types::Body`].
    pub body: &'a [u8],
    /// The precommits that decided the block here.
    pub certificate: &'a CommitCertificate,
    /// What became of the block's entries, in order.
    pub receipts: &'a [Receipt],
    /// For each receipt, what its `return_hash` is about.
    pub returned: &'a [Vec<u8>],
    /// The accounts that each transaction touched, for their histories.
    pub touched: &'a [(TxHash, Vec<Address>)],
    /// What the block does to state.
    pub changes: &'a ChangeSet,
    /// State root after the block.
    pub state_root: Hash,
    /// Root over the receipts.
    pub receipts_root: Hash,
    /// Our own seal of the height before.
    pub own_seal: Option<&'a Seal>,
}

/// Everything that begins a chain.
#[derive(Clone, Copy, Debug)]
pub struct GenesisBatch<'a> {
    /// The genesis.
    pub genesis: &'a Genesis,
    /// Header 0, made from it.
    pub header: &'a Header,
    /// The first state.
    pub changes: &'a ChangeSet,
    /// Its root.
    pub state_root: Hash,
    /// What this store is armed with, to be kept in the guard too.
    pub instance: [u8; 32],
}

/// Room in a batch beside the body, so that it seldom grows.
const BATCH_ROOM_BYTES: usize = 256 * 1024;

impl Store {
    /// Write genesis. Once, into an empty store.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] or what RocksDB said; the store is closed for good then.
    ///
    /// # Panics
    /// If the store has a genesis, or the header is not header 0 of the chain it was opened for.
    pub fn initialise(&self, batch: &GenesisBatch<'_>) -> Result<Tip, StoreError> {
        let _guard = self.begin_commit();
        self.check()?;
        assert!(self.tip_if_any().is_none(), "a store is initialised once");
        let header = batch.header;
        assert_eq!(header.height, Height::ZERO, "genesis has height 0");
        assert_eq!(header.chain_id, self.chain_id, "the store was opened for this chain");
        let identity = IdentityRow {
            version: Version,
            chain_id: self.chain_id,
            genesis_hash: self.genesis_hash,
            instance: batch.instance,
        };
        let tip = Tip {
            version: Version,
            height: header.height,
            block_id: self.genesis_hash,
            state_root: batch.state_root,
            receipts_root: Hash::ZERO,
            time_ms: header.time_ms,
        };
        let mut writes = Writes::new(self, 0);
        writes.header(self.genesis_hash, header);
        writes.changes(header.height, batch.changes);
        writes.put(Table::Meta, meta::GENESIS, &types::encode(batch.genesis));
        writes.put(Table::Meta, meta::IDENTITY, &types::encode(&identity));
        writes.put(Table::Meta, meta::TIP, &types::encode(&tip));
        self.write(writes.batch, Durability::Synced, "write genesis")?;
        self.set_tip(tip);
        Ok(tip)
    }

    /// Make a height durable: one batch, synced. Returns the new tip.
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`] before genesis; [`StoreError::DiskFull`] or what RocksDB
    /// said, and the store is closed for good then: whether the height is on disk is known only
    /// after a restart.
    ///
    /// # Panics
    /// If the block does not follow the tip, its parts do not belong together, or another commit is
    /// under way: what is not checked before it is written cannot be taken back.
    pub fn commit(&self, block: &CommitBatch<'_>) -> Result<Tip, StoreError> {
        let _guard = self.begin_commit();
        check_block(block, &self.tip()?);
        let header = block.header;
        let tip = Tip {
            version: Version,
            height: header.height,
            block_id: block.block_id,
            state_root: block.state_root,
            receipts_root: block.receipts_root,
            time_ms: header.time_ms,
        };
        let mut writes = Writes::new(self, block.body.len());
        writes.header(block.block_id, header);
        writes.body(header.height, block.body);
        writes.put(
            Table::Certificate,
            &tables::height_key(header.height),
            &types::encode(block.certificate),
        );
        writes.receipts(header.height, block.receipts);
        writes.returned(header.height, block.returned);
        writes.history(header.height, block);
        writes.changes(header.height, block.changes);
        if let Some(seal) = block.own_seal {
            writes.seal(seal);
        }
        writes.put(Table::Meta, meta::TIP, &types::encode(&tip));
        let pruned = self.floors.written.load(Ordering::Acquire);
        self.write(writes.batch, Durability::Synced, "commit a block")?;
        // What stood in the log before this batch is durable with it.
        self.floors.durable.store(pruned, Ordering::Release);
        self.set_tip(tip);
        Ok(tip)
    }

    /// Keep a seal, unsynced.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] or what RocksDB said; the store is closed for good then.
    pub fn put_seal(&self, seal: &Seal) -> Result<(), StoreError> {
        let mut writes = Writes::new(self, 0);
        writes.seal(seal);
        self.write(writes.batch, Durability::Unsynced, "keep a seal")
    }

    /// Keep a finality certificate, unsynced.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] or what RocksDB said; the store is closed for good then.
    pub fn put_finality(&self, certificate: &FinalityCertificate) -> Result<(), StoreError> {
        let mut writes = Writes::new(self, 0);
        let key = tables::height_key(certificate.height);
        writes.put(Table::Finality, &key, &types::encode(certificate));
        self.write(writes.batch, Durability::Unsynced, "keep a finality certificate")
    }

    /// Keep the encoded votes of a height, unsynced; they replace what was kept of it.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] or what RocksDB said; the store is closed for good then.
    ///
    /// # Panics
    /// Above 64 MiB.
    pub fn put_votes(&self, height: Height, votes: &[u8]) -> Result<(), StoreError> {
        let mut writes = Writes::new(self, votes.len());
        writes.put(Table::Vote, &tables::height_key(height), &tables::with_version(votes));
        self.write(writes.batch, Durability::Unsynced, "keep votes")
    }

    /// Forget the votes of all heights below one, unsynced.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] or what RocksDB said; the store is closed for good then.
    pub fn drop_votes(&self, below: Height) -> Result<(), StoreError> {
        let mut writes = Writes::new(self, 0);
        writes.remove_heights(Table::Vote, Height::ZERO, below);
        self.write(writes.batch, Durability::Unsynced, "forget votes")
    }

    /// Put the tree's nodes on disk as of a height, and forget the change sets up to it: one batch,
    /// unsynced.
    ///
    /// # Errors
    /// [`StoreError::NotInitialised`], [`StoreError::DiskFull`] or what RocksDB said; the store is
    /// closed for good then.
    ///
    /// # Panics
    /// If the height is above the tip or not above that of the flush before: after a crash such
    /// nodes would be of no height.
    pub fn flush_tree(&self, flush: &Flush) -> Result<(), StoreError> {
        let tip = self.tip()?;
        let before = self.tree_position()?;
        assert!(flush.height <= tip.height, "the tree is never flushed past the newest batch");
        assert!(
            before.is_none_or(|before| flush.height > before.height),
            "the tree is flushed forwards"
        );
        let position = TreePosition { version: Version, height: flush.height, root: flush.root };
        let mut writes = Writes::new(self, 0);
        let done = before.map_or(Height::ZERO, |before| before.height);
        writes.remove_heights(Table::Changes, done, flush.height.next());
        for path in &flush.deletes {
            writes.batch.delete_cf(self.handle(Table::Node), path.to_bytes());
        }
        for (path, node) in &flush.puts {
            writes.put(Table::Node, &path.to_bytes(), node);
        }
        writes.put(Table::Meta, meta::TREE, &types::encode(&position));
        self.write(writes.batch, Durability::Unsynced, "flush the tree")
    }

    /// There is one writer of blocks; a second one at the same time is a broken program.
    fn begin_commit(&self) -> std::sync::MutexGuard<'_, ()> {
        match self.committing.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::WouldBlock) => panic!("two commits at the same time"),
            Err(TryLockError::Poisoned(_)) => panic!("a commit panicked before"),
        }
    }
}

/// Check that a block follows the tip and that its parts belong together.
fn check_block(block: &CommitBatch<'_>, tip: &Tip) {
    let header = block.header;
    assert_eq!(header.height, tip.height.next(), "a block is one above the tip");
    assert_eq!(header.parent, tip.block_id, "a block's parent is the tip");
    assert_eq!(header.prev_state_root, tip.state_root, "a block builds on the tip's state");
    assert_eq!(header.prev_receipts_root, tip.receipts_root, "a block names the tip's receipts");
    assert_eq!(block.returned.len(), block.receipts.len(), "there is one return a receipt");
    assert_eq!(block.certificate.height, header.height, "the certificate is of this height");
    assert_eq!(block.certificate.block_id, block.block_id, "the certificate is of this block");
    let body_bytes = usize::try_from(header.body_bytes).expect("32 bits fit");
    assert_eq!(block.body.len(), body_bytes, "the body is the one that the header speaks of");
}

/// A batch under construction.
struct Writes<'a> {
    store: &'a Store,
    batch: WriteBatch,
}

impl<'a> Writes<'a> {
    fn new(store: &'a Store, bytes: usize) -> Self {
        let capacity = bytes.saturating_add(BATCH_ROOM_BYTES);
        Self { store, batch: WriteBatch::with_capacity_bytes(capacity) }
    }

    /// Put a value that a read would take.
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) {
        assert!(value.len() <= table.value_limit(), "{} bytes in {table:?}", value.len());
        self.batch.put_cf(self.store.handle(table), key, value);
    }

    /// Remove the heights `from..below` of a table whose keys begin with the height.
    fn remove_heights(&mut self, table: Table, from: Height, below: Height) {
        let (from, below) = (tables::height_key(from), tables::height_key(below));
        self.batch.delete_range_cf(self.store.handle(table), from, below);
    }

    fn header(&mut self, block_id: BlockId, header: &Header) {
        let height = HeightRow { version: Version, height: header.height };
        let row = HeaderRow { version: Version, block_id, header: header.clone() };
        self.put(Table::Header, &tables::height_key(header.height), &types::encode(&row));
        self.put(Table::BlockHeight, block_id.as_bytes(), &types::encode(&height));
    }

    fn body(&mut self, height: Height, body: &[u8]) {
        self.put(Table::Body, &tables::height_key(height), &tables::with_version(body));
    }

    fn receipts(&mut self, height: Height, receipts: &[Receipt]) {
        for (position, receipt) in positions(height, receipts) {
            self.put(Table::Receipt, &tables::receipt_key(position), &types::encode(receipt));
        }
    }

    /// What calls returned; most transactions' return nothing.
    fn returned(&mut self, height: Height, returned: &[Vec<u8>]) {
        for (position, bytes) in positions(height, returned) {
            if !bytes.is_empty() {
                let key = tables::receipt_key(position);
                self.put(Table::Return, &key, &tables::with_version(bytes));
            }
        }
    }

    /// The index of transactions and the histories of accounts, sorted by key.
    fn history(&mut self, height: Height, block: &CommitBatch<'_>) {
        let transactions: BTreeMap<TxHash, Position> = positions(height, block.receipts)
            .filter_map(|(position, receipt)| Some((receipt.tx_hash?, position)))
            .collect();
        for (hash, position) in &transactions {
            let row = PositionRow { version: Version, position: *position };
            self.put(Table::Transaction, hash.as_bytes(), &types::encode(&row));
        }
        let mut entries = BTreeSet::new();
        for (hash, accounts) in block.touched {
            let position = *transactions.get(hash).expect("what touched an account has a receipt");
            entries.extend(accounts.iter().map(|account| tables::history_key(account, position)));
        }
        for key in entries {
            self.put(Table::History, &key, &tables::with_version(&[]));
        }
    }

    /// The flat values, and the change set from which the tree recovers.
    fn changes(&mut self, height: Height, changes: &ChangeSet) {
        self.put(Table::Changes, &tables::height_key(height), &changes.encode());
        let state = self.store.handle(Table::State);
        for (key, value) in changes.entries() {
            match value {
                Some(value) => self.batch.put_cf(state, key, value),
                None => self.batch.delete_cf(state, key),
            }
        }
    }

    fn seal(&mut self, seal: &Seal) {
        let row = SealRow { version: Version, seal: seal.clone() };
        self.put(
            Table::Seal,
            &tables::seal_key(seal.height, &seal.validator),
            &types::encode(&row),
        );
    }
}

/// What belongs to the receipts of a height, with their places.
fn positions<T>(height: Height, entries: &[T]) -> impl Iterator<Item = (Position, &T)> {
    entries.iter().enumerate().map(move |(index, entry)| {
        let index = u32::try_from(index).expect("a block has fewer than 2^32 entries");
        (Position { height, index }, entry)
    })
}

#[cfg(test)]
mod tests;
