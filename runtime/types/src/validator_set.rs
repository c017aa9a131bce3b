//! Validator sets: who may sign a height, with which keys and power.

use crate::hash::ValidatorId;
use crate::keys::{PublicKey, RevealPoint};
use crate::units::{Height, Round, VotingPower};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Most validators a set may hold.
pub const MAX_VALIDATORS: usize = 100;
/// Largest sum of power of a set: 2^53, so that JavaScript counts it exactly.
pub const MAX_TOTAL_POWER: u64 = 1 << 53;

/// One validator with the keys valid at a height.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Validator {
    /// For life.
    pub id: ValidatorId,
    /// V: signs votes, proposals and seals, and nothing else.
    pub consensus_key: PublicKey,
    /// C: commits to the reveal secret.
    pub commitment: RevealPoint,
    /// Y: proves randomness.
    pub randomness_key: RevealPoint,
    /// Weight, at least 1.
    pub power: VotingPower,
}

/// V(h): sorted by id, at most 100, power at least 1 each, sum at most 2^53.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ValidatorSet {
    validators: Vec<Validator>,
}

/// Why a list is not a validator set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidatorSetError {
    /// No validators.
    Empty,
    /// More than 100 validators.
    TooMany(usize),
    /// Not strictly ascending by id at this position.
    Unsorted(usize),
    /// Power 0 at this position.
    PowerZero(usize),
    /// The powers add up to more than 2^53.
    PowerSum,
}

impl core::fmt::Display for ValidatorSetError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Empty => write!(f, "a validator set needs at least one validator"),
            Self::TooMany(count) => write!(f, "{count} validators, the limit is {MAX_VALIDATORS}"),
            Self::Unsorted(at) => write!(f, "validator {at} is not above the one before by id"),
            Self::PowerZero(at) => write!(f, "validator {at} has power 0, the minimum is 1"),
            Self::PowerSum => write!(f, "the powers add up to more than 2^53"),
        }
    }
}

impl core::error::Error for ValidatorSetError {}

impl ValidatorSet {
    /// A set from validators in any order.
    ///
    /// # Errors
    /// [`ValidatorSetError`] if the rules of the type do not hold.
    pub fn new(mut validators: Vec<Validator>) -> Result<Self, ValidatorSetError> {
        validators.sort_by_key(|validator| validator.id);
        let set = Self { validators };
        set.check().map(|()| set)
    }

    /// Whether a decoded set keeps the rules of the type.
    ///
    /// # Errors
    /// [`ValidatorSetError`] names the first breach.
    pub fn check(&self) -> Result<(), ValidatorSetError> {
        if self.validators.is_empty() {
            return Err(ValidatorSetError::Empty);
        }
        if self.validators.len() > MAX_VALIDATORS {
            return Err(ValidatorSetError::TooMany(self.validators.len()));
        }
        let mut total: u64 = 0;
        for (position, validator) in self.validators.iter().enumerate() {
            let before = position.checked_sub(1).and_then(|before| self.validators.get(before));
            if before.is_some_and(|before| before.id >= validator.id) {
                return Err(ValidatorSetError::Unsorted(position));
            }
            if validator.power.0 == 0 {
                return Err(ValidatorSetError::PowerZero(position));
            }
            total = total
                .checked_add(validator.power.0)
                .filter(|total| *total <= MAX_TOTAL_POWER)
                .ok_or(ValidatorSetError::PowerSum)?;
        }
        Ok(())
    }

    /// The validators, ascending by id.
    #[must_use]
    pub fn validators(&self) -> &[Validator] {
        &self.validators
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.validators.len()
    }

    /// Whether there are none: only the default is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.validators.is_empty()
    }

    /// The validator at a position.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Validator> {
        self.validators.get(index)
    }

    /// The position of a validator.
    #[must_use]
    pub fn index_of(&self, id: &ValidatorId) -> Option<usize> {
        self.validators.binary_search_by(|validator| validator.id.cmp(id)).ok()
    }

    /// The validator of this id.
    #[must_use]
    pub fn by_id(&self, id: &ValidatorId) -> Option<&Validator> {
        self.index_of(id).and_then(|index| self.validators.get(index))
    }

    /// The sum of all power.
    #[must_use]
    pub fn total_power(&self) -> VotingPower {
        let sum = self.validators.iter().fold(0_u64, |sum, v| sum.saturating_add(v.power.0));
        VotingPower(sum)
    }

    /// Whether `signed` is more than two thirds of the total: `3·signed > 2·total`.
    #[must_use]
    pub fn is_quorum(&self, signed: VotingPower) -> bool {
        u128::from(signed.0) * 3 > u128::from(self.total_power().0) * 2
    }

    /// Who proposes in `round` of `height`, given the validators seen alive of late (protocol.md
    /// 2.5): rounds below their number go round among them, later rounds among all.
    ///
    /// `eligible` holds positions in this set, ascending; empty means all.
    ///
    /// # Panics
    /// If the set is empty.
    #[must_use]
    pub fn proposer(&self, eligible: &[u16], height: Height, round: Round) -> &Validator {
        assert!(!self.validators.is_empty(), "an empty validator set has no proposer");
        let turn = u128::from(height.0) + u128::from(round.0);
        let position = |count: usize| usize::try_from(turn % count as u128).unwrap_or(0);
        let index = if (round.0 as usize) < eligible.len() {
            eligible.get(position(eligible.len())).map_or(0, |index| usize::from(*index))
        } else {
            position(self.validators.len())
        };
        assert!(index < self.validators.len(), "an eligible position lies within its set");
        &self.validators[index]
    }
}
