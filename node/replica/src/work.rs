//! Heavy jobs: pure functions over a reader, done on workers and brought back as events.
//!
//! A job's result depends on its input and the state it names alone, never on when or where it
//! runs; what is handed in as known or verified only saves time.

mod perform;

pub use consensus::watcher::Ballots;
pub use perform::{
    PrepareError, Prepared, Synced, admit, build, check, committed, compile, prepare, verify,
};

use executor::Rejection;
use executor::block::{Checked, Parent};
use executor::transaction::Position;
use mempool::Pending;
use state::{NodeReader, ReadError};
use std::collections::BTreeSet;
use std::sync::Arc;
use types::punishment::RevealRecord;
use types::record::ValidatorStatus;
use types::wire::BlockMessage;
use types::{
    Address, BlockId, Code, CommitCertificate, Evidence, FinalityCertificate, Hash, Height, Nonce,
    Params, PublicKey, Round, Seal, TimestampMs, TxHash, ValidatorId, ValidatorSet, VrfProof,
};

/// A job.
#[derive(Debug)]
pub enum Work {
    /// Verify signatures and shares.
    Verify {
        /// Comes back with the result.
        batch: u64,
        /// What to verify, with the keys of its height.
        ballots: Vec<Ballots>,
    },
    /// Check a block against the state after its parent.
    Check {
        /// The block.
        block: Arc<BlockMessage>,
        /// Its id.
        block_id: BlockId,
        /// Its parent.
        parent: Arc<Parent>,
        /// Ballots of the certificates it carries that were verified already.
        known: Arc<BTreeSet<Hash>>,
    },
    /// Build a block on the state after its parent.
    Build(Box<BuildJob>),
    /// Execute a decided block and make it durable.
    Commit(Box<CommitJob>),
    /// Verify a certificate, then check, execute and make durable.
    Sync(Box<CommitJob>),
    /// Judge transactions for the pool.
    Admit {
        /// Comes back with the result.
        batch: u64,
        /// Encoded transactions.
        txs: Vec<Vec<u8>>,
        /// The state to judge them by.
        frontier: Arc<Frontier>,
    },
}

/// A block to be built.
#[derive(Debug)]
pub struct BuildJob {
    /// Its parent.
    pub parent: Arc<Parent>,
    /// Its height.
    pub height: Height,
    /// The round it is proposed in.
    pub round: Round,
    /// Our wall clock; the block's time is at least one millisecond after its parent's.
    pub time_ms: TimestampMs,
    /// We.
    pub proposer: ValidatorId,
    /// The precommits that decided the parent.
    pub last_commit: Option<CommitCertificate>,
    /// A finality certificate, if one is due.
    pub finality: Option<FinalityCertificate>,
    /// Double signs, in order of preference.
    pub evidence: Vec<Evidence>,
    /// Transactions, in order of preference.
    pub candidates: Vec<Arc<Pending>>,
    /// Proof of the height's randomness, and the randomness.
    pub randomness: (VrfProof, Hash),
}

/// A block on its way to disk.
#[derive(Debug)]
pub struct CommitJob {
    /// The block.
    pub block: Arc<BlockMessage>,
    /// Its id.
    pub block_id: BlockId,
    /// Its parent.
    pub parent: Arc<Parent>,
    /// The check's result, unless it must be checked (again).
    pub checked: Option<Arc<Checked>>,
    /// The precommits that decided it.
    pub certificate: CommitCertificate,
    /// V(height): verifies the certificate of a synced block.
    pub set: Arc<ValidatorSet>,
    /// Ballots that were verified already.
    pub known: Arc<BTreeSet<Hash>>,
    /// Our seal of the height before.
    pub own_seal: Option<Seal>,
}

/// A job's result.
#[derive(Clone, Debug)]
pub enum WorkDone {
    /// Of [`Work::Verify`]: one verdict for each of its ballots.
    Verified {
        /// The batch.
        batch: u64,
        /// Whether every signature and share of the entry verifies.
        valid: Vec<bool>,
    },
    /// Of [`Work::Check`].
    Checked {
        /// Which block.
        block_id: BlockId,
        /// Whether it is valid.
        result: Result<Arc<Checked>, Rejection>,
    },
    /// Of [`Work::Build`].
    Built {
        /// For which height.
        height: Height,
        /// The block.
        block: Arc<BlockMessage>,
        /// Its id.
        block_id: BlockId,
        /// Candidates that no block can hold, and why.
        invalid: Vec<(TxHash, Code)>,
    },
    /// Of [`Work::Build`]: nothing can be proposed.
    NotBuilt {
        /// For which height.
        height: Height,
        /// Why.
        reason: String,
    },
    /// The job's parent is no longer the newest block: its result would mean nothing.
    Stale,
    /// Of [`Work::Commit`] and [`Work::Sync`]: the block is durable.
    Committed(Box<Committed>),
    /// Of [`Work::Sync`]: the block is not one.
    SyncRefused {
        /// Its height.
        height: Height,
        /// Why.
        reason: Rejection,
    },
    /// Of [`Work::Admit`].
    Admitted {
        /// The batch.
        batch: u64,
        /// What to tell the pool, one for each transaction.
        results: Vec<Admission>,
    },
    /// The state could not be read, or the batch not written: the node stops.
    Failed(String),
}

