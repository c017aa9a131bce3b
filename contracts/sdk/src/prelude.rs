//! What nearly every contract needs: `use sdk::prelude::*;`.

pub use crate::client::Caller;
pub use crate::{
    Address, Amount, Ascending, BasisPoints, Bucket, CallError, Code, Contract, ContractError,
    Describe, Emit, Event, Gas, Hash, Height, Item, Map, PublicKey, Role, Signature, Storage,
    TimestampMs, contract,
};
pub use alloc::{format, string::String, string::ToString, vec, vec::Vec};
