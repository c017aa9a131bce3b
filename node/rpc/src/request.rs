//! What the server asks of the node, and what the node tells it.

use crate::metrics::Metrics;
use client::dto::{MempoolInfo, NetInfo, SyncProgress};
use state::proof::Proof;
use std::fmt;
use std::sync::Arc;
use store::Store;
use tokio::sync::{mpsc, oneshot, watch};
use types::{
    Address, BlockId, ChainId, Code, Failure, Gas, Height, Nonce, Receipt, Round, Step,
    TimestampMs, Tx, TxHash, ValidatorId, VotingPower,
};

/// A question to the node's loop. One that nobody answers is answered `OVERLOADED`.
#[derive(Debug)]
pub enum Request {
    /// Take transactions into the pool.
    Submit {
        /// Encoded signed transactions.
        txs: Vec<Vec<u8>>,
        /// One outcome for each, in order.
        reply: oneshot::Sender<Vec<SubmitOutcome>>,
    },
    /// Verify a double sign, pass it on, and have it punished.
    SubmitEvidence {
        /// The pair.
        evidence: Box<types::Evidence>,
        /// Whether it was taken.
        reply: oneshot::Sender<Result<(), SimulateError>>,
    },
    /// Where in the pool is this transaction?
    TxStatus {
        /// Which.
        hash: TxHash,
        /// The answer.
        reply: oneshot::Sender<TxPlace>,
    },
    /// What is the next nonce of a lane once everything waiting is in a block?
    PendingNonce {
        /// Whose.
        sender: Address,
        /// Which lane.
        lane: u8,
        /// The answer; `None` if nothing of the lane waits.
        reply: oneshot::Sender<Option<Nonce>>,
    },
    /// How full is the pool?
    MempoolInfo {
        /// The answer.
        reply: oneshot::Sender<MempoolInfo>,
    },
    /// Who is connected?
    NetInfo {
        /// The answer.
        reply: oneshot::Sender<NetInfo>,
    },
    /// Is the loop alive?
    Ping {
        /// The answer.
        reply: oneshot::Sender<()>,
    },
    /// End the node in good order.
    Stop,
}

/// What became of one submitted transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitOutcome {
    /// Its hash.
    pub hash: TxHash,
    /// Whether the pool took it.
    pub result: Result<(), Refusal>,
}

/// Why a transaction was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// The field it is about, or empty.
    pub field: String,
    /// Its value, or empty.
    pub value: String,
    /// What is allowed, or empty.
    pub limit: String,
}

/// Where a transaction is that stands in no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TxPlace {
    /// In the pool, behind so many others as far as can be told.
    Pending(Option<u64>),
    /// Thrown out, for this reason.
    Dropped(Code),
    /// Never seen, or forgotten.
    Unknown,
}

/// Where the chain stands here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Newest durable height.
    pub tip: Height,
    /// Newest final height, at most the tip: that of the newest finality certificate held here.
    pub finalized: Height,
    /// How far catching up has come, while this node is behind.
    pub sync: Option<SyncProgress>,
    /// Why this node is not ready; empty if it is.
    pub not_ready: Vec<String>,
    /// Why this node's validator signs nothing for now.
    pub observer: Option<String>,
}

/// What consensus is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsensusStatus {
    /// The height in progress.
    pub height: Height,
    /// Its round.
    pub round: Round,
    /// The step; `None` between heights.
    pub step: Option<Step>,
    /// Wall clock since which this round lasts.
    pub since_ms: TimestampMs,
    /// Who proposes in this round, if known.
    pub proposer: Option<ValidatorId>,
    /// All power.
    pub power_total: VotingPower,
    /// Power of this node and of the validators that are connected and answer.
    pub power_present: VotingPower,
    /// Validators that are neither this node nor connected and answering.
    pub unconnected: Vec<ValidatorId>,
    /// Prevotes and precommits of this round.
    pub votes: Vec<StepVotes>,
    /// Height at which more than a third sealed other roots than this node's.
    pub alarm: Option<Height>,
    /// Messages of this node's validator that were due since the start and were not signed.
    pub abstentions: u64,
}

