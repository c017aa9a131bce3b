//! Count: the smallest contract that is of use.
//!
//! Anybody may add to the count, at most [`MAX_STEP`] at once; the count of each caller is kept,
//! too. Only who made the counter may set it back.
#![no_std]

use sdk::prelude::*;

/// Most that one call adds.
pub const MAX_STEP: u64 = 1_000;

/// What the counter keeps.
#[contract(events(Counted, Reset))]
pub struct Counter {
    owner: Item<Address>,
    count: Item<u64>,
    by_caller: Map<Address, u64>,
}

/// Somebody has added.
#[derive(Clone, Debug, PartialEq, Eq, Event)]
pub struct Counted {
    /// Who.
    pub by: Address,
    /// How much.
    pub step: u64,
    /// The count since.
    pub count: u64,
}

/// The owner has set the count back to zero.
#[derive(Clone, Debug, PartialEq, Eq, Event)]
pub struct Reset {
    /// The count before.
    pub count: u64,
}

/// How the counter refuses.
#[derive(Clone, Debug, PartialEq, Eq, ContractError)]
pub enum CounterError {
    /// More than [`MAX_STEP`], or nothing.
    Step {
        /// The most that one call adds.
        limit: u64,
    },
    /// The count would exceed 2^64 − 1.
    Overflow,
    /// Only the owner may do this.
    NotOwner,
}

#[contract]
impl Counter {
    /// Begin at `count`; who makes the counter owns it.
    #[init]
    pub fn init(&mut self, count: u64) {
        self.owner.set(&sdk::caller());
        self.count.set(&count);
    }

    /// Add to the count, and return it.
    #[call]
    pub fn add(&mut self, step: u64) -> Result<u64, CounterError> {
        if step == 0 || step > MAX_STEP {
            return Err(CounterError::Step { limit: MAX_STEP });
        }
        let by = sdk::caller();
        let count = self.count().checked_add(step).ok_or(CounterError::Overflow)?;
        let own = self.count_of(by).checked_add(step).ok_or(CounterError::Overflow)?;
        self.count.set(&count);
        self.by_caller.set(&by, &own);
        self.emit(Counted { by, step, count });
        Ok(count)
    }

    /// Back to zero; what each caller added is kept.
    #[call]
    pub fn reset(&mut self) -> Result<(), CounterError> {
        if self.owner.get() != Some(sdk::caller()) {
            return Err(CounterError::NotOwner);
        }
        let count = self.count();
        self.count.set(&0);
        self.emit(Reset { count });
        Ok(())
    }

    /// The count.
    #[view]
    pub fn count(&self) -> u64 {
        self.count.or_default()
    }

    /// What one caller has added.
    #[view]
    pub fn count_of(&self, caller: Address) -> u64 {
        self.by_caller.or_default(&caller)
    }
}
