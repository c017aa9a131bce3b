//! What validators sent, written down as it left, and what must hold of it.
//!
//! A node of the program `faulty` appends a line to its ledger before each signed message leaves.
//! Ledgers outlive the processes that are killed, so that two values at one address are found even
//! if nobody was connected to see both.

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use types::wire::ConsensusContent;
use types::{BlockId, Height};

/// One signed message: the validator, the address and the value.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Sent {
    /// The height signed at.
    pub height: u64,
    /// The round.
    pub round: u32,
    /// `proposal`, `prevote`, `precommit` or `seal`.
    pub step: String,
    /// Who signed, in hex.
    pub validator: String,
    /// Over what, in hex; `None` is nil.
    pub value: Option<String>,
}

/// The file a node appends to.
pub struct Ledger {
    file: File,
    /// Written by this process already: answers to peers repeat a message many times.
    written: BTreeSet<Sent>,
}

impl Ledger {
    /// Open or make a ledger.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn append_to(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file, written: BTreeSet::new() })
    }

    /// Write a message down, once; it outlives this process when this returns.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&mut self, sent: &Sent) -> anyhow::Result<()> {
        if self.written.insert(sent.clone()) {
            let mut line = serde_json::to_vec(sent)?;
            line.push(b'\n');
            self.file.write_all(&line)?;
        }
        Ok(())
    }
}

/// What a message says; `None` for certificates, which repeat what others sent.
#[must_use]
pub fn sent(content: &ConsensusContent) -> Option<Sent> {
    let message = |height: Height, round: u32, step: &str, validator: &[u8; 32], value| Sent {
        height: height.0,
        round,
        step: step.to_owned(),
        validator: hex::encode(validator),
        value,
    };
    match content {
        ConsensusContent::Proposal(p) => {
            let value = crypto::id::proposal_value(&p.block_id, p.pol_round);
            let value = Some(hex::encode(value.0));
            Some(message(p.height, p.round.0, "proposal", &p.validator.0, value))
        }
        ConsensusContent::Vote(v) => {
            let step = match v.kind {
                types::VoteKind::Prevote => "prevote",
                types::VoteKind::Precommit => "precommit",
            };
            let value = v.block_id.map(|id| hex::encode(id.0));
            Some(message(v.height, v.round.0, step, &v.validator.0, value))
        }
        ConsensusContent::Seal(s) => {
            let value = crypto::id::seal_value(&s.block_id, &s.state_root, &s.receipts_root);
            Some(message(s.height, 0, "seal", &s.validator.0, Some(hex::encode(value.0))))
        }
        ConsensusContent::Commit(_)
        | ConsensusContent::Finality(_)
        | ConsensusContent::Polka(_)
        | ConsensusContent::Round(_) => None,
    }
}

/// All messages of some ledgers.
#[derive(Debug, Default)]
pub struct Record {
    sent: BTreeSet<Sent>,
}

impl Record {
    /// Read ledgers; a file that is missing was never written to.
    ///
    /// # Errors
    /// If one cannot be read, or a whole line is none.
    pub fn read<P: AsRef<Path>>(files: impl IntoIterator<Item = P>) -> anyhow::Result<Self> {
        let mut record = Self::default();
        for file in files {
            let path = file.as_ref();
            let text = match std::fs::read_to_string(path) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error).with_context(|| path.display().to_string()),
            };
            // A process may have died in the middle of its last line.
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            for line in whole.lines() {
                let sent = serde_json::from_str(line);
                record.sent.insert(sent.with_context(|| format!("{}: {line}", path.display()))?);
            }
        }
        Ok(record)
    }

    /// How many messages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sent.len()
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty()
    }

    /// Add one message.
    pub fn insert(&mut self, sent: Sent) {
        self.sent.insert(sent);
    }

    /// Pairs of messages by one validator at one address over different values.
    #[must_use]
    pub fn signed_twice(&self) -> Vec<(&Sent, &Sent)> {
        // The value is the last field: conflicting messages stand side by side.
        let next = self.sent.iter().skip(1);
        let pairs = self.sent.iter().zip(next);
        pairs.filter(|(a, b)| place(a) == place(b)).collect()
    }

    /// Check that a block which more than two thirds precommitted is the one that was committed.
    /// Every validator has the same power.
    ///
    /// # Errors
    /// The first height at which another block was committed.
    pub fn check_committed(
        &self,
        validators: usize,
        committed: &BTreeMap<Height, BlockId>,
    ) -> anyhow::Result<()> {
        let mut power: BTreeMap<(u64, u32, &str), usize> = BTreeMap::new();
        let precommits = self.sent.iter().filter(|sent| sent.step == "precommit");
        for (sent, value) in precommits.filter_map(|sent| Some((sent, sent.value.as_deref()?))) {
            *power.entry((sent.height, sent.round, value)).or_default() += 1;
        }
        let decided = power.iter().filter(|(_, count)| *count * 3 > validators * 2);
        for ((height, round, value), _) in decided {
            let Some(block_id) = committed.get(&Height(*height)) else { continue };
            ensure!(
                hex::encode(block_id.0) == *value,
                "height {height}: {value} was decided in round {round}, {block_id} was committed"
            );
        }
        Ok(())
    }

    /// Check that nobody signed two values at one address.
    ///
    /// # Errors
    /// All pairs that were found.
    pub fn check_signed_once(&self) -> anyhow::Result<()> {
        let pairs = self.signed_twice();
        if pairs.is_empty() {
            return Ok(());
        }
        bail!("signed twice: {pairs:#?}")
    }
}

fn place(sent: &Sent) -> (u64, u32, &str, &str) {
    (sent.height, sent.round, &sent.step, &sent.validator)
}

#[cfg(test)]
mod tests;
