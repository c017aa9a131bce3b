//! What things cost: 1 gas is 1 unit of the engine's fuel (`docs/protocol.md` 5.6).
//!
//! Measured with `examples/vm_bench.rs`: ordinary code takes at most 0.5 ns a gas, the slowest
//! kernel at most 2.5 ns, so that a full block of 600 M gas stays under 1.5 s on one core. What the
//! host does is charged before it does it; only the size of an answer is charged after, and every
//! answer has a limit. A change of any number here changes the engine hash.

use crate::error::Halt;
use crate::machine::State;
use wasmtime::{Caller, OperatorCost, VariableOperatorCost};

/// Start of a call: a place, an instance, its memory made and cleared again.
pub(crate) const START: u64 = 12_000;
/// The first page of memory that a module begins with: a place keeps it, and clears it by hand.
pub(crate) const FIRST_PAGE: u64 = 4_000;
/// Every other page, whether a module begins with it or asks for it: its 16 pieces are mapped,
/// cleared and taken back.
pub(crate) const PAGE: u64 = CHARGE * CHARGES_PER_PAGE as u64;
/// One byte of data or elements that a module begins with: a copy of its page is made on writing.
pub(crate) const SEGMENT_BYTE: u64 = 1;

/// What the pass over the module charges at a time, as the price of an operator that contracts
/// cannot have.
const CHARGE: u64 = 250;
/// How often it does so for one page.
pub(crate) const CHARGES_PER_PAGE: usize = 48;

/// Any host function: the crossing, and its arguments.
pub(crate) const HOST: u64 = 100;
/// One byte moved between guest and host.
pub(crate) const BYTE: u64 = 1;
/// A read of state: storage, a balance, a role, a randomness.
pub(crate) const READ: u64 = 4_000;
/// One byte read of storage.
pub(crate) const READ_BYTE: u64 = 4;
/// A write of storage: its leaf and path in the tree are hashed again.
pub(crate) const WRITE: u64 = 20_000;
/// One byte written.
pub(crate) const WRITE_BYTE: u64 = 30;
/// One entry that a scan may give; what it does not give is paid back.
pub(crate) const SCAN_ENTRY: u64 = 1_000;
/// An event.
pub(crate) const EVENT: u64 = 2_000;
/// One byte of an event: it is kept, indexed and sent to those who listen.
pub(crate) const EVENT_BYTE: u64 = 10;
/// A transfer: two accounts are read and written.
pub(crate) const TRANSFER: u64 = 48_000;
/// A call of another contract, before what that costs itself.
pub(crate) const CALL: u64 = 10_000;
/// The context.
pub(crate) const CONTEXT: u64 = 500;
/// A hash, whatever its length.
pub(crate) const HASH: u64 = 400;
/// One byte of blake3.
pub(crate) const BLAKE3_BYTE: u64 = 4;
/// One byte of SHA-256, on a processor without instructions for it.
pub(crate) const SHA256_BYTE: u64 = 10;
/// One ed25519 signature.
pub(crate) const SIGNATURE: u64 = 120_000;
/// One byte of what is signed.
pub(crate) const SIGNATURE_BYTE: u64 = 8;
/// One hash of a Merkle proof.
pub(crate) const PROOF_HASH: u64 = 400;
/// A log line.
pub(crate) const LOG: u64 = 500;

/// Every price of the host, for the engine hash.
pub(crate) const PRICES: [u64; 23] = [
    START,
    FIRST_PAGE,
    PAGE,
    SEGMENT_BYTE,
    HOST,
    BYTE,
    READ,
    READ_BYTE,
    WRITE,
    WRITE_BYTE,
    SCAN_ENTRY,
    EVENT,
    EVENT_BYTE,
    TRANSFER,
    CALL,
    CONTEXT,
    HASH,
    BLAKE3_BYTE,
    SHA256_BYTE,
    SIGNATURE,
    SIGNATURE_BYTE,
    PROOF_HASH,
    LOG,
];