/// The votes of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepVotes {
    /// The step.
    pub step: Step,
    /// Power of those whose vote is there.
    pub power: VotingPower,
    /// Validators whose vote is not.
    pub missing: Vec<ValidatorId>,
}

/// What does not change while a node runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainInfo {
    /// CAIP-2 name.
    pub name: String,
    /// The chain.
    pub chain_id: ChainId,
    /// Block id of header 0.
    pub genesis_hash: BlockId,
    /// What addresses begin with.
    pub prefix: String,
    /// Version of the program.
    pub version: String,
    /// The validator that this node runs.
    pub validator: Option<ValidatorId>,
}

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProveError {
    /// The height is too far back; the oldest is named.
    Pruned(Height),
    /// The height is above the tip.
    NotYet(Height),
    /// The state could not be read; the node knows more.
    Failed(String),
}

/// Why there is no simulation, or no verdict on evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SimulateError {
    /// It could not stand in a block.
    Refused(Refusal),
    /// The state could not be read; the node knows more.
    Failed(String),
}

/// What a transaction would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// The height whose state was read.
    pub height: Height,
    /// Its receipt.
    pub receipt: Receipt,
    /// What the receipt's `return_hash` is about.
    pub returned: Vec<u8>,
    /// What contracts logged.
    pub log: Vec<String>,
}

/// A question to a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whom to ask.
    pub contract: Address,
    /// Which view.
    pub method: String,
    /// Borsh of its arguments in order.
    pub input: Vec<u8>,
    /// Who asks.
    pub caller: Address,
    /// Most gas that the answer may take.
    pub gas: Gas,
}

/// A contract's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewed {
    /// The height whose state was read.
    pub height: Height,
    /// Gas that it took.
    pub gas_used: Gas,
    /// What the view returned, or why it did not.
    pub result: Result<Vec<u8>, (Code, Option<Failure>)>,
    /// What contracts logged.
    pub log: Vec<String>,
}

/// Prove a raw key in the state after a height.
pub type Prove = dyn Fn(Height, &[u8]) -> Result<Proof, ProveError> + Send + Sync;
/// Say what a transaction would do on top of the tip; signatures play no part.
pub type Simulate = dyn Fn(&Tx) -> Result<Simulated, SimulateError> + Send + Sync;
/// Ask a contract's view on top of the tip; the error says why the state could not be read.
pub type View = dyn Fn(&Question) -> Result<Viewed, String> + Send + Sync;
/// The bytes of a module's custom section of this name.
pub type Section = dyn Fn(&[u8], &str) -> Option<Vec<u8>> + Send + Sync;
/// All metrics of the node as text (OpenMetrics).
pub type MetricsText = dyn Fn() -> String + Send + Sync;
/// Let the log show other things from now on; the error says what is wrong with the filter.
pub type SetLogFilter = dyn Fn(&str) -> Result<(), String> + Send + Sync;

/// Everything that answers come from.
#[derive(Clone)]
pub struct Services {
    /// What does not change.
    pub chain: ChainInfo,
    /// Blocks, receipts, state.
    pub store: Arc<Store>,
    /// The node's loop.
    pub requests: mpsc::Sender<Request>,
    /// Where the chain stands; told after the store holds it.
    pub head: watch::Receiver<Head>,
    /// What consensus is doing.
    pub consensus: watch::Receiver<Arc<ConsensusStatus>>,
    /// Proofs of state.
    pub prove: Arc<Prove>,
    /// Simulation.
    pub simulate: Arc<Simulate>,
    /// Views of contracts.
    pub view: Arc<View>,
    /// Custom sections of modules.
    pub section: Arc<Section>,
    /// Metrics of the whole node, those of this crate among them.
    pub metrics_text: Arc<MetricsText>,
    /// The log.
    pub set_log_filter: Arc<SetLogFilter>,
    /// Where this crate counts.
    pub metrics: Metrics,
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").field("chain", &self.chain).finish_non_exhaustive()
    }
}
