//! Many replicas on one thread, from one seed: links that lose, delay and reorder, disks that keep
//! what was flushed, crashes and restarts, and an oracle over everything that happens.
//!
//! The same seed gives the same run, bit for bit: time is the world's, random numbers come from
//! one generator, and jobs are done by the very functions that the program's workers call.

mod byzantine;
mod disk;
mod links;
mod node;
mod oracle;
mod random;
mod registry;
mod world;

pub use byzantine::{Delivery, Lies};
pub use links::LinkPlan;
pub use oracle::Oracle;
pub use random::Random;
pub use registry::Crypto;
pub use world::{IDLE_INTERVAL_MS, Plan, Report, World};
