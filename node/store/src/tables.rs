//! Every table: its name, its keys and its values.
//!
//! A table is a RocksDB column family. Numbers in keys are big-endian, so that keys sort by number.
//! Values are borsh and begin with a version byte, but for [`Table::State`] and [`Table::Node`]:
//! what lies there belongs to the `state` crate and is kept as it comes.

use crate::error::StoreError;
use borsh::{BorshDeserialize, BorshSerialize};
use std::fmt::Write;
use types::codec::Version;
use types::{Address, BlockId, ChainId, Hash, Header, Height, Seal, TimestampMs, ValidatorId};

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// height u64 → [`HeaderRow`]; never pruned.
    Header,
    /// block id 32 → [`HeightRow`]; never pruned.
    BlockHeight,
    /// height u64 → version 1 ‖ [`types::Body`].
    Body,
    /// height u64 → [`types::CommitCertificate`], the one that decided the height here.
    Certificate,
    /// height u64 ‖ index u32 → [`types::Receipt`].
    Receipt,
    /// height u64 ‖ index u32 → version 1 ‖ the bytes that a receipt's `return_hash` is about,
    /// where there are any.
    Return,
    /// transaction hash 32 → [`PositionRow`] of its receipt.
    Transaction,
    /// account 32 ‖ height u64 ‖ index u32 → version 1: the receipts that touched an account.
    History,
    /// height u64 → [`state::ChangeSet`]; kept until the tree on disk is past the height.
    Changes,
    /// raw key → value, the latest of both; no version byte.
    State,
    /// [`state::NodePath`] → tree node, as last flushed; no version byte.
    Node,
    /// height u64 → [`types::FinalityCertificate`]; never pruned.
    Finality,
    /// height u64 ‖ validator 32 → [`SealRow`].
    Seal,
    /// height u64 → version 1 ‖ bytes of the vote index, whose form is its writer's.
    Vote,
    /// One of the names in [`meta`] → what is said there.
    ///
    /// The last one, because RocksDB makes them in this order: where it is, all others were.
    Meta,
}

/// Keys of [`Table::Meta`].
pub(crate) mod meta {
    /// → [`super::SchemaRow`].
    pub(crate) const SCHEMA: &[u8] = b"schema";
    /// → [`super::IdentityRow`].
    pub(crate) const IDENTITY: &[u8] = b"identity";
    /// → [`types::Genesis`].
    pub(crate) const GENESIS: &[u8] = b"genesis";
    /// → [`super::Tip`].
    pub(crate) const TIP: &[u8] = b"tip";
    /// → [`super::TreePosition`].
    pub(crate) const TREE: &[u8] = b"tree";
    /// → [`super::HeightRow`]: the oldest height that is not pruned.
    pub(crate) const OLDEST: &[u8] = b"oldest";
}

/// How a table is read, which decides its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Single keys, often missing ones: a Bloom filter pays.
    Point,
    /// By height, in order: it does not.
    Log,
}

impl Table {
    /// Every table, in the order in which RocksDB makes them.
    pub(crate) const ALL: [Self; 15] = [
        Self::Header,
        Self::BlockHeight,
        Self::Body,
        Self::Certificate,
        Self::Receipt,
        Self::Return,
        Self::Transaction,
        Self::History,
        Self::Changes,
        Self::State,
        Self::Node,
        Self::Finality,
        Self::Seal,
        Self::Vote,
        Self::Meta,
    ];

    /// The tables that pruning empties by height: their keys begin with it.
    pub(crate) const PRUNED_BY_HEIGHT: [Self; 5] =
        [Self::Body, Self::Certificate, Self::Receipt, Self::Return, Self::Seal];

    /// The column family's name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::BlockHeight => "block_height",
            Self::Body => "body",
            Self::Certificate => "certificate",
            Self::Receipt => "receipt",
            Self::Return => "return",
            Self::Transaction => "transaction",
            Self::History => "history",
            Self::Changes => "changes",
            Self::State => "state",
            Self::Node => "node",
            Self::Finality => "finality",
            Self::Seal => "seal",
            Self::Vote => "vote",
            Self::Meta => "meta",
        }
    }

    /// How it is read.
    pub(crate) const fn access(self) -> Access {
        match self {
            Self::BlockHeight | Self::Transaction | Self::State | Self::Node => Access::Point,
            Self::Header
            | Self::Body
            | Self::Certificate
            | Self::Receipt
            | Self::Return
            | Self::History
            | Self::Changes
            | Self::Finality
            | Self::Seal
            | Self::Vote
            | Self::Meta => Access::Log,
        }
    }

    /// Most bytes of a value that a read decodes.
    pub(crate) const fn value_limit(self) -> usize {
        const KIB: usize = 1024;
        const MIB: usize = 1024 * KIB;
        match self {
            Self::Header | Self::Seal => 4 * KIB,
            Self::BlockHeight | Self::Transaction | Self::History => 64,
            Self::Body => types::wire::MAX_BLOCK_BYTES,
            // A hundred signatures with their shares are 20 KiB.
            Self::Certificate | Self::Finality => 64 * KIB,
            Self::Receipt => types::receipt::MAX_EVENT_BYTES + 64 * KIB,
            Self::Return => types::contract::MAX_RETURN_BYTES + KIB,
            Self::Changes => state::changes::MAX_CHANGE_SET_BYTES,
            Self::State | Self::Node => MIB,
            Self::Vote => 64 * MIB,
            Self::Meta => types::genesis::MAX_GENESIS_BYTES,
        }
    }
}

