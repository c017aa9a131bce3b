//! A simulated disk: what was synced survives a crash, what was not may be torn off.

use super::random::Random;
use consensus::JournalRecord;
use consensus::journal;
use consensus::safety::{Guard, GuardSlot, SLOT_BYTES};
use executor::block::Parent;
use replica::finality::Roots;
use state::{MapReader, Tree};
use std::collections::BTreeMap;
use std::sync::Arc;
use types::wire::{BlockMessage, SyncedBlock};
use types::{
    ChainId, CommitCertificate, FinalityCertificate, Genesis, Hash, Height, Seal, ValidatorId,
};

/// Memory for clean nodes of the simulated tree.
const TREE_CACHE_BYTES: usize = 1 << 20;

/// Everything of a node that outlives its process.
pub(super) struct Disk {
    /// Flat values, as of the tip.
    pub(super) state: MapReader,
    pub(super) blocks: BTreeMap<Height, StoredBlock>,
    pub(super) seals: BTreeMap<(Height, ValidatorId), Seal>,
    pub(super) finality: Option<FinalityCertificate>,
    /// What watchers know of committed heights, never synced.
    pub(super) votes: BTreeMap<Height, Vec<u8>>,
    pub(super) instance: Hash,
    genesis_parent: Arc<Parent>,
    guard: [u8; 2 * SLOT_BYTES],
    journal_synced: Vec<u8>,
    journal_unsynced: Vec<u8>,
}

/// A durable block.
pub(super) struct StoredBlock {
    pub(super) message: Arc<BlockMessage>,
    pub(super) certificate: CommitCertificate,
    pub(super) parent: Arc<Parent>,
}

impl Disk {
    /// A disk on which genesis was written, with a guard made together with its keys.
    pub(super) fn new(genesis: &Genesis, mut guard: Option<Guard>) -> Self {
        let header = crypto::id::genesis_header(genesis).expect("a test genesis has a set");
        let changes = executor::genesis::changes(genesis).expect("a test genesis is valid");
        let mut state = MapReader::new();
        let state_root = Tree::new(TREE_CACHE_BYTES)
            .apply(&state, Height::ZERO, &changes)
            .expect("memory can be read");
        state.apply(&changes);
        let block_id = crypto::id::block_id(&header);
        let parent = Parent { header, block_id, state_root, receipts_root: Hash::ZERO };
        let mut disk = Self {
            state,
            blocks: BTreeMap::new(),
            seals: BTreeMap::new(),
            finality: None,
            votes: BTreeMap::new(),
            instance: Hash::ZERO,
            genesis_parent: Arc::new(parent),
            guard: [0; 2 * SLOT_BYTES],
            journal_synced: Vec::new(),
            journal_unsynced: Vec::new(),
        };
        if let Some(guard) = &mut guard {
            disk.set_guard(&guard.next_slot());
        }
        disk
    }

    pub(super) fn tip(&self) -> &Arc<Parent> {
        self.blocks.last_key_value().map_or(&self.genesis_parent, |(_, block)| &block.parent)
    }

    pub(super) fn certificate(&self) -> Option<CommitCertificate> {
        self.blocks.last_key_value().map(|(_, block)| block.certificate.clone())
    }

    /// The tree as of the tip, rebuilt from the flat values.
    pub(super) fn tree(&self) -> Tree {
        let mut tree = Tree::new(TREE_CACHE_BYTES);
        let values = self.state.values().iter();
        let entries = values.map(|(key, value)| (key.clone(), Some(value.clone()))).collect();
        let whole = state::ChangeSet::from_sorted(entries).expect("a map is sorted");
        let height = self.tip().header.height;
        let root = tree.catch_up(&MapReader::new(), height, &whole).expect("memory can be read");
        assert_eq!(root, self.tip().state_root, "the tree of the flat values is the tip's");
        tree
    }

    /// Block id and roots of every durable height from `from` on.
    pub(super) fn roots(&self, from: Height) -> Vec<(Height, Roots)> {
        let roots = |parent: &Parent| Roots {
            block_id: parent.block_id,
            state_root: parent.state_root,
            receipts_root: parent.receipts_root,
        };
        self.blocks.range(from..).map(|(height, block)| (*height, roots(&block.parent))).collect()
    }

    pub(super) fn synced_blocks(&self, from: Height, count: u32) -> Vec<SyncedBlock> {
        let blocks = self.blocks.range(from..).take(count as usize);
        blocks
            .map(|(_, stored)| SyncedBlock {
                block: stored.message.block.clone(),
                certificate: stored.certificate.clone(),
            })
            .collect()
    }

    pub(super) fn append(&mut self, record: &JournalRecord) {
        self.journal_unsynced.extend(journal::frame(record));
    }

    pub(super) fn flush(&mut self) {
        self.journal_synced.append(&mut self.journal_unsynced);
    }

    pub(super) fn reset_journal(&mut self, chain_id: ChainId, height: Height) {
        self.journal_synced.clear();
        self.journal_unsynced.clear();
        self.append(&JournalRecord::Header { chain_id, height });
    }

    pub(super) fn set_guard(&mut self, slot: &GuardSlot) {
        let at = slot.position * SLOT_BYTES;
        self.guard[at..at + SLOT_BYTES].copy_from_slice(&slot.bytes);
    }

    pub(super) fn guard(&self) -> Option<Guard> {
        self.guard
            .iter()
            .any(|byte| *byte != 0)
            .then(|| Guard::decode(&self.guard).expect("a slot that was synced is whole"))
    }

    /// Lose what was not synced, but for a random part of it.
    pub(super) fn crash(&mut self, random: &mut Random) {
        let kept = random.below(self.journal_unsynced.len() as u64 + 1);
        let kept = usize::try_from(kept).expect("a journal fits memory");
        self.journal_synced.extend_from_slice(&self.journal_unsynced[..kept]);
        self.journal_unsynced.clear();
        self.votes.retain(|_, _| random.happens(900));
    }

    /// The journal's records, if it is of this height.
    pub(super) fn journal(&mut self, chain_id: ChainId, height: Height) -> Vec<JournalRecord> {
        let (records, tail) =
            journal::read_all(&self.journal_synced).expect("only the end is torn");
        if let journal::Tail::Torn { at } = tail {
            self.journal_synced.truncate(at);
        }
        if records.first() == Some(&JournalRecord::Header { chain_id, height }) {
            return records;
        }
        self.reset_journal(chain_id, height);
        Vec::new()
    }
}
