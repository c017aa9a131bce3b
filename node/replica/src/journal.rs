//! The journal of the height in progress: bodies before votes, and what a restart finds.

use crate::action::{Action, Stop};
use crate::replica::Replica;
use consensus::JournalRecord;
use std::sync::Arc;
use types::{BlockId, Height};

impl Replica {
    /// A block's body goes to the journal before anything that relies on it, once. An observer may
    /// hear its own key's vote from elsewhere before the body; it votes for nothing.
    pub(crate) fn journal_block(&mut self, block_id: &BlockId) {
        if let Some(block) = self.blocks.take_unjournalled(block_id) {
            self.act(Action::Append(JournalRecord::Block(block)));
        } else if self.may_sign() && self.blocks.message(block_id).is_none() {
            let reason = format!("block {block_id} is relied on, but its body is not at hand");
            self.stop(Stop::Broken(reason));
        }
    }

    /// The height of the records that a start has found and that wait for it; 0 if there are none.
    pub(crate) fn journal_height(&self) -> Height {
        match self.journal.first() {
            Some(JournalRecord::Header { height, .. }) => *height,
            _ => Height::ZERO,
        }
    }

    /// After a restart: the bodies of the journal are at hand again, and our own messages are no
    /// news to us. The engine replays the records when the height starts.
    pub(crate) fn restore_journal(&mut self) {
        let height = self.height();
        if self.journal_height() != height {
            return;
        }
        let records = std::mem::take(&mut self.journal);
        for record in &records {
            match record {
                JournalRecord::Block(block) if block.block.header.height == height => {
                    let block_id = crypto::id::block_id(&block.block.header);
                    self.blocks.keep_valid(block_id, Arc::clone(block), true);
                }
                JournalRecord::Message(content) => {
                    self.watcher.observe(content);
                }
                JournalRecord::Header { .. }
                | JournalRecord::Block(_)
                | JournalRecord::Proposed { .. }
                | JournalRecord::Timeout(_) => {}
            }
        }
        self.journal = records;
    }
}
