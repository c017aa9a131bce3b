//! The first state, from a genesis.

use crate::modules;
use state::{ChangeSet, key};
use std::collections::BTreeMap;
use types::record::{
    ChainRecord, KeyRecord, MemberRecord, PresenceRecord, SetRecord, ValidatorStatus,
};
use types::validator_set::ValidatorSetError;
use types::{
    AccountRecord, Address, AddressKind, Amount, Genesis, GenesisValidator, Height, RoleRecord,
    ValidatorId, ValidatorRecord, Version,
};

/// Why a genesis gives no state. `chainspec` finds all of this, and more, before a chain begins.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// The validators are no validator set.
    #[error("validators: {0}")]
    Validators(#[source] ValidatorSetError),
    /// A list that names things once names one twice or out of order.
    #[error("{list}[{position}] is not above the entry before")]
    Unsorted {
        /// The list.
        list: &'static str,
        /// Position of the later entry.
        position: usize,
    },
    /// Two entries would stand in state under one key, or one is too large to stand there.
    #[error("{list}: {reason}")]
    Entry {
        /// The list.
        list: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Balances and bonds together exceed 2^128 − 1.
    #[error("balances and bonds exceed 2^128 - 1")]
    Supply,
    /// Money at the address where bonds are held would be nobody's.
    #[error("balances: the module that holds bonds has a balance of its own")]
    BondsBalance,
}

/// What the first state consists of.
///
/// # Errors
/// [`GenesisError`] names the first thing that gives no state.
pub fn changes(genesis: &Genesis) -> Result<ChangeSet, GenesisError> {
    let set = crypto::id::genesis_set(genesis).map_err(GenesisError::Validators)?;
    let mut entries = Entries::default();
    let supply = add_accounts(&mut entries, genesis)?;
    add_roles(&mut entries, genesis)?;
    for member in &genesis.members {
        if member.id.len() > key::MAX_KEY_BYTES {
            let reason = format!("an id has {} bytes", member.id.len());
            return Err(GenesisError::Entry { list: "members", reason });
        }
        let record = MemberRecord { version: Version, member: member.clone() };
        entries.add("members", key::member(&member.id), types::encode(&record))?;
    }
    for validator in &genesis.validators {
        add_validator(&mut entries, validator)?;
    }
    let record = SetRecord { version: Version, set };
    entries.add("validators", key::set(Height(1)), types::encode(&record))?;
    let chain = ChainRecord {
        version: Version,
        protocol: genesis.protocol,
        carried: Height::ZERO,
        genesis: crypto::id::genesis_hash(genesis),
        supply,
        registrars: genesis.registrars.clone(),
        upgrade: None,
    };
    entries.add("registrars", key::chain(), types::encode(&chain))?;
    entries.add("params", key::params(), types::encode(&genesis.params))?;
    Ok(entries.into_changes())
}

/// Raw keys with their values, each once.
#[derive(Default)]
struct Entries(BTreeMap<Vec<u8>, Vec<u8>>);

impl Entries {
    fn add(
        &mut self,
        list: &'static str,
        raw: Vec<u8>,
        value: Vec<u8>,
    ) -> Result<(), GenesisError> {
        let (bytes, limit) = (value.len(), key::MAX_VALUE_BYTES);
        if bytes > limit {
            let reason = format!("an entry has {bytes} bytes, the limit is {limit}");
            return Err(GenesisError::Entry { list, reason });
        }
        match self.0.insert(raw, value) {
            None => Ok(()),
            Some(_) => {
                Err(GenesisError::Entry { list, reason: "an entry stands there twice".into() })
            }
        }
    }

    fn into_changes(self) -> ChangeSet {
        let entries = self.0.into_iter().map(|(raw, value)| (raw, Some(value))).collect();
        ChangeSet::from_sorted(entries).expect("a map ascends, and sizes were checked")
    }
}

/// Balances, and all bonds in escrow; returns their sum.
fn add_accounts(entries: &mut Entries, genesis: &Genesis) -> Result<Amount, GenesisError> {
    check_ascending("balances", genesis.balances.iter().map(|(address, _)| address))?;
    let add = |sum: Amount, amount: &Amount| sum.checked_add(*amount).ok_or(GenesisError::Supply);
    let held = genesis.balances.iter().map(|(_, amount)| amount).try_fold(Amount::ZERO, add)?;
    let bonds = genesis.validators.iter().map(|v| &v.bond).try_fold(Amount::ZERO, add)?;
    for (address, balance) in &genesis.balances {
        if *address == modules::BONDS {
            return Err(GenesisError::BondsBalance);
        }
        add_account(entries, address, *balance)?;
    }
    if bonds > Amount::ZERO {
        add_account(entries, &modules::BONDS, bonds)?;
    }
    add(held, &bonds)
}

fn add_account(
    entries: &mut Entries,
    address: &Address,
    balance: Amount,
) -> Result<(), GenesisError> {
    let module = modules::is_module(address);
    let kind = if module { AddressKind::Module } else { AddressKind::Account };
    let record = AccountRecord { version: Version, kind, balance };
    entries.add("balances", key::account(address), types::encode(&record))
}

fn add_roles(entries: &mut Entries, genesis: &Genesis) -> Result<(), GenesisError> {
    check_ascending("roles", genesis.roles.iter())?;
    let record = RoleRecord { version: Version, granted: Height::ZERO, expires_ms: None };
    let value = types::encode(&record);
    genesis.roles.iter().try_for_each(|(account, role)| {
        entries.add("roles", key::role(account, *role), value.clone())
    })
}

fn add_validator(entries: &mut Entries, validator: &GenesisValidator) -> Result<(), GenesisError> {
    const LIST: &str = "validators";
    let id: ValidatorId = crypto::id::validator_id(&validator.consensus_key);
    let record = ValidatorRecord {
        version: Version,
        consensus_key: validator.consensus_key,
        commitment: validator.commitment,
        randomness_key: validator.randomness_key,
        commitment_proof: validator.commitment_proof,
        randomness_proof: validator.randomness_proof,
        network_key: validator.network_key,
        member: validator.member.clone(),
        operator: validator.operator,
        power: validator.power,
        bond: validator.bond,
        attestations: validator.attestations.clone(),
        status: ValidatorStatus::Active,
        last_height: None,
    };
    let presence = PresenceRecord { version: Version, joined: Height(1), signed: Height::ZERO };
    entries.add(LIST, key::validator(&id), types::encode(&record))?;
    entries.add(LIST, key::presence(&id), types::encode(&presence))?;
    let used = types::encode(&KeyRecord { version: Version, validator: id });
    for key in [&validator.consensus_key.0, &validator.commitment.0, &validator.randomness_key.0] {
        entries.add(LIST, key::used_key(key), used.clone())?;
    }
    let sealed = key::hidden_information(&validator.consensus_key);
    entries.add(LIST, sealed, validator.hidden_information.clone())
}

fn check_ascending<T: PartialOrd>(
    list: &'static str,
    entries: impl Iterator<Item = T> + Clone,
) -> Result<(), GenesisError> {
    let pairs = entries.clone().zip(entries.skip(1));
    match pairs.enumerate().find(|(_, (before, after))| before >= after) {
        None => Ok(()),
        Some((before, _)) => {
            Err(GenesisError::Unsorted { list, position: before.saturating_add(1) })
        }
    }
}

#[cfg(test)]
mod tests;
