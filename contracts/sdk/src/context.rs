//! What a running call knows, and what it may do beyond its own storage.

use crate::host;
use types::{Address, Amount, ChainId, Code, Hash, Height, Role, TimestampMs};
#[cfg(any(target_arch = "wasm32", test))]
use types::{Context, Version};

/// Who calls: the sender of the transaction, or another contract.
#[must_use]
pub fn caller() -> Address {
    host::context().caller
}

/// Whose transaction it is, however many contracts are in between. Permissions belong to
/// [`caller`]: a contract that asks for the origin lets every contract it calls act in its name.
#[must_use]
pub fn origin() -> Address {
    host::context().origin
}

/// The money that came with the call. It is on the contract's account already.
#[must_use]
pub fn value() -> Amount {
    host::context().value
}

/// The contract's own address.
#[must_use]
pub fn contract() -> Address {
    host::context().contract
}

/// The height of the block; in a view from outside, of the next one.
#[must_use]
pub fn height() -> Height {
    host::context().height
}

/// The time of the block.
#[must_use]
pub fn time_ms() -> TimestampMs {
    host::context().time_ms
}

/// The chain.
#[must_use]
pub fn chain_id() -> ChainId {
    host::context().chain_id
}

/// An identifier that nothing else on the chain has. Each is new.
#[must_use]
pub fn new_id() -> Hash {
    host::new_id()
}

/// Pay from the contract's own balance.
///
/// # Errors
/// `AMOUNT_ZERO`, `SELF_TRANSFER`, `INSUFFICIENT_BALANCE`, `RESERVED_ADDRESS`; nothing has moved.
pub fn transfer(to: &Address, amount: Amount) -> Result<(), Code> {
    host::transfer(to, amount)
}

/// What an account holds.
#[must_use]
pub fn balance(account: &Address) -> Amount {
    host::balance(account)
}

/// Whether an account holds a role, in force at the block's time.
#[must_use]
pub fn has_role(account: &Address, role: Role) -> bool {
    host::has_role(account, role)
}

/// The randomness of a height: what nobody knew before its block. `None` above the block's own
/// height and once the chain no longer keeps it, after
/// [`types::contract::RANDOMNESS_HEIGHTS`] heights.
#[must_use]
pub fn randomness(height: Height) -> Option<Hash> {
    host::randomness(height)
}

/// A line for the log of the node that runs this; nothing on the chain.
pub fn log(line: &str) {
    host::log(line);
}

/// Size of an encoded [`Context`]. Unit: bytes.
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) const BYTES: usize = 194;

/// The context from its encoding, which has a fixed shape: every call reads it, and reading it
/// field by field through borsh costs a module 1.5 KiB.
#[cfg(any(target_arch = "wasm32", test))]
pub(crate) fn read(bytes: &[u8; BYTES]) -> Context {
    let mut rest = bytes.as_slice();
    let _version = take::<1>(&mut rest);
    Context {
        version: Version,
        chain_id: ChainId(take(&mut rest)),
        height: Height(u64::from_le_bytes(take(&mut rest))),
        time_ms: TimestampMs(u64::from_le_bytes(take(&mut rest))),
        contract: Address(take(&mut rest)),
        caller: Address(take(&mut rest)),
        origin: Address(take(&mut rest)),
        value: Amount(u128::from_le_bytes(take(&mut rest))),
        call_id: Hash(take(&mut rest)),
        view: take(&mut rest) == [1],
    }
}

#[cfg(any(target_arch = "wasm32", test))]
fn take<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (head, tail) = rest.split_first_chunk().expect("the fields have 194 bytes together");
    *rest = tail;
    *head
}

#[cfg(test)]
mod tests;
