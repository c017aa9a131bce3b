//! The only code that touches a guest's memory.
//!
//! Pointers and lengths are unsigned 32-bit numbers; nothing is read or written before the whole
//! range is known to lie inside.

use crate::error::Halt;
use crate::machine::State;
use types::Code;
use wasmtime::Caller;

/// The guest's memory and what the machine keeps for the call, side by side.
///
/// # Errors
/// [`Halt::Fatal`] if the instance has no memory yet: no module starts before it has.
pub(crate) fn guest<'a>(
    caller: &'a mut Caller<'_, State>,
) -> Result<(&'a mut [u8], &'a mut State), Halt> {
    let Some(memory) = caller.data().memory else {
        return Err(Halt::fatal("a contract ran before it had its memory"));
    };
    Ok(memory.data_and_store_mut(caller))
}

/// `length` bytes at `pointer`.
///
/// # Errors
/// [`Code::BadInput`] if they do not lie in the memory.
pub(crate) fn read(memory: &[u8], pointer: u32, length: usize) -> Result<&[u8], Halt> {
    let start = usize::try_from(pointer).ok();
    let range = start.and_then(|start| Some(start..start.checked_add(length)?));
    range.and_then(|range| memory.get(range)).ok_or_else(|| out_of_range(pointer, length))
}

/// 32 bytes, or another fixed number, at `pointer`.
///
/// # Errors
/// [`Code::BadInput`] if they do not lie in the memory.
pub(crate) fn array<const N: usize>(memory: &[u8], pointer: u32) -> Result<[u8; N], Halt> {
    let bytes = read(memory, pointer, N)?;
    Ok(bytes.try_into().expect("exactly this many were read"))
}

/// Put `bytes` at `pointer`.
///
/// # Errors
/// [`Code::BadInput`] if they would not lie in the memory; nothing is written then.
pub(crate) fn write(memory: &mut [u8], pointer: u32, bytes: &[u8]) -> Result<(), Halt> {
    let start = usize::try_from(pointer).ok();
    let range = start.and_then(|start| Some(start..start.checked_add(bytes.len())?));
    match range.and_then(|range| memory.get_mut(range)) {
        Some(place) => {
            place.copy_from_slice(bytes);
            Ok(())
        }
        None => Err(out_of_range(pointer, bytes.len())),
    }
}

fn out_of_range(pointer: u32, length: usize) -> Halt {
    let message = format!("{length} bytes at {pointer} do not lie in the contract's memory");
    Halt::Host { code: Code::BadInput, message }
}

#[cfg(test)]
mod tests;
