//! What the engine is told.

use crate::journal::JournalRecord;
use crate::timeouts::{Timeout, Timing};
use std::sync::Arc;
use types::certificate::{PolkaCertificate, RoundCertificate};
use types::{BlockId, Height, Proposal, Round, ValidatorSet, Vote};

/// One event for the engine.
///
/// Signatures and shares in it have been verified by the caller, against V(height); their
/// verdicts are remembered from here on. Proposals and votes of the height in progress are used
/// at once, those of the next height when it starts, and all others are dropped, as are
/// certificates and timers of other heights.
#[derive(Clone, Debug)]
pub enum Input {
    /// Begin a height: the one before is durable.
    StartHeight {
        /// The height; never lower than the one before.
        height: Height,
        /// V(height).
        set: Arc<ValidatorSet>,
        /// Positions in V(height) that propose in its first rounds, ascending; empty means all.
        eligible: Vec<u16>,
        /// How long its timers run.
        timing: Timing,
        /// Whether to sign, if we are in the set. An observer never does.
        enabled: bool,
        /// This height's journal from before a crash, as it was read; empty otherwise. The
        /// caller has taken the blocks out of it to hold them ready.
        journal: Vec<JournalRecord>,
    },
    /// A proposal, once its block is held and judged.
    Proposal {
        /// The proposal.
        proposal: Proposal,
        /// Whether its block is valid. That depends on the block and its parent state alone: the
        /// engine keeps one verdict a block for the whole height.
        valid: bool,
    },
    /// A prevote or precommit.
    Vote(Vote),
    /// The prevotes of more than two thirds for one block.
    Polka(PolkaCertificate),
    /// The votes that open a round.
    Round(RoundCertificate),
    /// The answer to [`crate::Effect::GetValue`]; the block is held.
    Propose {
        /// The round asked for.
        round: Round,
        /// The block made for it.
        block_id: BlockId,
    },
    /// The other answer: no block could be made. The propose timer runs on.
    NoValue {
        /// The round asked for.
        round: Round,
    },
    /// A timer ran out.
    Timeout(Timeout),
}
