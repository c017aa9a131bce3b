//! Evidence: two values signed by one validator at one address.

use crate::codec::Version;
use crate::hash::ValidatorId;
use crate::keys::{Share, Signature};
use crate::vote::{SignedAddress, Value};
use borsh::{BorshDeserialize, BorshSerialize};

/// A double sign, self-contained but for the validator's key at that height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Evidence {
    /// Format version.
    pub version: Version<1>,
    /// Who signed twice.
    pub validator: ValidatorId,
    /// Where.
    pub address: SignedAddress,
    /// The smaller value by bytes; nil comes first.
    pub value_a: Value,
    /// Signature over it.
    pub signature_a: Signature,
    /// Share over it.
    pub share_a: Share,
    /// The larger value.
    pub value_b: Value,
    /// Signature over it.
    pub signature_b: Signature,
    /// Share over it.
    pub share_b: Share,
}
