//! Raw keys: where everything lies in state.
//!
//! `raw key = space u8 ‖ contract 32 bytes ‖ key`, the contract being zero bytes in native spaces.
//! The flat table is ordered by raw key, so the parts are chosen for prefix scans: heights are
//! big-endian, and the owner stands before what it owns.

use types::{Address, Hash, Height, PublicKey, Role, ValidatorId};

/// Most bytes of the part of a raw key after space and contract.
pub const MAX_KEY_BYTES: usize = 256;
/// Bytes of a raw key before that part.
pub const PREFIX_BYTES: usize = 33;
/// Most bytes of a raw key.
pub const MAX_RAW_KEY_BYTES: usize = PREFIX_BYTES + MAX_KEY_BYTES;
/// Most bytes of a value: contract code; everything else stays within 64 KiB.
pub const MAX_VALUE_BYTES: usize = 512 * 1024;

/// How many heights' block ids and roots are state: a new validator shows one of them.
pub const RECENT_HEIGHTS: u64 = 128;

/// The first byte of a raw key. Numbers are never used again for something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Space {
    /// [`types::AccountRecord`] by address.
    Account = 1,
    /// [`types::LaneRecord`] by sender and lane.
    Lane = 2,
    /// [`types::RoleRecord`] by account and role.
    Role = 3,
    /// [`types::ValidatorRecord`] by validator.
    Validator = 4,
    /// A validator's sealed identity, as bytes, by its consensus key: rotation keeps the old one.
    HiddenInformation = 5,
    /// [`types::record::PresenceRecord`] by validator.
    Presence = 6,
    /// [`types::record::SetRecord`] by the height it begins at, newest first.
    ValidatorSet = 7,
    /// The one [`types::record::ChainRecord`].
    Chain = 8,
    /// The one [`types::Params`].
    Params = 9,
    /// [`types::record::MemberRecord`] by member id.
    Member = 10,
    /// [`types::punishment::PunishedRecord`] by the evidence's id.
    Punished = 11,
    /// [`types::record::PayoutRecord`] by the height it falls due at and validator.
    Payout = 12,
    /// [`types::punishment::RevealRecord`] by validator.
    Reveal = 16,
    /// [`types::record::KeyRecord`] by consensus key, commitment or randomness key.
    UsedKey = 17,
    /// [`types::governance::ProposalRecord`] by number.
    Proposal = 18,
    /// Block id and state root of a height of late, by height modulo [`RECENT_HEIGHTS`].
    Recent = 19,
    /// What a contract stored, by contract and its own key.
    Storage = 32,
    /// The bytes of deployed code, by their hash.
    Code = 33,
    /// [`types::record::CodeRecord`] by the code's hash.
    CodeRecord = 34,
    /// [`types::record::ContractRecord`] by contract.
    Contract = 35,
    /// [`types::record::RandomnessRecord`] by the height modulo 1,024.
    Randomness = 36,
}

impl Space {
    /// Every space, in order of its number.
    pub const ALL: [Self; 21] = [
        Self::Account,
        Self::Lane,
        Self::Role,
        Self::Validator,
        Self::HiddenInformation,
        Self::Presence,
        Self::ValidatorSet,
        Self::Chain,
        Self::Params,
        Self::Member,
        Self::Punished,
        Self::Payout,
        Self::Reveal,
        Self::UsedKey,
        Self::Proposal,
        Self::Recent,
        Self::Storage,
        Self::Code,
        Self::CodeRecord,
        Self::Contract,
        Self::Randomness,
    ];

    /// The first byte of its keys.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self as u8
    }

    /// The space of a first byte.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|space| space.byte() == byte)
    }

    /// What every native key of this space begins with, for scans.
    #[must_use]
    pub fn prefix(self) -> Vec<u8> {
        native(self, &[])
    }
}

/// An account's money.
#[must_use]
pub fn account(address: &Address) -> Vec<u8> {
    native(Space::Account, &[&address.0])
}

/// The next nonce of one lane of a sender.
#[must_use]
pub fn lane(sender: &Address, lane: u8) -> Vec<u8> {
    native(Space::Lane, &[&sender.0, &[lane]])
}

/// A role of an account.
#[must_use]
pub fn role(account: &Address, role: Role) -> Vec<u8> {
    native(Space::Role, &[&account.0, &[role as u8]])
}

/// What is registered about a validator.
#[must_use]
pub fn validator(id: &ValidatorId) -> Vec<u8> {
    native(Space::Validator, &[&id.0])
}

/// The sealed identity that goes with a consensus key.
#[must_use]
pub fn hidden_information(consensus_key: &PublicKey) -> Vec<u8> {
    native(Space::HiddenInformation, &[&consensus_key.0])
}

/// When a validator joined and last signed.
#[must_use]
pub fn presence(id: &ValidatorId) -> Vec<u8> {
    native(Space::Presence, &[&id.0])
}

/// The validator set that begins at a height.
///
/// The key holds 2^64 − 1 − height: newer sets come first, so that the set of a height is the
/// first one from its key on, found by one step of a forward scan.
#[must_use]
pub fn set(from: Height) -> Vec<u8> {
    native(Space::ValidatorSet, &[&(!from.0).to_be_bytes()])
}

