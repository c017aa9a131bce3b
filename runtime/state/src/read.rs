//! Typed reads of native state, over any reader.

use crate::key::{self, MAX_VALUE_BYTES, Space};
use crate::reader::{NodeReader, ReadError};
use borsh::BorshDeserialize;
use types::governance::ProposalRecord;
use types::punishment::RevealRecord;
use types::record::{
    ChainRecord, CodeRecord, ContractRecord, MemberRecord, PresenceRecord, RandomnessRecord,
    RecentRecord, SetRecord,
};
use types::{
    AccountRecord, Address, Hash, Height, LaneRecord, Params, PublicKey, Role, RoleRecord,
};
use types::{ValidatorId, ValidatorRecord, ValidatorSet};

/// How far back a validator's last signature may lie for it to propose. Unit: heights.
pub const ELIGIBLE_SIGNED: u64 = 17;
/// How long a new validator may propose without having signed. Unit: heights.
pub const ELIGIBLE_JOINED: u64 = 16;
/// Keys read from storage at a time when a whole space is listed.
const PAGE: usize = 256;

/// An account's money; `None` if it was never used.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn account(
    reader: &dyn NodeReader,
    address: &Address,
) -> Result<Option<AccountRecord>, ReadError> {
    record(reader, "account record", &key::account(address))
}

/// A page of accounts with their money, ascending by address, above `after`.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn accounts(
    reader: &dyn NodeReader,
    after: Option<&Address>,
    limit: usize,
) -> Result<Vec<(Address, AccountRecord)>, ReadError> {
    let after = after.map(key::account);
    let page = reader.scan(&Space::Account.prefix(), after.as_deref(), limit)?;
    page.iter()
        .map(|(raw, value)| {
            Ok((Address(id(raw, "account key")?), decode("account record", value)?))
        })
        .collect()
}

/// The next nonce of one lane of a sender; `None` if it was never used.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn lane(
    reader: &dyn NodeReader,
    sender: &Address,
    lane: u8,
) -> Result<Option<LaneRecord>, ReadError> {
    record(reader, "lane record", &key::lane(sender, lane))
}

/// A role of an account, expired or not.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn role(
    reader: &dyn NodeReader,
    account: &Address,
    role: Role,
) -> Result<Option<RoleRecord>, ReadError> {
    record(reader, "role record", &key::role(account, role))
}

/// What is registered about a validator.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn validator(
    reader: &dyn NodeReader,
    id: &ValidatorId,
) -> Result<Option<ValidatorRecord>, ReadError> {
    record(reader, "validator record", &key::validator(id))
}

/// Every registered validator, ascending by id, in the set or not.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn validators(
    reader: &dyn NodeReader,
) -> Result<Vec<(ValidatorId, ValidatorRecord)>, ReadError> {
    list(reader, Space::Validator, |raw, value| {
        Ok((ValidatorId(id(raw, "validator key")?), decode("validator record", value)?))
    })
}

/// The sealed identity that goes with a consensus key.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn hidden_information(
    reader: &dyn NodeReader,
    consensus_key: &PublicKey,
) -> Result<Option<Vec<u8>>, ReadError> {
    reader.value(&key::hidden_information(consensus_key))
}

/// How a validator that signed twice ended; `None` if it did not.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn reveal(
    reader: &dyn NodeReader,
    id: &ValidatorId,
) -> Result<Option<RevealRecord>, ReadError> {
    record(reader, "reveal record", &key::reveal(id))
}

/// Every validator that signed twice, ascending by id.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn reveals(reader: &dyn NodeReader) -> Result<Vec<(ValidatorId, RevealRecord)>, ReadError> {
    list(reader, Space::Reveal, |raw, value| {
        Ok((ValidatorId(id(raw, "reveal key")?), decode("reveal record", value)?))
    })
}

/// When a validator joined and last signed.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn presence(
    reader: &dyn NodeReader,
    id: &ValidatorId,
) -> Result<Option<PresenceRecord>, ReadError> {
    record(reader, "presence record", &key::presence(id))
}

/// What the chain knows about itself.
///
/// # Errors
/// [`ReadError`] if state cannot be read; [`ReadError::Missing`] before genesis.
pub fn chain(reader: &dyn NodeReader) -> Result<ChainRecord, ReadError> {
    let what = "chain record";
    record(reader, what, &key::chain())?.ok_or(ReadError::Missing { what })
}

/// The parameters in force.
///
/// # Errors
/// [`ReadError`] if state cannot be read; [`ReadError::Missing`] before genesis.
pub fn params(reader: &dyn NodeReader) -> Result<Params, ReadError> {
    let what = "parameters";
    record(reader, what, &key::params())?.ok_or(ReadError::Missing { what })
}

/// A member of the consortium.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn member(reader: &dyn NodeReader, id: &str) -> Result<Option<MemberRecord>, ReadError> {
    if id.len() > key::MAX_KEY_BYTES {
        return Ok(None);
    }
    record(reader, "member record", &key::member(id))
}

/// Every member of the consortium, ascending by id.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn members(reader: &dyn NodeReader) -> Result<Vec<MemberRecord>, ReadError> {
    list(reader, Space::Member, |_, value| decode("member record", value))
}

/// V(h): the set of the record with the greatest height at or below `height`.
///
/// # Errors
/// [`ReadError`] if state cannot be read; [`ReadError::Missing`] if no record reaches so far back.
pub fn validator_set_at(
    reader: &dyn NodeReader,
    height: Height,
) -> Result<ValidatorSet, ReadError> {
    let what = "validator set";
    // Newer sets come first, so the set of `height` is the first one after that of height + 1.
    let after = (height < Height::MAX).then(|| key::set(height.next()));
    let page = reader.scan(&Space::ValidatorSet.prefix(), after.as_deref(), 1)?;
    let (_, value) = page.first().ok_or(ReadError::Missing { what })?;
    let record: SetRecord = decode(what, value)?;
    match record.set.check() {
        Ok(()) => Ok(record.set),
        Err(error) => Err(ReadError::Corrupt { what, reason: error.to_string() }),
    }
}