/// A header with its identity, which this crate cannot compute.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct HeaderRow {
    pub(crate) version: Version<1>,
    pub(crate) block_id: BlockId,
    pub(crate) header: Header,
}

/// A height.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct HeightRow {
    pub(crate) version: Version<1>,
    pub(crate) height: Height,
}

/// The place of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct PositionRow {
    pub(crate) version: Version<1>,
    pub(crate) position: Position,
}

/// A seal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct SealRow {
    pub(crate) version: Version<1>,
    pub(crate) seal: Seal,
}

/// Which form the tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct SchemaRow {
    pub(crate) version: Version<1>,
    pub(crate) schema: u32,
}

/// Whose store this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct IdentityRow {
    pub(crate) version: Version<1>,
    pub(crate) chain_id: ChainId,
    pub(crate) genesis_hash: BlockId,
    /// Drawn when the guard was armed; kept there and here (docs/protocol.md 4.3).
    pub(crate) instance: [u8; 32],
}

/// The newest durable height and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tip {
    /// Format version.
    pub version: Version<1>,
    /// The height.
    pub height: Height,
    /// Its block.
    pub block_id: BlockId,
    /// State root after it.
    pub state_root: Hash,
    /// Root over its receipts; zero at height 0.
    pub receipts_root: Hash,
    /// Its block time.
    pub time_ms: TimestampMs,
}

/// Up to which height the tree's nodes are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TreePosition {
    /// Format version.
    pub version: Version<1>,
    /// The height.
    pub height: Height,
    /// State root after it: the root of the tree on disk.
    pub root: Hash,
}

/// The place of a receipt, and with it of a transaction: the first two numbers of a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Position {
    /// The height.
    pub height: Height,
    /// The receipt within it, counted through all kinds.
    pub index: u32,
}

/// Bytes of a key of [`Table::History`].
const HISTORY_KEY_BYTES: usize = 32 + 8 + 4;

/// The key of a height.
pub(crate) const fn height_key(height: Height) -> [u8; 8] {
    height.0.to_be_bytes()
}

/// The height that a key is or begins with.
pub(crate) fn key_height(key: &[u8]) -> Option<Height> {
    key.first_chunk().map(|bytes| Height(u64::from_be_bytes(*bytes)))
}

/// The key of a receipt.
pub(crate) fn receipt_key(position: Position) -> [u8; 12] {
    let mut key = [0; 12];
    key[..8].copy_from_slice(&height_key(position.height));
    key[8..].copy_from_slice(&position.index.to_be_bytes());
    key
}

/// The key of a seal.
pub(crate) fn seal_key(height: Height, validator: &ValidatorId) -> [u8; 40] {
    let mut key = [0; 40];
    key[..8].copy_from_slice(&height_key(height));
    key[8..].copy_from_slice(validator.as_bytes());
    key
}

/// The key of an entry in an account's history.
pub(crate) fn history_key(account: &Address, position: Position) -> [u8; HISTORY_KEY_BYTES] {
    let mut key = [0; HISTORY_KEY_BYTES];
    key[..32].copy_from_slice(account.as_bytes());
    key[32..].copy_from_slice(&receipt_key(position));
    key
}

/// The position in a key of an account's history; `None` if it is no such key.
pub(crate) fn history_position(key: &[u8]) -> Option<Position> {
    if key.len() != HISTORY_KEY_BYTES {
        return None;
    }
    let height = key_height(&key[32..])?;
    let index = u32::from_be_bytes(*key[40..].first_chunk()?);
    Some(Position { height, index })
}

/// The version byte before a value that has none of its own.
const VALUE_VERSION: u8 = 1;

/// A version byte, then the bytes.
pub(crate) fn with_version(bytes: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(bytes.len().saturating_add(1));
    value.push(VALUE_VERSION);
    value.extend_from_slice(bytes);
    value
}

/// The bytes after the version byte.
pub(crate) fn without_version<'a>(
    table: Table,
    key: &[u8],
    value: &'a [u8],
) -> Result<&'a [u8], StoreError> {
    match value.split_first() {
        Some((&VALUE_VERSION, bytes)) => Ok(bytes),
        Some((version, _)) => {
            Err(corrupt(table, key, format!("version {version}, not {VALUE_VERSION}")))
        }
        None => Err(corrupt(table, key, "empty".to_owned())),
    }
}

/// Decode a value that is borsh with its version in it.
pub(crate) fn decode<T: BorshDeserialize>(
    table: Table,
    key: &[u8],
    value: &[u8],
) -> Result<T, StoreError> {
    types::decode(table.name(), value, table.value_limit())
        .map_err(|error| corrupt(table, key, error.to_string()))
}

/// The error for a value that nobody wrote.
pub(crate) fn corrupt(table: Table, key: &[u8], reason: String) -> StoreError {
    let mut digits = String::with_capacity(key.len().saturating_mul(2));
    for byte in key {
        write!(digits, "{byte:02x}").expect("writing to a string cannot fail");
    }
    StoreError::Corrupt { table: table.name(), key: digits, reason }
}

/// The error for a value that must be there and is not.
pub(crate) fn missing(table: Table, key: &[u8]) -> StoreError {
    corrupt(table, key, "missing".to_owned())
}