/// What the chain knows about itself.
#[must_use]
pub fn chain() -> Vec<u8> {
    native(Space::Chain, &[])
}

/// The parameters in force.
#[must_use]
pub fn params() -> Vec<u8> {
    native(Space::Params, &[])
}

/// A member of the consortium.
///
/// # Panics
/// If the id has more than 256 bytes; genesis and governance allow far fewer.
#[must_use]
pub fn member(id: &str) -> Vec<u8> {
    native(Space::Member, &[id.as_bytes()])
}

/// The mark that a piece of evidence was punished.
#[must_use]
pub fn punished(evidence_id: &Hash) -> Vec<u8> {
    native(Space::Punished, &[&evidence_id.0])
}

/// A bond that is paid out at a height.
#[must_use]
pub fn payout(due: Height, validator: &ValidatorId) -> Vec<u8> {
    native(Space::Payout, &[&due.0.to_be_bytes(), &validator.0])
}

/// How a validator that signed twice ended.
#[must_use]
pub fn reveal(id: &ValidatorId) -> Vec<u8> {
    native(Space::Reveal, &[&id.0])
}

/// The mark that a consensus key, commitment or randomness key was registered.
#[must_use]
pub fn used_key(key: &[u8; 32]) -> Vec<u8> {
    native(Space::UsedKey, &[key])
}

/// A proposal.
#[must_use]
pub fn proposal(number: u64) -> Vec<u8> {
    native(Space::Proposal, &[&number.to_be_bytes()])
}

/// The number of a key made by [`proposal`].
#[must_use]
pub fn parse_proposal(raw: &[u8]) -> Option<u64> {
    let (Space::Proposal, _, key) = parse(raw)? else { return None };
    Some(u64::from_be_bytes(key.try_into().ok()?))
}

/// What is kept of a height of late; [`RECENT_HEIGHTS`] later its place is taken.
#[must_use]
pub fn recent(height: Height) -> Vec<u8> {
    let place = height.0.checked_rem(RECENT_HEIGHTS).unwrap_or(0);
    native(Space::Recent, &[&place.to_be_bytes()])
}

/// The height and validator of a key made by [`payout`].
#[must_use]
pub fn parse_payout(raw: &[u8]) -> Option<(Height, ValidatorId)> {
    let (Space::Payout, _, key) = parse(raw)? else { return None };
    let (height, id) = key.split_first_chunk::<8>()?;
    Some((Height(u64::from_be_bytes(*height)), ValidatorId(id.try_into().ok()?)))
}

/// What a contract stored under its own key; `None` if that key has more than 256 bytes.
#[must_use]
pub fn storage(contract: &Address, key: &[u8]) -> Option<Vec<u8>> {
    (key.len() <= MAX_KEY_BYTES).then(|| raw(Space::Storage, contract, &[key]))
}

/// The bytes of deployed code.
#[must_use]
pub fn code(code_hash: &Hash) -> Vec<u8> {
    native(Space::Code, &[&code_hash.0])
}

/// What is known about deployed code.
#[must_use]
pub fn code_record(code_hash: &Hash) -> Vec<u8> {
    native(Space::CodeRecord, &[&code_hash.0])
}

/// A contract.
#[must_use]
pub fn contract(address: &Address) -> Vec<u8> {
    native(Space::Contract, &[&address.0])
}

/// The randomness of a height, where that of the height 1,024 before stood.
#[must_use]
pub fn randomness(height: Height) -> Vec<u8> {
    let place = height.0 % types::contract::RANDOMNESS_HEIGHTS;
    native(Space::Randomness, &[&place.to_be_bytes()])
}

/// Space, contract and key of a raw key; `None` if it is none.
#[must_use]
pub fn parse(raw: &[u8]) -> Option<(Space, Address, &[u8])> {
    let (prefix, key) = raw.split_at_checked(PREFIX_BYTES)?;
    let (space, contract) = prefix.split_first()?;
    let space = Space::from_byte(*space)?;
    let contract = Address(contract.try_into().ok()?);
    let native = space != Space::Storage;
    (key.len() <= MAX_KEY_BYTES && !(native && contract != Address::ZERO))
        .then_some((space, contract, key))
}

/// The height that a key made by [`set`] begins at.
#[must_use]
pub fn parse_set(raw: &[u8]) -> Option<Height> {
    match parse(raw)? {
        (Space::ValidatorSet, _, key) => Some(Height(!u64::from_be_bytes(key.try_into().ok()?))),
        _ => None,
    }
}

fn native(space: Space, parts: &[&[u8]]) -> Vec<u8> {
    raw(space, &Address::ZERO, parts)
}

fn raw(space: Space, contract: &Address, parts: &[&[u8]]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(MAX_RAW_KEY_BYTES.min(128));
    raw.push(space.byte());
    raw.extend_from_slice(&contract.0);
    parts.iter().for_each(|part| raw.extend_from_slice(part));
    assert!(raw.len() <= MAX_RAW_KEY_BYTES, "the parts of a key have at most 256 bytes");
    raw
}

#[cfg(test)]
mod tests;
