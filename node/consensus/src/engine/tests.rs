//! Engines wired in memory: nodes with a journal and a guard that a crash can tear off.

use super::*;
use crate::{Guard, GuardSlot, GuardedSigner, SignError, Timeout, TimeoutKind};

mod agree;
mod chaos;
mod crash;
mod keys;
mod net;
mod quiet;
mod single;

use keys::*;
use net::*;
