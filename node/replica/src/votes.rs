//! The watcher's window across a restart: kept height by height, taken back at a start.
//!
//! Nothing here is synced. What a crash loses is what this node saw within the last second; others
//! saw it, too, and a double sign is proved by whoever holds both halves. Once this node holds both
//! it may be the only one, so the height of a double sign is kept at once, even that in progress.

use crate::action::Action;
use crate::replica::Replica;
use consensus::watcher::ImportError;
use std::sync::Arc;
use types::{Height, ValidatorSet};

/// Heights kept at most in one go; a node that catches up faster keeps the rest a second later.
pub(crate) const MAX_SAVED_AT_ONCE: usize = 256;
/// What has left the window is forgotten on disk in steps of so many heights.
const DROP_EVERY: u64 = 256;

impl Replica {
    /// Take back what [`Action::StoreVotes`] kept of a height, before
    /// [`Event::Started`](crate::Event::Started), in ascending order of heights; `set` is V of that
    /// height. What lies outside the window is left out. Returns how many votes, proposals and
    /// seals are known again.
    ///
    /// # Errors
    /// [`ImportError`] if the bytes are not such a height; nothing of it is taken then.
    pub fn restore_votes(
        &mut self,
        votes: &[u8],
        set: &Arc<ValidatorSet>,
    ) -> Result<usize, ImportError> {
        if !self.config.detectors.memory {
            return Ok(0);
        }
        self.watcher.import(votes, set)
    }

    /// Let the double signs of the window wait for a block, as they did before the restart. What
    /// was punished or can stand in no later block does not.
    pub(crate) fn recall_evidence(&mut self) {
        let (params, height) = (self.frontier.params.clone(), self.height());
        for pair in self.watcher.double_signs() {
            let about = pair.address.height;
            if about > height || params.in_evidence_window(about, height) {
                self.let_wait(pair);
            }
        }
    }

    /// Keep what is known of one height.
    pub(crate) fn save_votes_of(&mut self, height: Height) {
        if let Some(votes) = self.watcher.export(height) {
            self.act(Action::StoreVotes(height, votes));
        }
    }

    /// Keep what changed since it was last kept, and forget what has left the window.
    pub(crate) fn save_votes(&mut self, most_heights: usize) {
        for (height, votes) in self.watcher.take_unsaved(most_heights) {
            self.act(Action::StoreVotes(height, votes));
        }
        let tip = self.frontier.tip();
        let oldest = Height(tip.0.saturating_sub(self.config.watch_heights).saturating_add(1));
        if oldest.0 >= self.votes_kept_from.0.saturating_add(DROP_EVERY) {
            self.votes_kept_from = oldest;
            self.act(Action::DropVotes(oldest));
        }
    }
}
