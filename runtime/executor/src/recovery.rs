//! The first state of a chain that continues another one which lost more than a third of its power
//! for good.
//!
//! What people own goes over unchanged: accounts, nonces, roles, contracts with code and storage,
//! decided proposals, what was revealed. What belongs to validators ends: bonds go back to their
//! operators, from whom the bonds of the new set are taken, so that the supply stays the same.
//! Validators of the old chain stay on record as gone, and their keys can never be used again.
//! What is counted in heights of the old chain (sets, presence, payouts, recent blocks, randomness)
//! has no meaning here and is left behind.

use crate::genesis::{self, GenesisError};
use crate::modules;
use state::key::{self, Space};
use state::{ChangeSet, changes::ChangeSetError};
use std::collections::BTreeMap;
use types::governance::{ProposalOutcome, ProposalRecord};
use types::record::{ChainRecord, MAX_RECORD_BYTES, ValidatorStatus};
use types::{
    AccountRecord, Address, AddressKind, Amount, DecodeError, Genesis, Height, ValidatorRecord,
    Version,
};

/// Why a state and a genesis make no recovery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecoveryError {
    /// The genesis alone gives no state.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The genesis brings balances or roles: those of the state go on.
    #[error("{list} has {count} entries: those of the state go on, a recovery brings none")]
    Brings {
        /// The list.
        list: &'static str,
        /// How many.
        count: usize,
    },
    /// A value of the state is none of its kind.
    #[error("state, key {raw:02x?}: {source}")]
    Record {
        /// The raw key.
        raw: Vec<u8>,
        /// Why.
        #[source]
        source: DecodeError,
    },
    /// A key that no state has, or an entry that is no value.
    #[error("state, key {raw:02x?}: no key of a state")]
    Key {
        /// The raw key.
        raw: Vec<u8>,
    },
    /// The state has no chain record.
    #[error("the state has no chain record")]
    NoChain,
    /// The genesis begins with another protocol than the one that ruled.
    #[error("protocol is {found}, the state is of protocol {expected}")]
    Protocol {
        /// Of the genesis.
        found: u16,
        /// Of the state.
        expected: u16,
    },
    /// The accounts of the state do not add up to its supply, or bonds not to their account.
    #[error("the {what} of the state are {found} together, recorded is {expected}")]
    Money {
        /// Balances or bonds.
        what: &'static str,
        /// Their sum.
        found: Amount,
        /// What is on record.
        expected: Amount,
    },
    /// A sum that exceeds 2^128 - 1.
    #[error("amounts exceed 2^128 - 1")]
    Overflow,
    /// An operator cannot pay the bond of its new validator.
    #[error("the operator of {member}'s validator has {balance}, its bond is {bond}")]
    Bond {
        /// The member.
        member: String,
        /// What the operator has, old bonds returned.
        balance: Amount,
        /// What the genesis says.
        bond: Amount,
    },
    /// A key of the new set was used on the old chain.
    #[error("a key of the new validators was registered before (state key {raw:02x?})")]
    UsedKey {
        /// Where it stands in state.
        raw: Vec<u8>,
    },
    /// An entry is too large, or there are too many.
    #[error(transparent)]
    Changes(#[from] ChangeSetError),
}

/// The first state: what goes over from `old`, a whole state of which each entry is set, and what
/// the genesis says of parameters, members, registrars and validators.
///
/// # Errors
/// [`RecoveryError`] names the first thing that does not fit; money is conserved or nothing is
/// made.
pub fn changes(genesis: &Genesis, old: &ChangeSet) -> Result<ChangeSet, RecoveryError> {
    for (list, count) in [("balances", genesis.balances.len()), ("roles", genesis.roles.len())] {
        if count > 0 {
            return Err(RecoveryError::Brings { list, count });
        }
    }
    let mut carried = Carried::default();
    for (raw, value) in old.entries() {
        carried
            .take(raw, value.as_ref().ok_or_else(|| RecoveryError::Key { raw: raw.clone() })?)?;
    }
    let chain = carried.chain.take().ok_or(RecoveryError::NoChain)?;
    if chain.protocol != genesis.protocol {
        let (found, expected) = (genesis.protocol, chain.protocol);
        return Err(RecoveryError::Protocol { found, expected });
    }
    carried.return_bonds(chain.supply)?;
    carried.take_bonds(genesis)?;
    carried.finish(genesis, &chain)
}

/// What goes over.
#[derive(Default)]
struct Carried {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
    accounts: BTreeMap<Address, AccountRecord>,
    /// To whom bonds go back.
    bonds: Vec<(Address, Amount)>,
    chain: Option<ChainRecord>,
}

