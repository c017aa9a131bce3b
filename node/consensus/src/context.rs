//! Give the consensus core our types: the only file that names malachite.
//!
//! The core is generic over a context of associated types. Ours are thin: an address is a
//! validator id, a value is a block id, a signature is the ed25519 signature together with the
//! reveal share (so that neither travels without the other), and the validator set carries the
//! positions eligible to propose, since who proposes differs from height to height.
//!
//! Deviations from how the core is meant to be used, and why:
//! - `ValuePayload::ProposalAndParts` always: with `ProposalOnly` the core takes a value for valid
//!   without asking (`handle/proposal.rs`).
//! - No target time: it reads a clock. The replica keeps the block interval.
//! - No vote extensions: they exist on non-nil precommits only, and a reveal share is needed on
//!   every message. The share is part of the signature instead.
//! - The core's queue of future inputs stays empty: the engine holds back inputs of the next
//!   height itself, because a proposal is fed together with its body's verdict.

use crate::engine::EngineError;
use malachitebft_core_types as core_types;
use std::fmt;
use std::sync::Arc;
use types::{BlockId, Hash, Height, PublicKey, Round, Share, Signature, ValidatorId, ValidatorSet};

pub(crate) use malachitebft_core_consensus::{
    ConsensusMsg, LivenessMsg, LocallyProposedValue, Resumable, SignedConsensusMsg,
};
pub(crate) use malachitebft_core_types::{
    CertificateError, CommitSignature, NilOrVal, PolkaSignature, RoundCertificateType,
    RoundSignature, SignedMessage, ThresholdParam, Timeout as CoreTimeout,
    TimeoutKind as CoreTimeoutKind, Validity, ValueOrigin, VoteType,
};
pub(crate) use malachitebft_metrics::Metrics;

pub(crate) type CoreInput = malachitebft_core_consensus::Input<Ctx>;
pub(crate) type CoreEffect = malachitebft_core_consensus::Effect<Ctx>;
pub(crate) type CoreResume = malachitebft_core_consensus::Resume<Ctx>;
pub(crate) type CoreError = malachitebft_core_consensus::Error<Ctx>;
pub(crate) type CoreState = malachitebft_core_consensus::State<Ctx>;
pub(crate) type CoreRound = core_types::Round;
pub(crate) type CoreProposedValue = malachitebft_core_consensus::ProposedValue<Ctx>;
pub(crate) type CorePolka = core_types::PolkaCertificate<Ctx>;
pub(crate) type CoreRoundCertificate = core_types::RoundCertificate<Ctx>;
pub(crate) type CoreCommit = core_types::CommitCertificate<Ctx>;
pub(crate) type CoreSignedVote = core_types::SignedVote<Ctx>;
pub(crate) type CoreSignedProposal = core_types::SignedProposal<Ctx>;

/// Heights the core's own queue may hold: it stays empty, see the module's head.
const CORE_QUEUE_HEIGHTS: usize = 1;
/// Inputs per height the core's own queue may hold.
const CORE_QUEUE_INPUTS: usize = 1;

/// The context: it holds nothing, everything that differs by height is in [`Set`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ctx;

/// A core state for `own` that has not started any height.
pub(crate) fn new_state(own: ValidatorId) -> CoreState {
    let params = malachitebft_core_consensus::Params {
        address: Address(own),
        threshold_params: core_types::ThresholdParams::default(),
        value_payload: core_types::ValuePayload::ProposalAndParts,
        enabled: false,
    };
    let set = Set::new(Arc::new(ValidatorSet::default()), Vec::new());
    CoreState::new(Ctx, CoreHeight(0), set, params, CORE_QUEUE_HEIGHTS, CORE_QUEUE_INPUTS)
}

/// The input that starts a height.
pub(crate) fn start_height(height: Height, set: Set) -> CoreInput {
    let policy = core_types::VoteExtensionPolicy::Disabled;
    CoreInput::StartHeight(CoreHeight(height.0), set, false, None, policy)
}

