//! Who signs: the trait, and the signer that holds its key in this process behind a guard.

use super::guard::{Admission, Guard, Refusal, Signed};
use super::slot::GuardSlot;
use crypto::ballot::ConsensusSecret;
use types::{
    BlockId, ChainId, Hash, Height, PublicKey, Share, Signature, SignedAddress, Value, VrfProof,
};

/// Why no signature came. The engine abstains from that one message and goes on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The guard does not admit it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The signer process did not answer in time, or not at all.
    #[error("the signer did not answer within {waited_ms} ms")]
    Unavailable {
        /// How long it was waited for.
        waited_ms: u64,
    },
    /// The signer process is there and does not sign for this node.
    #[error("the signer declined: {reason}")]
    Declined {
        /// What it said.
        reason: String,
    },
    /// This node observes.
    #[error("this node observes: it signs nothing")]
    Observer,
}

/// Signs proposals, votes and seals, each address once.
///
/// Implementations: [`GuardedSigner`] in this process, a connection to a signer process, and
/// signers of simulations, which may have no guard.
pub trait Signer: Send {
    /// Sign a value at an address.
    ///
    /// `settled` is the address of our newest message in the flushed journal: a start compares
    /// it with what the journal holds, to notice a journal that was put back.
    ///
    /// # Errors
    /// [`SignError`]; the caller abstains.
    fn sign(
        &mut self,
        address: &SignedAddress,
        value: &Value,
        settled: &Option<SignedAddress>,
    ) -> Result<(Signature, Share), SignError>;

    /// Prove the randomness of a height, given that of the one before. No address is used up:
    /// the same input has one output, whoever asks and how often.
    ///
    /// # Errors
    /// [`SignError`]; the caller does not propose.
    fn randomness(
        &mut self,
        height: Height,
        previous: &Hash,
    ) -> Result<(VrfProof, Hash), SignError>;

    /// Sign what lets a candidate enter the set: that it stands at a block with its state
    /// (protocol 3.5). No address is used up: it says nothing about the chain that could be said
    /// twice.
    ///
    /// # Errors
    /// [`SignError`]; the caller does not ask to enter.
    fn ready(
        &mut self,
        height: Height,
        block_id: &BlockId,
        state_root: &Hash,
    ) -> Result<Signature, SignError>;

    /// Sign with this key from now on: the set names it for the height to be signed, and a
    /// validator that rotates its keys holds two for a while. Whether it is held; the caller
    /// abstains if not. Signers that hold one key and are asked for no other need not look.
    fn use_key(&mut self, _key: &PublicKey) -> bool {
        true
    }

    /// Go on with a guard that was judged anew while this node observed (protocol 4.3, 4.4).
    /// Signers that keep their guard themselves judge it themselves.
    fn adopt(&mut self, _guard: Guard) {}

    /// The guard's next image, to be written and synced before what was signed since the last
    /// one leaves; `None` if nothing was signed, or if the signer keeps its guard itself.
    fn guard_slot(&mut self) -> Option<Box<GuardSlot>> {
        None
    }

    /// The guard, if it is in this process.
    fn guard(&self) -> Option<&Guard> {
        None
    }
}

/// A signer that holds its key in this process.
pub struct GuardedSigner {
    /// What signs now.
    secret: ConsensusSecret,
    /// What signs once keys were rotated, or did before. One guard covers both: an address is
    /// signed once, whichever key it falls to.
    other: Option<ConsensusSecret>,
    chain_id: ChainId,
    guard: Guard,
    /// 32 fresh random bytes a call; all zero in simulations.
    fresh: Box<dyn FnMut() -> [u8; 32] + Send>,
    unsaved: bool,
}

impl GuardedSigner {
    /// A signer over an armed guard, as [`super::start`] gave it. Its image counts as not yet
    /// written, so that a lane raised at start is on disk before the first message leaves.
    ///
    /// `fresh` gives 32 bytes from the operating system's generator at each call.
    #[must_use]
    pub fn new(
        secret: ConsensusSecret,
        guard: Guard,
        fresh: Box<dyn FnMut() -> [u8; 32] + Send>,
    ) -> Self {
        let (chain_id, other) = (guard.chain_id(), None);
        Self { secret, other, chain_id, guard, fresh, unsaved: true }
    }

    /// As much, and a second key for the heights at which the set names it.
    #[must_use]
    pub fn with_other(mut self, other: Option<ConsensusSecret>) -> Self {
        self.other = other;
        self
    }
}

impl Signer for GuardedSigner {
    fn sign(
        &mut self,
        address: &SignedAddress,
        value: &Value,
        settled: &Option<SignedAddress>,
    ) -> Result<(Signature, Share), SignError> {
        if let Admission::Again(signed) = self.guard.admit(address, value)? {
            return Ok((signed.signature, signed.share));
        }
        let (signature, share) = self.secret.sign(address, value, (self.fresh)());
        self.guard.record(*address, Signed { value: *value, signature, share }, *settled);
        self.unsaved = true;
        Ok((signature, share))
    }

    fn randomness(
        &mut self,
        height: Height,
        previous: &Hash,
    ) -> Result<(VrfProof, Hash), SignError> {
        Ok(self.secret.randomness(&self.chain_id, height, previous))
    }

    fn ready(
        &mut self,
        height: Height,
        block_id: &BlockId,
        state_root: &Hash,
    ) -> Result<Signature, SignError> {
        let message = crypto::id::ready_hash(&self.chain_id, height, block_id, state_root);
        Ok(self.secret.sign_hash(&message))
    }

    fn use_key(&mut self, key: &PublicKey) -> bool {
        if self.secret.consensus_key() == *key {
            return true;
        }
        match &mut self.other {
            Some(other) if other.consensus_key() == *key => {
                std::mem::swap(&mut self.secret, other);
                true
            }
            Some(_) | None => false,
        }
    }

    fn adopt(&mut self, guard: Guard) {
        assert_eq!(guard.chain_id(), self.chain_id, "a signer stays on its chain");
        self.guard = guard;
        self.unsaved = true;
    }

    fn guard_slot(&mut self) -> Option<Box<GuardSlot>> {
        std::mem::take(&mut self.unsaved).then(|| self.guard.next_slot())
    }

    fn guard(&self) -> Option<&Guard> {
        Some(&self.guard)
    }
}

/// The signer of an observer: it signs nothing.
#[derive(Clone, Copy, Debug)]
pub struct NeverSigner;

impl Signer for NeverSigner {
    fn sign(
        &mut self,
        _: &SignedAddress,
        _: &Value,
        _: &Option<SignedAddress>,
    ) -> Result<(Signature, Share), SignError> {
        Err(SignError::Observer)
    }

    fn randomness(&mut self, _: Height, _: &Hash) -> Result<(VrfProof, Hash), SignError> {
        Err(SignError::Observer)
    }

    fn ready(&mut self, _: Height, _: &BlockId, _: &Hash) -> Result<Signature, SignError> {
        Err(SignError::Observer)
    }
}
