//! A guard handed on: between a signer process and its node, and in a file to another machine.
//!
//! Whoever holds the key decides what its guard may become. A node that judges where it stands may
//! raise lanes and arm what was not armed yet; nobody lowers a lane, and nobody arms a guard that
//! belongs elsewhere (docs/protocol.md 4.1, 4.3).

use super::guard::{Alarm, Guard, Lane, Standing};
use super::slot::{GuardError, MAX_RECORD_BYTES, checksum};
use super::start::machine_of;
use borsh::{BorshDeserialize, BorshSerialize};
use types::{BlockId, ChainId, Hash, Height, ValidatorId};

/// Why a guard does not take another's place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, BorshSerialize, BorshDeserialize)]
pub enum HandoverError {
    /// It is of another chain.
    #[error("the guard belongs to chain {theirs}, not to {ours}")]
    OtherChain {
        /// Our chain.
        ours: ChainId,
        /// The chain of the guard that is refused.
        theirs: ChainId,
    },
    /// It is of another genesis of the same chain id.
    #[error("the guard belongs to genesis {theirs}, not to {ours}")]
    OtherGenesis {
        /// Our header 0.
        ours: BlockId,
        /// Header 0 of the guard that is refused.
        theirs: BlockId,
    },
    /// It is another validator's.
    #[error("the guard belongs to validator {theirs}, not to {ours}")]
    OtherValidator {
        /// Our validator.
        ours: ValidatorId,
        /// The validator of the guard that is refused.
        theirs: ValidatorId,
    },
    /// The guard was made on another machine: only an operator's word arms it.
    #[error("the guard was made on another machine")]
    OtherMachine,
    /// The guard is armed for one instance of a node's data, and would be for another.
    #[error("the guard is armed for another node's data")]
    OtherInstance,
    /// An imported guard has not waited for long enough.
    #[error("the guard was imported: the chain has not gone on for {wait} heights without its key")]
    Waits {
        /// How many heights it waits for.
        wait: u64,
    },
    /// A lane would be lowered, or changed where it stands.
    #[error("the guard has signed up to height {height}, and would forget it")]
    Lowered {
        /// Height of the lane.
        height: Height,
    },
}

impl Guard {
    /// Check that a guard is of this chain, genesis and validator.
    ///
    /// # Errors
    /// [`HandoverError`] names both.
    pub fn check_owner(
        &self,
        chain_id: ChainId,
        genesis_hash: BlockId,
        validator: ValidatorId,
    ) -> Result<(), HandoverError> {
        if self.chain_id != chain_id {
            return Err(HandoverError::OtherChain { ours: chain_id, theirs: self.chain_id });
        }
        if let Some(theirs) = self.genesis_hash.filter(|theirs| *theirs != genesis_hash) {
            return Err(HandoverError::OtherGenesis { ours: genesis_hash, theirs });
        }
        if self.validator != validator {
            return Err(HandoverError::OtherValidator { ours: validator, theirs: self.validator });
        }
        Ok(())
    }

    /// What this guard becomes when its node hands it back, judged by `safety::start`: lanes only
    /// rise, and it is armed only once, on the machine that it was made on, or after it has waited
    /// for `import_wait` heights.
    ///
    /// # Errors
    /// [`HandoverError`]; this guard stays as it is.
    pub fn followed_by(
        &self,
        next: Self,
        machine: &[u8],
        import_wait: u64,
    ) -> Result<Self, HandoverError> {
        let genesis_hash = self.genesis_hash.or(next.genesis_hash);
        next.check_owner(self.chain_id, genesis_hash.unwrap_or_default(), self.validator)?;
        for (old, new) in [(&self.votes, &next.votes), (&self.seals, &next.seals)] {
            if new.top() <= old.top() && new != old {
                return Err(HandoverError::Lowered { height: old.height() });
            }
        }
        let waits = Err(HandoverError::Waits { wait: import_wait });
        match (self.standing, next.standing) {
            (Standing::Made { machine: made }, _) if made != machine_of(machine) => {
                return Err(HandoverError::OtherMachine);
            }
            (Standing::Made { .. }, Standing::Armed { .. }) => {}
            (Standing::Imported { since: Some(since) }, Standing::Armed { .. }) => {
                // Whoever arms an import gives up the seals up to the tip (`safety::start`).
                if next.seals.height().0 < since.0.saturating_add(import_wait) {
                    return waits;
                }
            }
            (Standing::Imported { since: None }, Standing::Armed { .. }) => return waits,
            (Standing::Imported { since: None }, Standing::Imported { .. }) => {}
            (old, new) if old == new => {}
            _ => return Err(HandoverError::OtherInstance),
        }
        let sequence = self.sequence.max(next.sequence);
        let settled = self.settled.max(next.settled);
        Ok(Self { genesis_hash, sequence, settled, ..next })
    }

    /// This guard, with its lanes raised to those of another of the same chain and validator.
    ///
    /// # Errors
    /// [`Alarm::OtherValue`] if the two have signed two values at one address: the key has signed
    /// twice, and this guard cannot be made right.
    pub fn joined(mut self, other: &Self) -> Result<Self, Alarm> {
        for (own, theirs) in [(&mut self.votes, &other.votes), (&mut self.seals, &other.seals)] {
            join(own, theirs)?;
        }
        self.sequence = self.sequence.max(other.sequence);
        self.settled = self.settled.max(other.settled);
        Ok(self)
    }

    /// The guard as the bytes of a file to carry away: its record, and a checksum of 32 bytes.
    #[must_use]
    pub fn export(&self) -> Vec<u8> {
        let mut bytes = types::encode(self);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(sum.as_bytes());
        bytes
    }

    /// Read what [`Guard::export`] wrote.
    ///
    /// # Errors
    /// [`GuardError::Record`] if it is cut short, too long, changed, or no guard's.
    pub fn import(bytes: &[u8]) -> Result<Self, GuardError> {
        let bad = || GuardError::Record { bytes: bytes.len() };
        let at = bytes.len().checked_sub(size_of::<Hash>()).ok_or_else(bad)?;
        let (record, sum) = bytes.split_at(at);
        if sum != checksum(record).as_bytes() {
            return Err(bad());
        }
        types::decode("guard", record, MAX_RECORD_BYTES).map_err(|_| bad())
    }
}

fn join(own: &mut Lane, theirs: &Lane) -> Result<(), Alarm> {
    if own.top() < theirs.top() {
        own.clone_from(theirs);
        return Ok(());
    }
    if let (Some(top), Some(one), Some(other)) = (own.top(), own.signed(), theirs.signed())
        && own.top() == theirs.top()
        && one.value != other.value
    {
        return Err(Alarm::OtherValue(*top));
    }
    Ok(())
}
