//! The methods, by what they are about.

pub(crate) mod account;
pub(crate) mod block;
pub(crate) mod chain;
pub(crate) mod contract;
pub(crate) mod evidence;
pub(crate) mod governance;
pub(crate) mod node;
pub(crate) mod proof;
pub(crate) mod tx;
