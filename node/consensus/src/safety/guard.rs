//! The guard: what was signed last, and what may be signed next (protocol 4.1).

use borsh::{BorshDeserialize, BorshSerialize};
use types::{
    BlockId, ChainId, Hash, Height, Round, Share, Signature, SignedAddress, Step, ValidatorId,
    Value, Version,
};

/// A value with what was signed over it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signed {
    /// The value.
    pub value: Value,
    /// The signature.
    pub signature: Signature,
    /// The reveal share.
    pub share: Share,
}

/// One strictly rising row of addresses: nothing at or below `top` is signed any more, but the
/// very same value at `top`, whose signature is kept, is given out again.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lane {
    top: Option<SignedAddress>,
    signed: Option<Signed>,
}

/// How the guard came to this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Standing {
    /// Made together with its keys on the machine of this hash; nothing has been signed yet.
    Made {
        /// [`super::machine_of`] the machine.
        machine: Hash,
    } = 0,
    /// Armed for one instance of the node's data.
    Armed {
        /// [`super::instance_of`] machine, data path and `nonce`; the database names it too.
        instance: Hash,
        /// Drawn when the guard was first armed.
        nonce: [u8; 32],
    } = 1,
    /// Brought from elsewhere. It signs once the chain has gone on without this key for long.
    Imported {
        /// The tip when the node first ran with it.
        since: Option<Height>,
    } = 2,
}

/// What a validator has signed, for one (chain, genesis, validator). Kept in two slots on disk.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Guard {
    pub(super) version: Version<1>,
    pub(super) sequence: u64,
    pub(super) chain_id: ChainId,
    pub(super) genesis_hash: Option<BlockId>,
    pub(super) validator: ValidatorId,
    pub(super) standing: Standing,
    pub(super) votes: Lane,
    pub(super) seals: Lane,
    pub(super) settled: Option<SignedAddress>,
}

/// What the guard says to a wish to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, on the stack")]
pub enum Admission {
    /// Sign, and record it with [`Guard::record`] before anybody sees the signature.
    New,
    /// Signed before: this is what was made then.
    Again(Signed),
}

/// Why the guard does not let a value be signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, BorshSerialize, BorshDeserialize)]
pub enum Refusal {
    /// The guard belongs to another chain.
    #[error("the guard belongs to chain {guard}, the message to chain {message}")]
    OtherChain {
        /// The guard's chain.
        guard: ChainId,
        /// The message's chain.
        message: ChainId,
    },
    /// No proposal or seal of nil exists.
    #[error("a proposal or a seal of nil does not exist")]
    Nil,
    /// A seal's round is 0.
    #[error("a seal has round 0, not {round}")]
    SealRound {
        /// The round asked for.
        round: Round,
    },
    /// Signed already, over something else.
    #[error("height {height} round {round} {step:?}: another value was signed there")]
    OtherValue {
        /// The height.
        height: Height,
        /// The round.
        round: Round,
        /// The step.
        step: Step,
    },
    /// Not above what was signed or given up.
    #[error(
        "height {height} round {round} {step:?} is not above height {top_height} round {top_round}"
    )]
    NotRising {
        /// The height asked for.
        height: Height,
        /// The round asked for.
        round: Round,
        /// The step asked for.
        step: Step,
        /// Height of the last address used up.
        top_height: Height,
        /// Round of the last address used up.
        top_round: Round,
    },
}

/// A verified signature of our own key that this guard did not make: somebody else signs with
/// the key, or the guard was put back. The node stops signing and exits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// Above everything signed here.
    #[error("our key signed height {} round {} {:?}, above this guard", .0.height, .0.round, .0.step)]
    Above(SignedAddress),
    /// Over another value than the one signed here.
    #[error("our key signed two values at height {} round {} {:?}", .0.height, .0.round, .0.step)]
    OtherValue(SignedAddress),
}

impl Lane {
    /// The last address used up.
    #[must_use]
    pub const fn top(&self) -> Option<&SignedAddress> {
        self.top.as_ref()
    }

    /// The height of the last address used up; 0 if there is none.
    #[must_use]
    pub fn height(&self) -> Height {
        self.top.map_or(Height::ZERO, |top| top.height)
    }

    /// What was signed at [`Lane::top`]; `None` if that address was only given up.
    #[must_use]
    pub const fn signed(&self) -> Option<&Signed> {
        self.signed.as_ref()
    }

    fn admit(&self, address: &SignedAddress, value: &Value) -> Result<Admission, Refusal> {
        let Some(top) = self.top.filter(|top| top >= address) else {
            return Ok(Admission::New);
        };
        let &SignedAddress { height, round, step, .. } = address;
        match &self.signed {
            Some(signed) if top == *address && signed.value == *value => {
                Ok(Admission::Again(signed.clone()))
            }
            Some(_) if top == *address => Err(Refusal::OtherValue { height, round, step }),
            _ => Err(Refusal::NotRising {
                height,
                round,
                step,
                top_height: top.height,
                top_round: top.round,
            }),
        }
    }

    /// Use up every address up to and with `top`, without a signature; never lowers the lane.
    pub(super) fn give_up(&mut self, top: SignedAddress) {
        if self.top.is_none_or(|old| old < top) {
            *self = Self { top: Some(top), signed: None };
        }
    }
}

impl Guard {
    /// A guard for keys made just now on the machine of this hash; both lanes at zero.
    #[must_use]
    pub fn made(chain_id: ChainId, validator: ValidatorId, machine: Hash) -> Self {
        Self::new(chain_id, None, validator, Standing::Made { machine })
    }

