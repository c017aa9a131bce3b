//! Keep the window across a restart: committed heights as bytes, and back.

use super::Watcher;
use super::ballots::{Entry, Statement};
use super::index::Put;
use borsh::{BorshDeserialize, BorshSerialize};
use std::sync::Arc;
use types::{DecodeError, Height, Round, Step, ValidatorId, ValidatorSet, Version};

/// Most entries saved of one height: a hundred validators in forty rounds. What lies above is the
/// work of a double signer, and stays in memory only.
pub const MAX_SAVED_ENTRIES: usize = 16_384;
/// Largest saved height.
pub const MAX_SAVED_BYTES: usize = MAX_SAVED_ENTRIES * 512;

/// Why saved bytes were not taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// Not the encoding of a saved height.
    #[error("a saved height does not decode")]
    Malformed(#[source] DecodeError),
    /// It names somebody who is not in the set of that height.
    #[error("height {height} was saved with {validator}, who is no validator of it")]
    Stranger {
        /// The height.
        height: Height,
        /// Who.
        validator: ValidatorId,
    },
}

/// What is known of one height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct SavedHeight {
    version: Version<1>,
    height: Height,
    entries: Vec<SavedEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct SavedEntry {
    validator: ValidatorId,
    round: Round,
    step: Step,
    entry: Entry,
}

impl Watcher {
    /// Committed heights that changed since they were last taken, lowest first, at most `max` of
    /// them, as bytes for [`Self::import`]. They need not be synced: what is lost is evidence that
    /// others hold, too.
    #[must_use]
    pub fn take_unsaved(&mut self, max: usize) -> Vec<(Height, Vec<u8>)> {
        let heights: Vec<Height> = self.unsaved.iter().copied().take(max).collect();
        for height in &heights {
            self.unsaved.remove(height);
        }
        heights.into_iter().filter_map(|height| Some((height, self.export(height)?))).collect()
    }

    /// What is known of a height, as bytes; `None` if it is not watched.
    #[must_use]
    pub fn export(&self, height: Height) -> Option<Vec<u8>> {
        let record = self.index.record(height)?;
        let mut entries = Vec::new();
        for ((round, step), at) in record.places() {
            for (index, pair) in at {
                let Some(validator) = record.id(*index) else { continue };
                let both = pair.entries().copied();
                entries.extend(both.map(|entry| SavedEntry { validator, round, step, entry }));
            }
        }
        entries.truncate(MAX_SAVED_ENTRIES);
        Some(types::encode(&SavedHeight { version: Version, height, entries }))
    }

    /// Take back what [`Self::export`] gave, `set` being V of its height. A height outside the
    /// window is left out. Returns how many entries are known again.
    ///
    /// The bytes come from this node's own store, where nothing unverified was written.
    ///
    /// # Errors
    /// [`ImportError`]; nothing is taken then.
    pub fn import(&mut self, bytes: &[u8], set: &Arc<ValidatorSet>) -> Result<usize, ImportError> {
        let saved: SavedHeight = types::decode("saved height", bytes, MAX_SAVED_BYTES)
            .map_err(ImportError::Malformed)?;
        let height = saved.height;
        if height < self.oldest() || height > self.height.next() {
            return Ok(0);
        }
        let set = self.set_of(height).unwrap_or(set).clone();
        let mut statements = Vec::with_capacity(saved.entries.len());
        for SavedEntry { validator, round, step, entry } in saved.entries {
            let index = set.index_of(&validator).and_then(|index| u16::try_from(index).ok());
            let index = index.ok_or(ImportError::Stranger { height, validator })?;
            statements.push(Statement { index, round, step, entry });
        }
        self.index.open(height, &set);
        let mut taken = 0;
        for statement in statements {
            match self.index.put(height, &set, statement) {
                Put::New | Put::Conflict { .. } => taken += 1,
                Put::Known | Put::Third => {}
            }
        }
        Ok(taken)
    }
}
