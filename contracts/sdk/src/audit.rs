//! The accounts of a contract, for everybody to check.

use crate::abi::{FieldShape, Shape};
use crate::{Amount, Describe};
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};

/// Native money that a contract holds for one purpose.
///
/// A contract that takes money has a view `audit` that returns all of its buckets. Their sum equals
/// the contract's balance after every call; whoever tests with [`crate::testing::TestEnv`] has that
/// checked each time.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Bucket {
    /// What it is for, such as `escrow`.
    pub name: String,
    /// How much is in it.
    pub amount: Amount,
}

impl Bucket {
    /// A bucket of this name.
    #[must_use]
    pub fn new(name: &str, amount: Amount) -> Self {
        Self { name: name.into(), amount }
    }
}

impl Describe for Bucket {
    const SHAPE: &'static Shape = &Shape::Struct {
        name: "Bucket",
        fields: &[
            FieldShape { name: "name", of: <String as Describe>::SHAPE },
            FieldShape { name: "amount", of: <Amount as Describe>::SHAPE },
        ],
    };
}