/// eligible(h): the positions in V(h) of those that signed within the last 17 heights or joined
/// within the last 16, from the state after h − 1; none means all (protocol 2.5).
///
/// # Errors
/// [`ReadError`] if state cannot be read; [`ReadError::Missing`] if a validator of the set has no
/// presence record.
pub fn eligible(
    reader: &dyn NodeReader,
    height: Height,
    set: &ValidatorSet,
) -> Result<Vec<u16>, ReadError> {
    let signed_since = height.0.saturating_sub(ELIGIBLE_SIGNED);
    let joined_since = height.0.saturating_sub(ELIGIBLE_JOINED);
    let mut eligible = Vec::with_capacity(set.len());
    for (index, validator) in (0_u16..).zip(set.validators()) {
        let presence = presence(reader, &validator.id)?
            .ok_or(ReadError::Missing { what: "presence record" })?;
        if presence.signed.0 >= signed_since || presence.joined.0 >= joined_since {
            eligible.push(index);
        }
    }
    Ok(eligible)
}

/// Every proposal, open and decided, ascending by number.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn proposals(reader: &dyn NodeReader) -> Result<Vec<(u64, ProposalRecord)>, ReadError> {
    list(reader, Space::Proposal, |raw, value| {
        let number = key::parse_proposal(raw).ok_or_else(|| ReadError::Corrupt {
            what: "proposal key",
            reason: "is no key of its space".to_owned(),
        })?;
        Ok((number, decode("proposal record", value)?))
    })
}

/// What is kept of a height of late; `None` if it is not of late.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn recent(reader: &dyn NodeReader, height: Height) -> Result<Option<RecentRecord>, ReadError> {
    let held: Option<RecentRecord> = record(reader, "recent height", &key::recent(height))?;
    Ok(held.filter(|held| held.height == height))
}

/// Whether a piece of evidence was punished already.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn is_punished(reader: &dyn NodeReader, evidence_id: &Hash) -> Result<bool, ReadError> {
    Ok(reader.value(&key::punished(evidence_id))?.is_some())
}

/// A contract; `None` if the address is none's.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn contract(
    reader: &dyn NodeReader,
    address: &Address,
) -> Result<Option<ContractRecord>, ReadError> {
    record(reader, "contract record", &key::contract(address))
}

/// A page of contracts, ascending by address, above `after`.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn contracts(
    reader: &dyn NodeReader,
    after: Option<&Address>,
    limit: usize,
) -> Result<Vec<(Address, ContractRecord)>, ReadError> {
    let after = after.map(key::contract);
    let page = reader.scan(&Space::Contract.prefix(), after.as_deref(), limit)?;
    page.iter()
        .map(|(raw, value)| {
            Ok((Address(id(raw, "contract key")?), decode("contract record", value)?))
        })
        .collect()
}

/// What is known about deployed code; `None` if no code with this hash was deployed.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn code_record(
    reader: &dyn NodeReader,
    code_hash: &Hash,
) -> Result<Option<CodeRecord>, ReadError> {
    record(reader, "code record", &key::code_record(code_hash))
}

/// The randomness of a height; `None` unless it is one of the last 1,024.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub fn randomness(reader: &dyn NodeReader, height: Height) -> Result<Option<Hash>, ReadError> {
    let found: Option<RandomnessRecord> =
        record(reader, "randomness record", &key::randomness(height))?;
    Ok(found.filter(|record| record.height == height).map(|record| record.randomness))
}

/// Any record under a raw key.
///
/// # Errors
/// [`ReadError`] if state cannot be read; [`ReadError::Corrupt`] if the value is not a `T`.
pub fn record<T: BorshDeserialize>(
    reader: &dyn NodeReader,
    what: &'static str,
    raw: &[u8],
) -> Result<Option<T>, ReadError> {
    reader.value(raw)?.map(|value| decode(what, &value)).transpose()
}

fn decode<T: BorshDeserialize>(what: &'static str, value: &[u8]) -> Result<T, ReadError> {
    Ok(types::decode(what, value, MAX_VALUE_BYTES)?)
}

/// The last 32 bytes of a key of a space that is keyed by an identifier.
fn id(raw: &[u8], what: &'static str) -> Result<[u8; 32], ReadError> {
    key::parse(raw).and_then(|(_, _, key)| key.try_into().ok()).ok_or_else(|| ReadError::Corrupt {
        what,
        reason: format!("{} bytes are no key of its space", raw.len()),
    })
}

/// Everything in a native space. Only for spaces that governance keeps small.
fn list<T>(
    reader: &dyn NodeReader,
    space: Space,
    mut entry: impl FnMut(&[u8], &[u8]) -> Result<T, ReadError>,
) -> Result<Vec<T>, ReadError> {
    let prefix = space.prefix();
    let mut entries = Vec::new();
    let mut after: Option<Vec<u8>> = None;
    loop {
        let page = reader.scan(&prefix, after.as_deref(), PAGE)?;
        for (raw, value) in &page {
            entries.push(entry(raw, value)?);
        }
        if page.len() < PAGE {
            return Ok(entries);
        }
        after = page.into_iter().next_back().map(|(raw, _)| raw);
    }
}

#[cfg(test)]
mod tests;
