//! Contracts.

use super::text::{decimal, hex32};
use super::{AddressText, Base64};
use serde::{Deserialize, Serialize};
use types::{Amount, Gas, Hash, Height};

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its address.
    pub contract: AddressText,
    /// BLAKE3 of the code that it runs.
    #[serde(with = "hex32")]
    pub code_hash: Hash,
    /// Who made it.
    pub creator: AddressText,
    /// Who may upgrade and pause it; nobody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<AddressText>,
    /// Whether its calls are stopped; views go on.
    pub paused: bool,
    /// The height it was made at.
    #[serde(with = "decimal")]
    pub created: Height,
    /// The height it got its present code at.
    #[serde(with = "decimal")]
    pub upgraded: Height,
    /// What its account holds.
    #[serde(with = "decimal")]
    pub balance: Amount,
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
}

/// Deployed code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractCode {
    /// BLAKE3 of the code.
    #[serde(with = "hex32")]
    pub code_hash: Hash,
    /// Its size. Unit: bytes.
    pub bytes: u32,
    /// Who deployed it first.
    pub deployer: AddressText,
    /// At which height.
    #[serde(with = "decimal")]
    pub deployed: Height,
    /// The module.
    pub code: Base64,
}

/// A contract's interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractAbi {
    /// The contract.
    pub contract: AddressText,
    /// BLAKE3 of the code that it runs.
    #[serde(with = "hex32")]
    pub code_hash: Hash,
    /// The module's section `abi`, a `types::abi::Abi` in borsh; absent if the module has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abi: Option<Base64>,
}

/// What a view answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractAnswer {
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// `OK`, or why there is no answer.
    pub code: String,
    /// Gas that it took.
    #[serde(with = "decimal")]
    pub gas_used: Gas,
    /// What it returned, in borsh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returned: Option<Base64>,
    /// What the contract says that refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
    /// What contracts logged, up to 64 lines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// Why a contract refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailureView {
    /// The contract.
    pub contract: AddressText,
    /// Its name for the reason.
    pub name: String,
    /// More about it, in the contract's own encoding.
    pub data: Base64,
}
