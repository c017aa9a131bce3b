//! The JSON types: what a node and its users say to each other.
//!
//! Numbers of 64 bits and more are decimal strings, hashes and keys hexadecimal, addresses bech32m,
//! transactions and proofs base64 ([`text`]). A field may be added to an answer at any time; none
//! is renamed or changes its meaning. Parameters refuse fields that they do not know.

pub mod account;
pub mod address;
pub mod block;
pub mod chain;
pub mod contract;
pub mod event;
pub mod evidence;
pub mod fault;
pub mod governance;
pub mod node;
pub mod params;
pub mod proof;
pub mod text;
pub mod tx;

pub use account::{Account, History, HistoryEntry, LaneNonce, RoleEntry, Roles, StateValue};
pub use address::AddressText;
pub use block::{Block, BlockSummary, Certificate, Evidence, Header, Signer};
pub use chain::{
    BlockReference, Chain, GenesisChunk, Member, Members, Parameter, Parameters, Status, Supply,
    SyncProgress, Validator, ValidatorEntry, Validators,
};
pub use contract::{Contract, ContractAbi, ContractAnswer, ContractCode, FailureView};
pub use event::{Cursor, EventFields, EventFilter, EventView, Finality, StreamItem};
pub use evidence::{EvidenceAccepted, EvidenceFile, Forfeit, Identity, Reveal, Reveals};
pub use fault::{Fault, FaultInfo};
pub use governance::{Proposal, Proposals, Registered, RegisteredValidator};
pub use node::{Consensus, MempoolInfo, NetInfo, Peer, StepPower};
pub use proof::{ReceiptProof, SetStep, StateProof};
pub use text::{Base64, Hex, HexBytes, Number};
pub use tx::{
    AuthView, BatchOutcome, CallView, ReceiptView, Receipts, Simulation, Submitted, Transaction,
    TxState, TxView, Wait,
};

#[cfg(test)]
mod tests;
