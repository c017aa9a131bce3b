//! Drive whole nets: real processes, simulated replicas, and the rules of this tree.

pub mod chain;
pub mod cluster;
pub mod devnet;
pub mod ledger;
pub mod load;
pub mod program;
pub mod simulation;