/// Take `amount` from what the call has left.
///
/// # Errors
/// [`Halt::OutOfGas`] if there is less.
pub(crate) fn charge(caller: &mut Caller<'_, State>, amount: u64) -> Result<(), Halt> {
    let left = left(caller);
    let Some(rest) = left.checked_sub(amount) else { return Err(Halt::OutOfGas) };
    set_left(caller, rest);
    Ok(())
}

/// What the call has left.
pub(crate) fn left(caller: &Caller<'_, State>) -> u64 {
    caller.get_fuel().expect("the engine counts fuel")
}

pub(crate) fn set_left(caller: &mut Caller<'_, State>, left: u64) {
    caller.set_fuel(left).expect("the engine counts fuel");
}

/// The pages that a module begins with.
pub(crate) const fn first_pages(pages: u64) -> u64 {
    match pages.checked_sub(1) {
        Some(others) => FIRST_PAGE.saturating_add(others.saturating_mul(PAGE)),
        None => 0,
    }
}

/// A price for each unit, without overflow: what nobody can pay costs all there is.
pub(crate) const fn each(units: usize, price: u64) -> u64 {
    (units as u64).saturating_mul(price)
}

/// The most that one contract may hand to another of what it has left: 63/64, so that it can always
/// finish, and depth has a price.
pub(crate) const fn allotment(left: u64, asked: u64) -> u64 {
    let most = left.saturating_sub(left / 64);
    if asked == 0 || asked > most { most } else { asked }
}

/// The price of every operator. What is not named costs 1, or 0 where no code comes of it.
pub(crate) fn operators() -> OperatorCost {
    OperatorCost {
        // A miss of every cache takes as long as a hundred additions.
        I32Load: LOAD,
        I64Load: LOAD,
        I32Load8S: LOAD,
        I32Load8U: LOAD,
        I32Load16S: LOAD,
        I32Load16U: LOAD,
        I64Load8S: LOAD,
        I64Load8U: LOAD,
        I64Load16S: LOAD,
        I64Load16U: LOAD,
        I64Load32S: LOAD,
        I64Load32U: LOAD,
        I32Store: STORE,
        I64Store: STORE,
        I32Store8: STORE,
        I32Store16: STORE,
        I64Store8: STORE,
        I64Store16: STORE,
        I64Store32: STORE,
        I32DivS: DIVISION,
        I32DivU: DIVISION,
        I32RemS: DIVISION,
        I32RemU: DIVISION,
        I64DivS: DIVISION,
        I64DivU: DIVISION,
        I64RemS: DIVISION,
        I64RemU: DIVISION,
        Call: 4,
        CallIndirect: 8,
        BrTable: 4,
        MemorySize: 2,
        MemoryGrow: 255,
        MemoryCopy: 40,
        MemoryFill: 40,
        MemoryInit: 40,
        DataDrop: 40,
        TableGet: 8,
        TableSet: 8,
        TableSize: 2,
        TableGrow: 255,
        TableFill: 40,
        TableCopy: 40,
        TableInit: 40,
        ElemDrop: 40,
        RefFunc: 40,
        // Not an operator of contracts: see CHARGE.
        F64Neg: charge_of_one(),
        F64Const: 0,
        variable: VariableOperatorCost {
            table_copy_per_element: 20,
            table_fill_per_element: 20,
            table_init_per_element: 40,
            table_grow_per_element: 40,
            ..VariableOperatorCost::new()
        },
        ..OperatorCost::new()
    }
}

const LOAD: u8 = 4;
const STORE: u8 = 4;
const DIVISION: u8 = 12;

const fn charge_of_one() -> u8 {
    assert!(CHARGE <= u8::MAX as u64, "an operator costs at most 255");
    #[allow(clippy::cast_possible_truncation)] // Just asserted.
    let charge = CHARGE as u8;
    charge
}