/// Feed one input to the core; `perform` answers each effect it asks for on the way.
///
/// An error of `perform` is only logged by the core, which goes on: the caller must remember it.
///
/// # Errors
/// Whatever stops the core half-way.
#[expect(clippy::result_large_err, reason = "the core's own error, met once in a node's life")]
pub(crate) fn run(
    state: &mut CoreState,
    metrics: &Metrics,
    input: CoreInput,
    mut perform: impl FnMut(CoreEffect) -> Result<CoreResume, EngineError>,
) -> Result<(), CoreError> {
    malachitebft_core_consensus::process!(
        input: input, state: state, metrics: metrics, with: effect => perform(effect)
    )
}

/// How many double signs the core noticed by itself in a height.
pub(crate) fn misbehaviors(
    evidence: &malachitebft_core_consensus::MisbehaviorEvidence<Ctx>,
    set: &Set,
) -> u64 {
    let pairs = |member: &Member| {
        let votes = evidence.votes.get(&member.address).map_or(0, Vec::len);
        let proposals = evidence.proposals.get(&member.address).map_or(0, Vec::len);
        votes.saturating_add(proposals)
    };
    set.0.members.iter().fold(0, |sum, member| sum.saturating_add(pairs(member) as u64))
}

/// A validator's name in the core: its id for life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address(pub(crate) ValidatorId);

/// A height in the core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct CoreHeight(pub(crate) u64);

/// A value in the core: a block is its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(pub(crate) BlockId);

/// A validator as the core sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    address: Address,
    key: PublicKey,
    power: u64,
}

/// A validator set with the positions that may propose in the first rounds. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set(Arc<SetInner>);

#[derive(Debug, PartialEq, Eq)]
struct SetInner {
    set: Arc<ValidatorSet>,
    eligible: Vec<u16>,
    members: Vec<Member>,
    total: u64,
}

impl Set {
    /// A set whose proposers go round `eligible` first.
    pub(crate) fn new(set: Arc<ValidatorSet>, eligible: Vec<u16>) -> Self {
        let members = set
            .validators()
            .iter()
            .map(|validator| Member {
                address: Address(validator.id),
                key: validator.consensus_key,
                power: validator.power.0,
            })
            .collect();
        let total = set.total_power().0;
        Self(Arc::new(SetInner { set, eligible, members, total }))
    }

    /// The set itself.
    pub(crate) fn validators(&self) -> &Arc<ValidatorSet> {
        &self.0.set
    }

    /// Who proposes in `round` of `height`.
    pub(crate) fn proposer(&self, height: Height, round: Round) -> ValidatorId {
        self.0.set.proposer(&self.0.eligible, height, round).id
    }
}

/// The ed25519 signature and the reveal share over one value at one address, with the key under
/// which their verdict is remembered. Cheap to clone: the core clones signatures often.
#[derive(Clone)]
pub(crate) struct SignedShare(Arc<SignedShareInner>);

struct SignedShareInner {
    signature: Signature,
    share: Share,
    key: Hash,
}

impl SignedShare {
    /// A signature and share whose verdict is remembered under `key`.
    pub(crate) fn new(signature: Signature, share: Share, key: Hash) -> Self {
        Self(Arc::new(SignedShareInner { signature, share, key }))
    }

    /// What stands for a signature that was refused: all zero bytes. Its verdict is never "valid"
    /// and it never leaves the engine.
    pub(crate) fn marker() -> Self {
        Self::new(Signature::ZERO, Share::ZERO, Hash::ZERO)
    }

    /// Whether this is [`SignedShare::marker`].
    pub(crate) fn is_marker(&self) -> bool {
        self.0.signature == Signature::ZERO
    }

    pub(crate) fn signature(&self) -> Signature {
        self.0.signature
    }

    pub(crate) fn share(&self) -> Share {
        self.0.share
    }

    pub(crate) fn key(&self) -> Hash {
        self.0.key
    }

    fn bytes(&self) -> (&Signature, &Share) {
        (&self.0.signature, &self.0.share)
    }
}

impl fmt::Debug for SignedShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.signature.fmt(f)
    }
}

impl PartialEq for SignedShare {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for SignedShare {}

impl PartialOrd for SignedShare {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SignedShare {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes().cmp(&other.bytes())
    }
}

/// A proposal without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreProposal {
    pub(crate) height: CoreHeight,
    pub(crate) round: CoreRound,
    pub(crate) value: Id,
    pub(crate) pol_round: CoreRound,
    pub(crate) address: Address,
}

/// A vote without its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CoreVote {
    pub(crate) kind: VoteType,
    pub(crate) height: CoreHeight,
    pub(crate) round: CoreRound,
    pub(crate) value: NilOrVal<Id>,
    pub(crate) address: Address,
}

