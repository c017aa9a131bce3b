//! The bank: accounts and transfers of the one native unit.
//!
//! Money is neither made nor lost here: a debit is followed by credits of the same sum within one
//! checkpoint, or by none of either.
//!
//! A contract's buckets add up to its balance because money reaches it in two ways alone: with a
//! call of its own, and from a contract that it is calling. A bare transfer would be a surplus that
//! no bucket knows, so it is refused; what lay at its address before it was made goes to whoever
//! makes it.

use super::{Calls, Stop};
use crate::modules;
use state::{NodeReader, Overlay, ReadError, key, read};
use types::receipt::NativeEvent;
use types::{AccountRecord, Address, AddressKind, Amount, Code, Version};

impl Calls<'_, '_> {
    /// Move money from one account to another; whose call it is was checked. To a contract only
    /// while that is running: it sees what comes.
    pub(crate) fn transfer(
        &mut self,
        from: &Address,
        to: &Address,
        amount: Amount,
    ) -> Result<(), Stop> {
        check_transfer(from, to, amount).map_err(Stop::Failed)?;
        if !self.stack.contains(to) && is_contract(self.overlay, to)? {
            return Err(Stop::Failed(Code::ReservedAddress));
        }
        self.carry(from, to, amount)
    }

    /// Move money with a call, or where the chain itself decides: to whomever it goes.
    pub(crate) fn carry(
        &mut self,
        from: &Address,
        to: &Address,
        amount: Amount,
    ) -> Result<(), Stop> {
        check_transfer(from, to, amount).map_err(Stop::Failed)?;
        debit(self.overlay, from, amount, Code::InsufficientBalance)?;
        credit(self.overlay, to, amount, AddressKind::Account)?;
        self.touched.push(*to);
        self.emit(&NativeEvent::Transfer { from: *from, to: *to, amount })
    }
}

/// Whether a transfer is one, whoever has how much.
///
/// # Errors
/// The code of the receipt that it would get.
pub(crate) fn check_transfer(from: &Address, to: &Address, amount: Amount) -> Result<(), Code> {
    if amount == Amount::ZERO {
        return Err(Code::AmountZero);
    }
    if from == to {
        return Err(Code::SelfTransfer);
    }
    // Nobody holds a module's key: money sent there would be lost, and escrow would not add up.
    if modules::is_module(to) { Err(Code::ReservedAddress) } else { Ok(()) }
}

/// Whether a contract lives at an address.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn is_contract(reader: &dyn NodeReader, address: &Address) -> Result<bool, ReadError> {
    let account = read::account(reader, address)?;
    Ok(account.is_some_and(|account| account.kind == AddressKind::Contract))
}

/// Who gets what the chain owes to an address: of a contract the treasury, since no call of it runs
/// that could book the money.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn payee(reader: &dyn NodeReader, owed: Address) -> Result<Address, ReadError> {
    Ok(if is_contract(reader, &owed)? { modules::TREASURY } else { owed })
}

/// What an account holds.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn balance(reader: &dyn NodeReader, address: &Address) -> Result<Amount, ReadError> {
    Ok(read::account(reader, address)?.map_or(Amount::ZERO, |account| account.balance))
}

/// Take money from an account.
///
/// # Errors
/// [`Stop::Failed`] with `lacking` if it holds less.
pub(crate) fn debit(
    overlay: &mut Overlay<'_>,
    address: &Address,
    amount: Amount,
    lacking: Code,
) -> Result<(), Stop> {
    let raw = key::account(address);
    let account: Option<AccountRecord> = read::record(overlay, "account record", &raw)?;
    let mut account = account.ok_or(Stop::Failed(lacking))?;
    account.balance = account.balance.checked_sub(amount).ok_or(Stop::Failed(lacking))?;
    overlay.set(&raw, types::encode(&account));
    Ok(())
}

/// Give money to an account; `kind` is what it is taken for if the chain has not seen it.
///
/// # Errors
/// [`Stop::Failed`] with [`Code::Overflow`], which no sum of the chain's whole supply reaches.
pub(crate) fn credit(
    overlay: &mut Overlay<'_>,
    address: &Address,
    amount: Amount,
    kind: AddressKind,
) -> Result<(), Stop> {
    let raw = key::account(address);
    let account: Option<AccountRecord> = read::record(overlay, "account record", &raw)?;
    let mut account =
        account.unwrap_or(AccountRecord { version: Version, kind, balance: Amount::ZERO });
    account.balance = account.balance.checked_add(amount).ok_or(Stop::Failed(Code::Overflow))?;
    overlay.set(&raw, types::encode(&account));
    Ok(())
}

/// Remember that an address is a multisig: its first signature shows it.
///
/// # Errors
/// [`ReadError`] if state cannot be read.
pub(crate) fn note_kind(
    overlay: &mut Overlay<'_>,
    address: &Address,
    kind: AddressKind,
) -> Result<(), ReadError> {
    if kind == AddressKind::Account {
        return Ok(());
    }
    let raw = key::account(address);
    let account: Option<AccountRecord> = read::record(overlay, "account record", &raw)?;
    let balance = match account {
        Some(account) if account.kind == kind => return Ok(()),
        Some(account) => account.balance,
        None => Amount::ZERO,
    };
    overlay.set(&raw, types::encode(&AccountRecord { version: Version, kind, balance }));
    Ok(())
}
