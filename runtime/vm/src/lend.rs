//! Lend a host to a store for one call.
//!
//! A store keeps its data without a lifetime; a host borrows the state of a block. This is the one
//! place that bridges the two.

use crate::host::Host;

/// Give `host` to `work` for as long as that runs.
#[allow(unsafe_code)]
pub(crate) fn with<T>(host: &mut dyn Host, work: impl FnOnce(&'static mut dyn Host) -> T) -> T {
    // SAFETY: the reference must not be used after this function returns or unwinds. Its only user
    // is `Machine::run`, whose `work` moves it into a `State` in a `Store` that `work` itself makes
    // and consumes, and returns an `Outcome` or a `Fatal`, which hold no reference. Meanwhile
    // `host` stays mutably borrowed here, so nobody else reaches it.
    let host: &'static mut dyn Host =
        unsafe { core::mem::transmute::<&mut dyn Host, &'static mut dyn Host>(host) };
    work(host)
}