/// Parts of a value: bodies travel outside the core, so there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoPart;

/// The scheme's name: all signing and verifying happens outside the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheme;

impl core_types::Context for Ctx {
    type Address = Address;
    type Height = CoreHeight;
    type ProposalPart = NoPart;
    type Proposal = CoreProposal;
    type Validator = Member;
    type ValidatorSet = Set;
    type Timeouts = core_types::LinearTimeouts;
    type Value = Id;
    type Vote = CoreVote;
    type Extension = ();
    type SigningScheme = Scheme;

    fn select_proposer<'a>(
        &self,
        set: &'a Set,
        height: CoreHeight,
        round: CoreRound,
    ) -> &'a Member {
        let round = Round(round.as_u32().expect("the core asks for the proposer of real rounds"));
        let proposer = set.proposer(Height(height.0), round);
        core_types::ValidatorSet::get_by_address(set, &Address(proposer))
            .expect("the proposer is a member of its set")
    }

    fn new_proposal(
        &self,
        height: CoreHeight,
        round: CoreRound,
        value: Id,
        pol_round: CoreRound,
        address: Address,
    ) -> CoreProposal {
        CoreProposal { height, round, value, pol_round, address }
    }

    fn new_prevote(
        &self,
        height: CoreHeight,
        round: CoreRound,
        value: NilOrVal<Id>,
        address: Address,
    ) -> CoreVote {
        CoreVote { kind: VoteType::Prevote, height, round, value, address }
    }

    fn new_precommit(
        &self,
        height: CoreHeight,
        round: CoreRound,
        value: NilOrVal<Id>,
        address: Address,
    ) -> CoreVote {
        CoreVote { kind: VoteType::Precommit, height, round, value, address }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core_types::Address for Address {}

impl fmt::Display for CoreHeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core_types::Height for CoreHeight {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    fn increment_by(&self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core_types::Value for Id {
    type Id = Self;

    fn id(&self) -> Self {
        *self
    }
}

impl core_types::Validator<Ctx> for Member {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.key
    }

    fn voting_power(&self) -> u64 {
        self.power
    }
}

impl core_types::ValidatorSet<Ctx> for Set {
    fn count(&self) -> usize {
        self.0.members.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.0.total
    }

    fn get_by_address(&self, address: &Address) -> Option<&Member> {
        self.0.set.index_of(&address.0).and_then(|index| self.0.members.get(index))
    }

    fn get_by_index(&self, index: usize) -> Option<&Member> {
        self.0.members.get(index)
    }
}

impl core_types::Proposal<Ctx> for CoreProposal {
    fn height(&self) -> CoreHeight {
        self.height
    }

    fn round(&self) -> CoreRound {
        self.round
    }

    fn value(&self) -> &Id {
        &self.value
    }

    fn take_value(self) -> Id {
        self.value
    }

    fn pol_round(&self) -> CoreRound {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.address
    }
}

impl core_types::Vote<Ctx> for CoreVote {
    fn height(&self) -> CoreHeight {
        self.height
    }

    fn round(&self) -> CoreRound {
        self.round
    }

    fn value(&self) -> &NilOrVal<Id> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<Id> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.address
    }

    fn extension(&self) -> Option<&core_types::SignedExtension<Ctx>> {
        None
    }

    fn take_extension(&mut self) -> Option<core_types::SignedExtension<Ctx>> {
        None
    }

    fn extend(self, _: core_types::SignedExtension<Ctx>) -> Self {
        self
    }
}

impl core_types::ProposalPart<Ctx> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

impl core_types::SigningScheme for Scheme {
    type DecodingError = types::DecodeError;
    type Signature = SignedShare;
    type PublicKey = PublicKey;
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<SignedShare, types::DecodeError> {
        let limit = Signature::BYTES + Share::BYTES;
        let (signature, share) = types::decode("signature and share", bytes, limit)?;
        Ok(SignedShare::new(signature, share, Hash::ZERO))
    }

    fn encode_signature(signature: &SignedShare) -> Vec<u8> {
        types::encode(&(signature.signature(), signature.share()))
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, types::DecodeError> {
        types::decode("public key", bytes, PublicKey::BYTES)
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        types::encode(key)
    }
}
