//! Name what the chain talks about: plain data, its bytes, its limits.
//!
//! Everything here is borsh, `no_std`, and used by at least two crates. Nothing here hashes, signs,
//! reads or writes. The byte rules stand in `docs/bytes.md`; every top-level object begins with a
//! version, every enum has explicit discriminants and only grows at the end, and every decoder
//! takes a size cap and refuses trailing bytes ([`codec::decode`]).
#![cfg_attr(test, allow(clippy::unwrap_used))]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod abi;
pub mod block;
pub mod call;
pub mod certificate;
pub mod code;
pub mod codec;
pub mod contract;
pub mod evidence;
pub mod genesis;
pub mod governance;
pub mod hash;
pub mod keys;
pub mod params;
pub mod punishment;
pub mod receipt;
pub mod record;
pub mod transaction;
pub mod units;
pub mod validator_set;
pub mod vote;
pub mod wire;

pub use block::{Block, Body, Header};
pub use call::{Call, Role};
pub use certificate::{CertificateSignature, CommitCertificate, FinalityCertificate};
pub use code::Code;
pub use codec::{DecodeError, Version, decode, encode};
pub use contract::{Context, Failure};
pub use evidence::Evidence;
pub use genesis::{Genesis, GenesisValidator, Member};
pub use hash::{Address, AddressKind, BlockId, ChainId, Hash, TxHash, ValidatorId};
pub use keys::{PossessionProof, PublicKey, RevealPoint, Share, Signature, VrfProof};
pub use params::Params;
pub use punishment::HiddenInformation;
pub use receipt::{Event, Receipt, ReceiptKind};
pub use record::{AccountRecord, LaneRecord, RoleRecord, ValidatorRecord};
pub use transaction::{Auth, SignedTx, Tx};
pub use units::{Amount, BasisPoints, Gas, Height, Nonce, Round, TimestampMs, VotingPower};
pub use validator_set::{Validator, ValidatorSet};
pub use vote::{Proposal, Seal, SignedAddress, Step, Value, Vote, VoteKind};
