//! Reading blocks, what became of them, and their indexes.

use crate::db::{FIRST_BLOCK, Store};
use crate::error::StoreError;
use crate::tables::{self, HeaderRow, HeightRow, Position, PositionRow, SealRow, Table};
use rocksdb::{DBRawIterator, PrefixRange, ReadOptions};
use state::ChangeSet;
use types::wire::{MAX_SYNC_BLOCKS, SyncedBlock};
use types::{
    Address, Block, BlockId, Body, CommitCertificate, FinalityCertificate, Header, Height, Receipt,
    Seal, TxHash,
};

/// Most entries of one page of an account's history.
pub const MAX_HISTORY_PAGE: usize = 1_000;

impl Store {
    /// The header of a height; `None` above the tip. Headers are never pruned.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn header(&self, height: Height) -> Result<Option<Header>, StoreError> {
        Ok(self.header_row(height)?.map(|row| row.header))
    }

    /// The block id of a height; `None` above the tip.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn block_id(&self, height: Height) -> Result<Option<BlockId>, StoreError> {
        Ok(self.header_row(height)?.map(|row| row.block_id))
    }

    /// The height of a block; `None` if it is not of this chain, as far as it goes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn height_of(&self, block_id: &BlockId) -> Result<Option<Height>, StoreError> {
        let row = self.row::<HeightRow>(Table::BlockHeight, block_id.as_bytes())?;
        Ok(row.map(|row| row.height))
    }

    /// The body of a height; `None` for genesis and above the tip.
    ///
    /// # Errors
    /// [`StoreError::Pruned`], [`StoreError::Corrupt`] or what RocksDB said.
    pub fn body(&self, height: Height) -> Result<Option<Body>, StoreError> {
        if !self.has_block(height)? {
            return Ok(None);
        }
        let key = tables::height_key(height);
        // A body is read once, for a peer or a wallet, and may be large: it stays out of the cache.
        let mut options = ReadOptions::default();
        options.fill_cache(false);
        let Some(value) = self.value_with(Table::Body, &key, &options)? else {
            return Err(self.gone(Table::Body, &key, height));
        };
        let bytes = tables::without_version(Table::Body, &key, &value)?;
        tables::decode(Table::Body, &key, bytes).map(Some)
    }

    /// The certificate that decided a height here; `None` for genesis and above the tip.
    ///
    /// # Errors
    /// [`StoreError::Pruned`], [`StoreError::Corrupt`] or what RocksDB said.
    pub fn certificate(&self, height: Height) -> Result<Option<CommitCertificate>, StoreError> {
        if !self.has_block(height)? {
            return Ok(None);
        }
        let key = tables::height_key(height);
        match self.row(Table::Certificate, &key)? {
            Some(certificate) => Ok(Some(certificate)),
            None => Err(self.gone(Table::Certificate, &key, height)),
        }
    }

    /// The receipts of a height, in order; `None` for genesis and above the tip.
    ///
    /// # Errors
    /// [`StoreError::Pruned`], [`StoreError::Corrupt`] or what RocksDB said.
    pub fn receipts(&self, height: Height) -> Result<Option<Vec<Receipt>>, StoreError> {
        if !self.has_block(height)? {
            return Ok(None);
        }
        let mut receipts = Vec::new();
        self.each(Table::Receipt, of_height(height), |key, value| {
            receipts.push(tables::decode(Table::Receipt, key, value)?);
            Ok(true)
        })?;
        // Pruning may have overtaken the scan.
        self.has_block(height)?;
        Ok(Some(receipts))
    }

    /// One receipt; `None` if there is none at the position.
    ///
    /// # Errors
    /// [`StoreError::Pruned`], [`StoreError::Corrupt`] or what RocksDB said.
    pub fn receipt_at(&self, position: Position) -> Result<Option<Receipt>, StoreError> {
        if !self.has_block(position.height)? {
            return Ok(None);
        }
        let receipt = self.row(Table::Receipt, &tables::receipt_key(position))?;
        self.has_block(position.height)?;
        Ok(receipt)
    }

    /// What a receipt's `return_hash` is about: what the last call returned, or the encoded
    /// [`types::Failure`] of a contract. Empty if there is nothing, or no such receipt.
    ///
    /// # Errors
    /// [`StoreError::Pruned`], [`StoreError::Corrupt`] or what RocksDB said.
    pub fn returned_at(&self, position: Position) -> Result<Vec<u8>, StoreError> {
        if !self.has_block(position.height)? {
            return Ok(Vec::new());
        }
        let key = tables::receipt_key(position);
        let Some(value) = self.value_of(Table::Return, &key)? else {
            self.has_block(position.height)?;
            return Ok(Vec::new());
        };
        tables::without_version(Table::Return, &key, &value).map(<[u8]>::to_vec)
    }

    /// Where the receipt of a transaction is; `None` if it is in no block, or in a pruned one.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn tx_position(&self, hash: &TxHash) -> Result<Option<Position>, StoreError> {
        let row = self.row::<PositionRow>(Table::Transaction, hash.as_bytes())?;
        Ok(row.map(|row| row.position).filter(|position| position.height >= self.oldest()))
    }

    /// What touched an account, newest first: up to `limit` positions (at most
    /// [`MAX_HISTORY_PAGE`]) below `before`, which is the last one of the page before. Fewer than
    /// asked for means that there are no more above what was pruned.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn history(
        &self,
        account: &Address,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError> {
        self.check()?;
        let limit = limit.min(MAX_HISTORY_PAGE);
        let oldest = Position { height: self.oldest(), index: 0 };
        let end = before.unwrap_or(Position { height: Height::MAX, index: u32::MAX });
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(tables::history_key(account, oldest));
        options.set_iterate_upper_bound(tables::history_key(account, end));
        let mut rows = self.db.raw_iterator_cf_opt(self.handle(Table::History), options);
        let mut positions = Vec::new();
        if end > oldest {
            rows.seek_to_last();
        }
        while positions.len() < limit
            && let Some((key, value)) = rows.item()
        {
            tables::without_version(Table::History, key, value)?;
            let position = tables::history_position(key);
            positions.push(position.ok_or_else(|| wrong_key(Table::History, key))?);
            rows.prev();
        }
        self.finish(&rows, "read a history")?;
        Ok(positions)
    }

    /// The blocks from a height on, for a peer that syncs: at most `count` of them (and
    /// [`MAX_SYNC_BLOCKS`]), and no further one once their encoded bodies reach `budget` bytes.
    /// Empty if the first one is pruned, genesis, or above the tip.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn synced_blocks(
        &self,
        from: Height,
        count: u32,
        budget: usize,
    ) -> Result<Vec<SyncedBlock>, StoreError> {
        let mut blocks = Vec::new();
        let mut bytes = 0_usize;
        let mut height = from;
        for _ in 0..count.min(MAX_SYNC_BLOCKS) {
            match self.synced_block(height) {
                Ok(Some(block)) => {
                    let body = usize::try_from(block.block.header.body_bytes);
                    bytes = bytes.saturating_add(body.unwrap_or(usize::MAX));
                    blocks.push(block);
                }
                Ok(None) | Err(StoreError::Pruned { .. }) => break,
                Err(error) => return Err(error),
            }
            if bytes >= budget {
                break;
            }
            height = height.next();
        }
        Ok(blocks)
    }

    fn synced_block(&self, height: Height) -> Result<Option<SyncedBlock>, StoreError> {
        let Some(body) = self.body(height)? else {
            return Ok(None);
        };
        let key = tables::height_key(height);
        let header = self.header(height)?.ok_or_else(|| tables::missing(Table::Header, &key))?;
        let Some(certificate) = self.certificate(height)? else {
            return Ok(None);
        };
        Ok(Some(SyncedBlock { block: Block { header, body }, certificate }))
    }

    /// What the heights `from..=to` did to state, ascending: what the tree on disk lacks. Heights
    /// at or below [`Store::tree_position`] are gone.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] if one is missing, or what RocksDB said.
    pub fn change_sets(
        &self,
        from: Height,
        to: Height,
    ) -> Result<Vec<(Height, ChangeSet)>, StoreError> {
        let mut sets = Vec::new();
        let mut height = from;
        while height <= to {
            let key = tables::height_key(height);
            let changes = self.row(Table::Changes, &key)?;
            sets.push((height, changes.ok_or_else(|| tables::missing(Table::Changes, &key))?));
            height = height.next();
        }
        Ok(sets)
    }

    /// The finality certificate of a height, if it is held.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn finality(&self, height: Height) -> Result<Option<FinalityCertificate>, StoreError> {
        self.row(Table::Finality, &tables::height_key(height))
    }

    /// The finality certificate of the greatest height.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn newest_finality(&self) -> Result<Option<FinalityCertificate>, StoreError> {
        self.finality_at_or_below(Height::MAX)
    }

    /// The finality certificate of the greatest height that is at most `height`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn finality_at_or_below(
        &self,
        height: Height,
    ) -> Result<Option<FinalityCertificate>, StoreError> {
        self.check()?;
        let mut rows = self.db.raw_iterator_cf(self.handle(Table::Finality));
        rows.seek_for_prev(tables::height_key(height));
        self.finish(&rows, "read a finality certificate")?;
        let certificate =
            rows.item().map(|(key, value)| tables::decode(Table::Finality, key, value));
        certificate.transpose()
    }

    /// The seals held of a height, ascending by validator.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn seals(&self, height: Height) -> Result<Vec<Seal>, StoreError> {
        let mut seals = Vec::new();
        self.each(Table::Seal, of_height(height), |key, value| {
            seals.push(tables::decode::<SealRow>(Table::Seal, key, value)?.seal);
            Ok(true)
        })?;
        Ok(seals)
    }

    /// The votes kept of the heights from one on, ascending, as they were given to
    /// [`Store::put_votes`]; no further height once they reach `budget` bytes.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] or what RocksDB said.
    pub fn votes(&self, from: Height, budget: usize) -> Result<Vec<(Height, Vec<u8>)>, StoreError> {
        let mut votes = Vec::new();
        let mut bytes = 0_usize;
        self.each(Table::Vote, from_height(from), |key, value| {
            let height = tables::key_height(key).ok_or_else(|| wrong_key(Table::Vote, key))?;
            let encoded = tables::without_version(Table::Vote, key, value)?;
            bytes = bytes.saturating_add(encoded.len());
            votes.push((height, encoded.to_vec()));
            Ok(bytes < budget)
        })?;
        Ok(votes)
    }

    pub(crate) fn header_row(&self, height: Height) -> Result<Option<HeaderRow>, StoreError> {
        self.row(Table::Header, &tables::height_key(height))
    }

    /// Whether a height has a block here; an error if it had.
    fn has_block(&self, height: Height) -> Result<bool, StoreError> {
        if height < FIRST_BLOCK || height > self.tip()?.height {
            return Ok(false);
        }
        let oldest = self.oldest();
        if height < oldest { Err(StoreError::Pruned { oldest }) } else { Ok(true) }
    }

    /// Why something that was to be there is not: it was pruned this moment, or it is lost.
    fn gone(&self, table: Table, key: &[u8], height: Height) -> StoreError {
        let oldest = self.oldest();
        if height < oldest {
            return StoreError::Pruned { oldest };
        }
        tables::missing(table, key)
    }

    /// Visit the rows of a range, ascending, until `visit` returns false.
    fn each(
        &self,
        table: Table,
        range: ReadOptions,
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.check()?;
        let mut rows = self.db.raw_iterator_cf_opt(self.handle(table), range);
        rows.seek_to_first();
        while let Some((key, value)) = rows.item() {
            if !visit(key, value)? {
                break;
            }
            rows.next();
        }
        self.finish(&rows, "read a range")
    }

    /// An iterator that stops may have come to its end, or failed.
    fn finish(&self, rows: &DBRawIterator<'_>, during: &'static str) -> Result<(), StoreError> {
        rows.status().map_err(|error| self.failed(during, error))
    }
}

/// The range of the keys that begin with a height.
fn of_height(height: Height) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_iterate_range(PrefixRange(tables::height_key(height)));
    options
}

/// The range of the keys that begin with a height or a greater one.
fn from_height(height: Height) -> ReadOptions {
    let mut options = ReadOptions::default();
    options.set_iterate_range(tables::height_key(height)..);
    options
}

fn wrong_key(table: Table, key: &[u8]) -> StoreError {
    tables::corrupt(table, key, "not a key of this table".to_owned())
}

#[cfg(test)]
mod tests;