impl Carried {
    fn take(&mut self, raw: &[u8], value: &[u8]) -> Result<(), RecoveryError> {
        let unknown = || RecoveryError::Key { raw: raw.to_vec() };
        let (space, _, own) = key::parse(raw).ok_or_else(unknown)?;
        match space {
            Space::Account => {
                let address = Address(own.try_into().map_err(|_| unknown())?);
                self.accounts.insert(address, record(raw, value)?);
            }
            Space::Validator => {
                let mut validator: ValidatorRecord = record(raw, value)?;
                self.bonds.push((validator.operator, validator.bond));
                validator.bond = Amount::ZERO;
                if validator.status != ValidatorStatus::Revealed {
                    validator.status = ValidatorStatus::Left;
                }
                // It signs nothing on this chain.
                validator.last_height = Some(Height::ZERO);
                self.keep(raw, types::encode(&validator));
            }
            Space::Proposal => {
                let mut proposal: ProposalRecord = record(raw, value)?;
                if proposal.outcome == ProposalOutcome::Open {
                    let reason = "the chain was recovered before it was decided".into();
                    proposal.outcome = ProposalOutcome::Failed { height: Height::ZERO, reason };
                }
                self.keep(raw, types::encode(&proposal));
            }
            Space::Chain => self.chain = Some(record(raw, value)?),
            Space::Lane
            | Space::Role
            | Space::HiddenInformation
            | Space::Punished
            | Space::Reveal
            | Space::UsedKey
            | Space::Storage
            | Space::Code
            | Space::CodeRecord
            | Space::Contract => self.keep(raw, value.to_vec()),
            // The genesis says them anew, or they are counted in heights of the old chain.
            Space::Params
            | Space::Member
            | Space::Presence
            | Space::ValidatorSet
            | Space::Payout
            | Space::Recent
            | Space::Randomness => {}
        }
        Ok(())
    }

    fn keep(&mut self, raw: &[u8], value: Vec<u8>) {
        self.entries.insert(raw.to_vec(), value);
    }

    /// Every bond to its operator, once the books are seen to add up.
    fn return_bonds(&mut self, supply: Amount) -> Result<(), RecoveryError> {
        let found = self.total()?;
        if found != supply {
            return Err(RecoveryError::Money { what: "balances", found, expected: supply });
        }
        let expected = self.accounts.remove(&modules::BONDS).map_or(Amount::ZERO, |r| r.balance);
        let found = sum(self.bonds.iter().map(|(_, bond)| *bond))?;
        if found != expected {
            return Err(RecoveryError::Money { what: "bonds", found, expected });
        }
        for (operator, bond) in std::mem::take(&mut self.bonds) {
            if bond > Amount::ZERO {
                let account = self.account(operator);
                account.balance =
                    account.balance.checked_add(bond).ok_or(RecoveryError::Overflow)?;
            }
        }
        Ok(())
    }

    /// The bonds of the new set, from its operators.
    fn take_bonds(&mut self, genesis: &Genesis) -> Result<(), RecoveryError> {
        for validator in &genesis.validators {
            let account = self.account(validator.operator);
            let (balance, bond) = (account.balance, validator.bond);
            account.balance = balance.checked_sub(bond).ok_or_else(|| RecoveryError::Bond {
                member: validator.member.clone(),
                balance,
                bond,
            })?;
        }
        let bonds = sum(genesis.validators.iter().map(|validator| validator.bond))?;
        let (version, kind) = (Version, AddressKind::Module);
        self.accounts.insert(modules::BONDS, AccountRecord { version, kind, balance: bonds });
        Ok(())
    }

    fn account(&mut self, address: Address) -> &mut AccountRecord {
        let (version, kind, balance) = (Version, AddressKind::Account, Amount::ZERO);
        self.accounts.entry(address).or_insert(AccountRecord { version, kind, balance })
    }

    fn total(&self) -> Result<Amount, RecoveryError> {
        sum(self.accounts.values().map(|account| account.balance))
    }

    /// Put what goes over beside what the genesis says.
    fn finish(mut self, genesis: &Genesis, old: &ChainRecord) -> Result<ChangeSet, RecoveryError> {
        assert_eq!(self.total()?, old.supply, "returning and taking bonds conserves money");
        for (raw, value) in genesis::changes(genesis)?.into_entries() {
            let value = value.expect("a genesis removes nothing");
            match key::parse(&raw).map(|(space, ..)| space) {
                // Its only account holds the bonds, which stand in `accounts`.
                Some(Space::Account) => continue,
                Some(Space::Chain) => {
                    let mut chain: ChainRecord = record(&raw, &value)?;
                    chain.supply = old.supply;
                    self.keep(&raw, types::encode(&chain));
                }
                _ if self.entries.contains_key(&raw) => return Err(RecoveryError::UsedKey { raw }),
                _ => self.keep(&raw, value),
            }
        }
        for (address, account) in &self.accounts {
            self.entries.insert(key::account(address), types::encode(account));
        }
        let entries = self.entries.into_iter().map(|(raw, value)| (raw, Some(value))).collect();
        Ok(ChangeSet::from_sorted(entries)?)
    }
}

fn sum(mut amounts: impl Iterator<Item = Amount>) -> Result<Amount, RecoveryError> {
    let add = |sum: Amount, amount: Amount| sum.checked_add(amount);
    amounts.try_fold(Amount::ZERO, add).ok_or(RecoveryError::Overflow)
}

fn record<T: borsh::BorshDeserialize>(raw: &[u8], value: &[u8]) -> Result<T, RecoveryError> {
    types::decode("record", value, MAX_RECORD_BYTES)
        .map_err(|source| RecoveryError::Record { raw: raw.to_vec(), source })
}

/// How many of so many members must agree to a recovery: as to anything else they decide.
#[must_use]
pub fn needed(members: usize) -> usize {
    crate::native::governance::threshold(members)
}

#[cfg(test)]
mod tests;
