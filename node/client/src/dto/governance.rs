//! What the members propose and decide.

use super::text::decimal;
use super::{AddressText, Number};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use types::{Amount, Height, TimestampMs, VotingPower};

/// Every proposal, open and decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposals {
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// How many members there are.
    pub members: u32,
    /// How many of them decide.
    pub needed: u32,
    /// The proposals, ascending by number.
    pub proposals: Vec<Proposal>,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Its number.
    #[serde(with = "decimal")]
    pub number: u64,
    /// What is proposed, in one word.
    pub motion: String,
    /// With what.
    pub details: BTreeMap<String, String>,
    /// The member that proposed it.
    pub proposer: String,
    /// Block time after which nobody may vote.
    #[serde(with = "decimal")]
    pub expires_ms: TimestampMs,
    /// Members for it.
    pub approved_by: Vec<String>,
    /// Members against it.
    pub refused_by: Vec<String>,
    /// `open`, `expired`, `passed`, `rejected` or `failed`.
    pub state: String,
    /// Height at which it was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Number<Height>>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Every validator that was ever registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registered {
    /// The height whose state was read.
    #[serde(with = "decimal")]
    pub height: Height,
    /// The validators, ascending by id.
    pub validators: Vec<RegisteredValidator>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredValidator {
    /// Who.
    pub id: AddressText,
    /// `candidate`, `admitted`, `active`, `leaving`, `revealed` or `left`.
    pub status: String,
    /// The member it belongs to.
    pub member: String,
    /// Weight.
    #[serde(with = "decimal")]
    pub power: VotingPower,
    /// Held in escrow.
    #[serde(with = "decimal")]
    pub bond: Amount,
    /// Highest height whose precommits in the chain hold one of its own.
    #[serde(with = "decimal")]
    pub signed: Height,
    /// The last height that it may sign, once fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_height: Option<Number<Height>>,
}
