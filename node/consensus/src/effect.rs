//! What the engine asks for.

use crate::journal::JournalRecord;
use crate::safety::{GuardSlot, SignError};
use crate::timeouts::Timeout;
use types::wire::ConsensusContent;
use types::{BlockId, CommitCertificate, Height, Round, SignedAddress, ValidatorId};

/// One thing to do. Effects are performed strictly in the order given; if one fails, the node
/// stops, and none after it is performed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Append the block of this id to the journal: what follows depends on having it. At most
    /// once a block and height.
    AppendBlock(BlockId),
    /// Append a record to the journal.
    Append(JournalRecord),
    /// Sync the journal to disk.
    Flush,
    /// Write the guard's next image and sync it to disk.
    SetGuard(Box<GuardSlot>),
    /// Send to everybody. Journal and guard before it are on disk by then.
    Send(ConsensusContent),
    /// Feed [`crate::Input::Timeout`] after so many ms.
    Schedule {
        /// The timer.
        timeout: Timeout,
        /// How long it runs, in ms.
        after_ms: u64,
    },
    /// Stop a timer, if it runs.
    Cancel(Timeout),
    /// Stop all timers.
    CancelAll,
    /// Make a block and answer [`crate::Input::Propose`] or [`crate::Input::NoValue`] before the
    /// propose timer runs out.
    GetValue {
        /// The height.
        height: Height,
        /// The round.
        round: Round,
    },
    /// Push this block to everybody again: it is proposed once more, or others lack it.
    Restream {
        /// The height.
        height: Height,
        /// The round it is proposed in.
        round: Round,
        /// The round whose polka the proposal names.
        pol_round: Option<Round>,
        /// The block.
        block_id: BlockId,
    },
    /// A round began.
    EnteredRound {
        /// The height.
        height: Height,
        /// The round.
        round: Round,
        /// Who proposes in it.
        proposer: ValidatorId,
    },
    /// The height is decided. The certificate holds every precommit for the block that the
    /// engine has.
    Decide(CommitCertificate),
    /// A message of ours was not signed; the engine goes on without it.
    Abstained {
        /// Where.
        address: SignedAddress,
        /// Why.
        reason: SignError,
    },
}
