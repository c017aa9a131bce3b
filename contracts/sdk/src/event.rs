//! What a contract announces to those who watch the chain.

use crate::abi::NamedShape;
use crate::{Storage, host};
use alloc::vec::Vec;

/// An event; `#[derive(Event)]` implements it for a struct.
pub trait Event: Sized {
    /// Its name, which is the struct's, and its values.
    const SHAPE: NamedShape;

    /// Its values in order, in borsh.
    fn encode(&self) -> Vec<u8>;

    /// The event back from its values; `None` if they are of another shape.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// That a contract lists an event; `#[contract(events(...))]` implements it.
///
/// Announcing another is an error of the compiler, which says where to list it:
///
/// ```compile_fail,E0277
/// use sdk::prelude::*;
///
/// #[contract]
/// struct Bell {
///     rung: Item<u64>,
/// }
///
/// #[derive(Event)]
/// struct Rung {
///     times: u64,
/// }
///
/// fn ring(bell: &mut Bell) {
///     bell.emit(Rung { times: 1 });
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{E}` is not among the events of `{Self}`",
    label = "this event is not in the contract's interface",
    note = "list it on the struct: #[contract(events({E}))]"
)]
pub trait Emits<E> {}

/// Announcing, for every contract.
pub trait Emit: Storage {
    /// Add an event to the receipt. It is dropped with everything else if the call fails.
    fn emit<E: Event>(&mut self, event: E)
    where
        Self: Emits<E>,
    {
        host::emit(E::SHAPE.name, &event.encode());
    }
}

impl<T: Storage> Emit for T {}