/// A judged transaction: what the pool takes, and the next nonce of its lane in the state.
#[derive(Clone, Debug)]
pub struct Admission {
    /// Its hash.
    pub hash: TxHash,
    /// The encoded transaction for gossip and pool, or why it is refused.
    pub result: Result<(Arc<Pending>, Nonce), Rejection>,
    /// Whether the transaction could never be valid: then its forwarder is to blame.
    pub stateless: bool,
}

/// A committed height: what the replica needs to go on with the next.
#[derive(Clone, Debug)]
pub struct Committed {
    /// What follows from the block.
    pub next: Arc<Frontier>,
    /// The precommits that decided it.
    pub certificate: CommitCertificate,
    /// Nonces used, as (sender, lane, next nonce).
    pub nonces: Vec<(Address, u8, Nonce)>,
    /// Its transactions.
    pub hashes: Vec<TxHash>,
    /// Whom it punished.
    pub revealed: Vec<RevealRecord>,
}

/// Where the chain stands: the newest durable block and what the heights after it are ruled by.
#[derive(Clone, Debug)]
pub struct Frontier {
    /// The newest durable block, with the roots after it.
    pub parent: Arc<Parent>,
    /// V(tip + 1).
    pub set: Arc<ValidatorSet>,
    /// V(tip + 2).
    pub next_set: Arc<ValidatorSet>,
    /// Positions in V(tip + 1) that are eligible to propose.
    pub eligible: Vec<u16>,
    /// Parameters in force.
    pub params: Arc<Params>,
    /// Protocol version that rules tip + 1.
    pub protocol: u16,
    /// Height of the newest finality certificate in the chain.
    pub carried: Height,
    /// Network key of each validator.
    pub peers: Vec<(ValidatorId, PublicKey)>,
    /// Network keys that may connect.
    pub allowed: Vec<PublicKey>,
    /// Validators that were punished for signing twice, ascending.
    pub revealed: Vec<ValidatorId>,
    /// Validators that were admitted and have yet to show that they caught up, ascending.
    pub awaited: Vec<Awaited>,
}

/// A validator that the chain waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// Who.
    pub validator: ValidatorId,
    /// V, which signs what it shows.
    pub consensus_key: PublicKey,
    /// The next nonce of the account of its network key, in lane 0.
    pub nonce: Nonce,
}

impl Frontier {
    /// The same frontier, with the sets it has in common with the one before held once: thousands
    /// of heights are remembered with their sets.
    #[must_use]
    pub(crate) fn sharing(self: Arc<Self>, before: &Self) -> Arc<Self> {
        let mut shared = Arc::unwrap_or_clone(self);
        for set in [&mut shared.set, &mut shared.next_set] {
            let held = [&before.next_set, &before.set].into_iter().find(|held| **held == *set);
            if let Some(held) = held {
                *set = held.clone();
            }
        }
        Arc::new(shared)
    }

    /// The newest durable height.
    #[must_use]
    pub fn tip(&self) -> Height {
        self.parent.header.height
    }

    /// The earliest next block: what transactions are judged by.
    #[must_use]
    pub fn position(&self) -> Position {
        let header = &self.parent.header;
        let time_ms = TimestampMs(header.time_ms.0.saturating_add(1));
        Position { height: header.height.next(), time_ms }
    }

    /// Read what follows the block `parent` from the state after it.
    ///
    /// # Errors
    /// [`ReadError`] if the state cannot be read or lacks what genesis put there.
    pub fn read(reader: &dyn NodeReader, parent: Arc<Parent>) -> Result<Self, ReadError> {
        let height = parent.header.height.next();
        let chain = state::read::chain(reader)?;
        let set = state::read::validator_set_at(reader, height)?;
        let next_set = state::read::validator_set_at(reader, height.next())?;
        let eligible = state::read::eligible(reader, height, &set)?;
        let params = state::read::params(reader)?;
        let mut peers = Vec::new();
        let mut allowed = BTreeSet::new();
        let mut revealed = Vec::new();
        let mut awaited = Vec::new();
        for (id, record) in state::read::validators(reader)? {
            match record.status {
                ValidatorStatus::Revealed => revealed.push(id),
                ValidatorStatus::Left => continue,
                ValidatorStatus::Admitted => {
                    let sender = crypto::id::account_address(&record.network_key);
                    let nonce = executor::transaction::next_nonce(reader, &sender, 0)?;
                    let consensus_key = record.consensus_key;
                    awaited.push(Awaited { validator: id, consensus_key, nonce });
                    allowed.insert(record.network_key);
                }
                ValidatorStatus::Candidate | ValidatorStatus::Active | ValidatorStatus::Leaving => {
                    allowed.insert(record.network_key);
                }
            }
            peers.push((id, record.network_key));
        }
        for member in state::read::members(reader)? {
            allowed.extend(member.member.network_keys.iter().copied());
        }
        Ok(Self {
            parent,
            set: Arc::new(set),
            next_set: Arc::new(next_set),
            eligible,
            params: Arc::new(params),
            protocol: chain.protocol,
            carried: chain.carried,
            peers,
            allowed: allowed.into_iter().collect(),
            revealed,
            awaited,
        })
    }
}