    pub(super) fn new(
        chain_id: ChainId,
        genesis_hash: Option<BlockId>,
        validator: ValidatorId,
        standing: Standing,
    ) -> Self {
        Self {
            version: Version,
            sequence: 0,
            chain_id,
            genesis_hash,
            validator,
            standing,
            votes: Lane::default(),
            seals: Lane::default(),
            settled: None,
        }
    }

    /// The same guard as another machine takes it over: its lanes stay, and it signs only after
    /// the chain has gone on without this key.
    #[must_use]
    pub fn imported(self) -> Self {
        Self { standing: Standing::Imported { since: None }, ..self }
    }

    /// The chain.
    #[must_use]
    pub const fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    /// The block id of header 0, once the node has started on it.
    #[must_use]
    pub const fn genesis_hash(&self) -> Option<BlockId> {
        self.genesis_hash
    }

    /// The validator.
    #[must_use]
    pub const fn validator(&self) -> ValidatorId {
        self.validator
    }

    /// How it came here.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Proposals and votes.
    #[must_use]
    pub const fn votes(&self) -> &Lane {
        &self.votes
    }

    /// Seals.
    #[must_use]
    pub const fn seals(&self) -> &Lane {
        &self.seals
    }

    /// The address of our newest message that was in the flushed journal at the last signature.
    #[must_use]
    pub const fn settled(&self) -> Option<&SignedAddress> {
        self.settled.as_ref()
    }

    /// Whether a value may be signed at an address.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn admit(&self, address: &SignedAddress, value: &Value) -> Result<Admission, Refusal> {
        match address.step {
            Step::Seal => self.admit_seal(address, value),
            Step::Proposal | Step::Prevote | Step::Precommit => self.admit_vote(address, value),
        }
    }

    /// Whether a proposal or vote may be signed: (height, round, step) strictly rising, or the
    /// same value again.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn admit_vote(&self, address: &SignedAddress, value: &Value) -> Result<Admission, Refusal> {
        self.check_chain(address)?;
        if address.step == Step::Proposal && value.is_none() {
            return Err(Refusal::Nil);
        }
        self.votes.admit(address, value)
    }

    /// Whether a seal may be signed: height strictly rising, or the same value again. A height is
    /// sealed once; a corrected root is never sealed.
    ///
    /// # Errors
    /// [`Refusal`] says why not.
    pub fn admit_seal(&self, address: &SignedAddress, value: &Value) -> Result<Admission, Refusal> {
        self.check_chain(address)?;
        if value.is_none() {
            return Err(Refusal::Nil);
        }
        if address.round != Round::ZERO {
            return Err(Refusal::SealRound { round: address.round });
        }
        self.seals.admit(address, value)
    }

    /// Remember a signature that [`Guard::admit`] just called new.
    ///
    /// `settled` is the address of our newest message in the flushed journal; the highest ever
    /// given is kept.
    ///
    /// # Panics
    /// If the address was not admitted as new.
    pub fn record(
        &mut self,
        address: SignedAddress,
        signed: Signed,
        settled: Option<SignedAddress>,
    ) {
        assert_eq!(
            self.admit(&address, &signed.value),
            Ok(Admission::New),
            "only what the guard admits as new is recorded"
        );
        *self.lane_mut(address.step) = Lane { top: Some(address), signed: Some(signed) };
        self.settled = self.settled.max(settled);
    }

    /// Raise a lane to one of our own messages, found in journal or database at start. Lower
    /// ones change nothing.
    ///
    /// # Errors
    /// [`Alarm::OtherValue`] if another value was signed at that address.
    pub fn raise(&mut self, address: SignedAddress, signed: Signed) -> Result<(), Alarm> {
        match self.admit(&address, &signed.value) {
            Ok(Admission::New) => {
                *self.lane_mut(address.step) = Lane { top: Some(address), signed: Some(signed) };
                Ok(())
            }
            Err(Refusal::OtherValue { .. }) => Err(Alarm::OtherValue(address)),
            Ok(Admission::Again(_)) | Err(_) => Ok(()),
        }
    }

    /// What a verified signature of our own current key, met on the net or in a block, says.
    /// What lies below the lane is our own past (protocol 4.3).
    #[must_use]
    pub fn judge_own(&self, address: &SignedAddress, value: &Value) -> Option<Alarm> {
        match self.admit(address, value) {
            Ok(Admission::New) => Some(Alarm::Above(*address)),
            Err(Refusal::OtherValue { .. }) => Some(Alarm::OtherValue(*address)),
            Ok(Admission::Again(_)) | Err(_) => None,
        }
    }

    /// Use up both lanes to these heights: seals from the height after `seal` on, votes from the
    /// height after `vote` on. Never lowers them.
    pub(super) fn give_up(&mut self, seal: Height, vote: Height) {
        let chain_id = self.chain_id;
        let (round, step) = (Round::ZERO, Step::Seal);
        self.seals.give_up(SignedAddress { chain_id, height: seal, round, step });
        let (round, step) = (Round::MAX, Step::Precommit);
        self.votes.give_up(SignedAddress { chain_id, height: vote, round, step });
    }

    fn check_chain(&self, address: &SignedAddress) -> Result<(), Refusal> {
        if address.chain_id == self.chain_id {
            return Ok(());
        }
        Err(Refusal::OtherChain { guard: self.chain_id, message: address.chain_id })
    }

    fn lane_mut(&mut self, step: Step) -> &mut Lane {
        match step {
            Step::Seal => &mut self.seals,
            Step::Proposal | Step::Prevote | Step::Precommit => &mut self.votes,
        }
    }
}
