//! Say how long consensus waits, and name the timers.

use borsh::{BorshDeserialize, BorshSerialize};
use types::{Height, Params, Round};

/// What a timer waits for.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum TimeoutKind {
    /// A proposal; then the node prevotes nil.
    Propose = 0,
    /// Prevotes that agree, once more than two thirds have come; then it precommits nil.
    Prevote = 1,
    /// Precommits that agree, once more than two thirds have come; then the next round begins.
    Precommit = 2,
    /// A signer that did not answer: it is asked once more for the vote that is missing. Without
    /// it a net that needs every validator would stand still, since Tendermint has no timer
    /// before two thirds have voted.
    Sign = 3,
}

/// How long after a signer did not answer it is asked again, in ms.
const SIGN_AGAIN_MS: u64 = 1_000;

/// One timer. A timer of another height or round than the present one has no effect.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Timeout {
    /// The height it belongs to.
    pub height: Height,
    /// The round it belongs to.
    pub round: Round,
    /// What it waits for.
    pub kind: TimeoutKind,
}

/// How long the timers of a height run, in ms: the first round's wait, and what each further
/// round adds, up to a cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    propose_ms: u64,
    propose_step_ms: u64,
    vote_ms: u64,
    vote_step_ms: u64,
    cap_ms: u64,
}

impl Timing {
    /// The chain's timing.
    #[must_use]
    pub const fn from_params(params: &Params) -> Self {
        Self {
            propose_ms: params.propose_timeout_ms,
            propose_step_ms: params.propose_timeout_step_ms,
            vote_ms: params.vote_timeout_ms,
            vote_step_ms: params.vote_timeout_step_ms,
            cap_ms: params.timeout_cap_ms,
        }
    }

    /// How long this timer runs, in ms.
    #[must_use]
    pub fn after_ms(&self, kind: TimeoutKind, round: Round) -> u64 {
        let (first_ms, step_ms) = match kind {
            TimeoutKind::Propose => (self.propose_ms, self.propose_step_ms),
            TimeoutKind::Prevote | TimeoutKind::Precommit => (self.vote_ms, self.vote_step_ms),
            TimeoutKind::Sign => (SIGN_AGAIN_MS, 0),
        };
        step_ms.saturating_mul(u64::from(round.0)).saturating_add(first_ms).min(self.cap_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_agree_with_the_parameters_in_every_round() {
        let params = Params::default();
        let timing = Timing::from_params(&params);
        for round in [0, 1, 5, 40, u32::MAX].map(Round) {
            let propose = timing.after_ms(TimeoutKind::Propose, round);
            assert_eq!(propose, params.propose_timeout_ms(round));
            for kind in [TimeoutKind::Prevote, TimeoutKind::Precommit] {
                assert_eq!(timing.after_ms(kind, round), params.vote_timeout_ms(round));
            }
        }
    }
}
