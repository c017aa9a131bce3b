//! Events and their stream.

use super::text::{decimal, hex32};
use super::{AddressText, Base64, Forfeit, Hex, Number};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use types::{Amount, BlockId, Hash, Height, PublicKey, TimestampMs, TxHash, VotingPower};

/// A place in the stream of events: `height:receipt:event`.
///
/// [`Cursor::START`] stands before everything, [`Cursor::end_of`] after all events of a height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor {
    /// The height.
    pub height: Height,
    /// Number of the receipt at that height.
    pub receipt: u32,
    /// Number of the event in that receipt.
    pub event: u32,
}

impl Cursor {
    /// Before everything: genesis has no events.
    pub const START: Self = Self { height: Height::ZERO, receipt: 0, event: 0 };

    /// After all events of a height.
    #[must_use]
    pub const fn end_of(height: Height) -> Self {
        Self { height, receipt: u32::MAX, event: u32::MAX }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.height, self.receipt, self.event)
    }
}

/// A text that is no cursor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no cursor: height:receipt:event, such as 12:0:3")]
pub struct CursorError {
    /// The text.
    pub text: String,
}

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let read = || {
            // Every part is digits only: the standard parser takes a leading plus.
            let digits = |byte: u8| byte.is_ascii_digit() || byte == b':';
            let mut parts = text.bytes().all(digits).then(|| text.split(':'))?;
            let height = Height(parts.next()?.parse().ok()?);
            let receipt = parts.next()?.parse().ok()?;
            let event = parts.next()?.parse().ok()?;
            parts.next().is_none().then_some(Self { height, receipt, event })
        };
        read().ok_or_else(|| CursorError { text: text.chars().take(64).collect() })
    }
}

impl Serialize for Cursor {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// The module or contract that says so.
    pub source: AddressText,
    /// Its name, such as `bank.Transfer`.
    pub name: String,
    /// Its fields, if they are those of a native event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<EventFields>,
    /// Its fields in borsh.
    pub bytes: Base64,
}

/// The fields of native events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventFields {
    /// `bank.Transfer`
    Transfer {
        /// Who paid.
        from: AddressText,
        /// Who received.
        to: AddressText,
        /// How much.
        #[serde(with = "decimal")]
        amount: Amount,
    },
    /// `roles.Granted`
    RoleGranted {
        /// Who got it.
        account: AddressText,
        /// Which.
        role: String,
        /// Until when.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_ms: Option<Number<TimestampMs>>,
        /// Who gave it.
        by: AddressText,
    },
    /// `roles.Revoked`
    RoleRevoked {
        /// Who lost it.
        account: AddressText,
        /// Which.
        role: String,
        /// Who took it.
        by: AddressText,
    },
    /// `evidence.Revealed`
    Revealed {
        /// Who signed twice.
        validator: AddressText,
        /// The offence.
        #[serde(with = "hex32")]
        evidence: Hash,
        /// At which height.
        #[serde(with = "decimal")]
        height: Height,
        /// In which round.
        round: u32,
        /// `proposal`, `prevote`, `precommit` or `seal`.
        step: String,
        /// The name that the sealed identity opened to; absent if it did not open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        legal_name: Option<String>,
        /// What became of the bond.
        forfeit: Forfeit,
    },
    /// `validators.SetChanged`
    SetChanged {
        /// The first height that the new set signs.
        #[serde(with = "decimal")]
        from: Height,
        /// Who joins.
        joined: Vec<AddressText>,
        /// Who goes.
        left: Vec<AddressText>,
        /// All power of the new set.
        #[serde(with = "decimal")]
        power: VotingPower,
    },
    /// `validators.BondPaid`
    BondPaid {
        /// Whose bond.
        validator: AddressText,
        /// Its operator.
        to: AddressText,
        /// What was left of it.
        #[serde(with = "decimal")]
        amount: Amount,
    },
    /// `validators.StatusChanged`
    StatusChanged {
        /// Who.
        validator: AddressText,
        /// Where it is now.
        status: String,
    },
    /// `validators.KeysRotated`
    KeysRotated {
        /// Whose.
        validator: AddressText,
        /// V from now on.
        #[serde(with = "hex32")]
        consensus_key: PublicKey,
        /// The first height that it may sign.
        #[serde(with = "decimal")]
        from: Height,
    },
    /// `governance.Proposed`
    Proposed {
        /// The proposal's number.
        #[serde(with = "decimal")]
        proposal: u64,
        /// Which member proposed it.
        member: String,
        /// What it is about.
        motion: String,
    },
    /// `governance.Voted`
    Voted {
        /// The proposal's number.
        #[serde(with = "decimal")]
        proposal: u64,
        /// Which member.
        member: String,
        /// For or against it.
        approve: bool,
    },
    /// `governance.Decided`
    Decided {
        /// The proposal's number.
        #[serde(with = "decimal")]
        proposal: u64,
        /// Whether it took effect.
        passed: bool,
        /// Why not; empty if it was voted down or took effect.
        reason: String,
    },
    /// `contracts.Deployed`
    Deployed {
        /// BLAKE3 of the code.
        #[serde(with = "hex32")]
        code_hash: Hash,
        /// Who deployed it.
        by: AddressText,
    },
    /// `contracts.Instantiated`
    Instantiated {
        /// The new contract.
        contract: AddressText,
        /// BLAKE3 of its code.
        #[serde(with = "hex32")]
        code_hash: Hash,
        /// Who made it.
        creator: AddressText,
        /// Who may upgrade and pause it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        admin: Option<AddressText>,
    },
    /// `contracts.Upgraded`
    Upgraded {
        /// The contract.
        contract: AddressText,
        /// BLAKE3 of the code before.
        #[serde(with = "hex32")]
        from: Hash,
        /// BLAKE3 of the code from now on.
        #[serde(with = "hex32")]
        to: Hash,
        /// Its admin.
        by: AddressText,
    },
    /// `contracts.Paused`
    Paused {
        /// The contract.
        contract: AddressText,
        /// Whether calls stop; else they go on.
        paused: bool,
        /// Its admin.
        by: AddressText,
    },
}

/// Which heights a stream gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finality {
    /// Final ones.
    #[default]
    Final,
    /// Committed ones: about one round of seals earlier.
    Committed,
}

/// Which events a stream gives; everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventFilter {
    /// Those of this module or contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<AddressText>,
    /// Those whose name begins so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Native ones that name this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<AddressText>,
}

/// One message of the stream.
#[expect(clippy::large_enum_variant, reason = "nearly all messages are events")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StreamItem {
    /// Something happened.
    Event {
        /// Where it stands.
        cursor: Cursor,
        /// The transaction it came from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tx_hash: Option<Hex<TxHash>>,
        /// What happened.
        event: EventView,
    },
    /// Everything up to here was given, whether or not the filter let anything through.
    Checkpoint {
        /// After all events of the height.
        cursor: Cursor,
        /// The block.
        #[serde(with = "hex32")]
        block_id: BlockId,
        /// Its time.
        #[serde(with = "decimal")]
        time_ms: TimestampMs,
        /// How many receipts it has.
        receipts: u32,
    },
}

impl StreamItem {
    /// Where it stands in the stream.
    #[must_use]
    pub const fn cursor(&self) -> Cursor {
        match self {
            Self::Event { cursor, .. } | Self::Checkpoint { cursor, .. } => *cursor,
        }
    }
}
