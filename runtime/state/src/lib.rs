//! Keep authenticated state: keys, overlay, Merkle tree and proofs.
//!
//! State is a map from raw keys ([`key`]) to values. Blocks read it through an [`Overlay`] over a
//! [`NodeReader`]; what an overlay holds in the end is a [`ChangeSet`]; a [`Tree`] turns the change
//! set into the new state root and proves single keys against it ([`proof`]). Nothing here opens a
//! file: the node's store and the in-memory [`MapReader`] implement [`NodeReader`].
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation))]
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod changes;
pub mod hashing;
pub mod key;
pub mod overlay;
pub mod path;
pub mod proof;
pub mod read;
pub mod reader;
pub mod tree;

pub use changes::{ChangeSet, ChangeSetError};
pub use overlay::Overlay;
pub use path::NodePath;
pub use proof::{Proof, ProofError};
pub use reader::{MapReader, NodeReader, ReadError};
pub use tree::{Flush, ProveError, Tree};
