//! The registry of codes: one number and one name for each outcome, in receipts, RPC and commands.
//!
//! Numbers and names are stable: a code is never renamed, renumbered or used again.

use alloc::{format, string::String};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

/// Why something was refused or failed.
///
/// Encoded as its number in two bytes, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Code {
    /// Done.
    Ok = 0,
    /// Not the encoding of what was expected.
    Malformed = 1,
    /// More bytes or entries than the limit.
    TooLarge = 2,
    /// Made for another chain id.
    WrongChain = 3,
    /// A signature does not verify.
    BadSignature = 4,
    /// The authorisation does not belong to the address, or breaks a rule of its kind.
    BadAuth = 5,
    /// Block time passed valid_until_ms.
    Expired = 6,
    /// valid_until_ms lies further ahead than the chain allows.
    ValidTooFar = 7,
    /// The nonce was used already.
    NonceTooLow = 8,
    /// The nonce is not the next of its lane.
    NonceTooHigh = 9,
    /// gas_limit is below what the transaction costs before it runs.
    GasLimitTooLow = 10,
    /// gas_limit is above the limit of a transaction or block.
    GasLimitTooHigh = 11,
    /// The chain asks for a role that the sender does not hold.
    SenderNotAllowed = 12,
    /// A field breaks a rule of its own.
    BadField = 13,
    /// The reserved fee exceeds fee_limit.
    FeeLimit = 20,
    /// The payer cannot pay the reserved fee.
    FeeUnpaid = 21,
    /// gas_limit was used up.
    OutOfGas = 22,
    /// The account holds less than the amount.
    InsufficientBalance = 23,
    /// The amount is 0, the minimum is 1.
    AmountZero = 24,
    /// Sender and receiver are the same account.
    SelfTransfer = 25,
    /// A sum exceeds its type.
    Overflow = 26,
    /// The caller does not hold the role that this call needs.
    NotPermitted = 27,
    /// The account does not hold this role.
    RoleUnknown = 28,
    /// More events or event bytes than a receipt may hold.
    TooManyEvents = 29,
    /// The address belongs to a module and takes no transfers.
    ReservedAddress = 30,
    /// The pool holds as many transactions or bytes as it may.
    PoolFull = 40,
    /// The sender has as many transactions waiting as it may, or takes more than its part of a
    /// block.
    SenderLimit = 41,
    /// The very same transaction is in the pool or in a block.
    Duplicate = 42,
    /// This place in the lane was replaced as often as it may be.
    ReplacedTooOften = 43,
    /// Another transaction took this one's place in its lane.
    Replaced = 44,
    /// Waited longer than a pool keeps a transaction.
    PoolExpired = 45,
    /// No such thing on this chain.
    NotFound = 60,
    /// Older than what this node keeps; the oldest is named.
    Pruned = 61,
    /// Higher than the chain is.
    NotYet = 62,
    /// This node is still catching up.
    NotSynced = 63,
    /// It did not happen within the time allowed; it may still.
    Timeout = 64,
    /// The node is answering as much as it can; try again.
    Overloaded = 65,
    /// No token, or one without this scope.
    Unauthorized = 66,
    /// No such method; the nearest is named.
    UnknownMethod = 67,
    /// The node met a fault of its own; its log says which.
    Internal = 68,
    /// A header field does not follow from the parent and the body.
    BadHeader = 80,
    /// The block is not from the proposer of its height and round.
    BadProposer = 81,
    /// Block time is not above the parent's.
    BadTime = 82,
    /// A certificate does not verify.
    BadCertificate = 83,
    /// The randomness proof does not verify.
    BadRandomness = 84,
    /// The chain must carry a newer finality certificate first.
    FinalityDue = 85,
    /// More bytes, transactions or gas than a block may hold.
    BlockTooLarge = 86,
    /// Evidence whose values are out of order.
    EvidenceMalformed = 100,
    /// Evidence about a height outside the window.
    EvidenceWindow = 101,
    /// This validator was punished already.
    EvidenceKnown = 102,
    /// The accused was no validator at that height.
    EvidenceStranger = 103,
    /// A signature of the evidence does not verify.
    EvidenceSignature = 104,
    /// No contract has this address.
    ContractUnknown = 120,
    /// The contract has no such method.
    MethodUnknown = 121,
    /// No code with this hash was deployed.
    CodeUnknown = 122,
    /// The module breaks a rule that all modules keep.
    CodeRefused = 123,
    /// The module cannot be compiled.
    CompileRefused = 124,
    /// The contract refused the call; the failure says why.
    ContractFailed = 125,
    /// The contract did what no program may, such as reaching an unreachable place.
    ContractTrap = 126,
    /// The contract's calls within itself need more stack than there is.
    StackExhausted = 127,
    /// More than eight contracts call one another.
    CallDepth = 128,
    /// The contract is on the call stack already.
    Reentered = 129,
    /// A view tried to write, emit or pay.
    ViewWrites = 130,
    /// The contract is paused, by its admin or by the members.
    ContractPaused = 131,
    /// The sender made a contract with this salt before.
    ContractExists = 132,
    /// The contract gave the host a pointer, size or name that it may not.
    BadInput = 133,
    /// The contract returned more than 64 KiB.
    ReturnTooLarge = 134,
    /// The sender is not the contract's admin.
    NotAdmin = 135,
    /// A stored value exceeds 64 KiB.
    StorageLimit = 136,
    /// A reveal share of the evidence does not verify.
    EvidenceShare = 160,
    /// Bytes of the evidence that are no canonical point or scalar.
    EvidenceEncoding = 161,
    /// Both halves of the evidence are over one value.
    EvidenceSameValue = 162,
    /// No validator could sign such a value at such a step.
    EvidenceStep = 163,
    /// The evidence is about an address on another chain.
    EvidenceChain = 164,
    /// The sender is no member's account.
    NotMember = 165,
    /// No proposal has this number.
    ProposalUnknown = 166,
    /// The proposal is decided, or its time is over.
    ProposalClosed = 167,
    /// This member has voted on this proposal.
    VotedAlready = 168,
    /// As many proposals are open as may be.
    ProposalsFull = 169,
    /// A key or point that was registered before, which nobody may do again.
    KeyUsed = 170,
    /// The secret of a point was not shown to be known.
    BadPossession = 171,
    /// An attestation is not by a registrar of the set in force, or not of this record.
    BadAttestation = 172,
    /// An attestation may not be used any more.
    AttestationExpired = 173,
    /// Fewer registrars attested than the chain asks for.
    AttestationsMissing = 174,
    /// The bond is below the chain's minimum.
    BondTooSmall = 175,
    /// No member has this id.
    MemberUnknown = 176,
    /// No such validator is registered.
    ValidatorUnknown = 177,
    /// The validator is not where this call finds it.
    ValidatorState = 178,
    /// The set could not commit: too little of its power has signed of late.
    SetUnsafe = 179,
    /// The height shown is too old, or another block stands there.
    NotCaughtUp = 180,
    /// A sealed identity of another size than the chain's one.
    RecordSize = 181,
    /// A key or point of a validator that was punished: it is barred for good.
    KeyBarred = 182,
    /// An attestation's version is not above that of the validator's record in force.
    AttestationOld = 183,
}

impl Code {
    /// Every code, with its name and meaning, by rising number.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Ok, "OK", "Done."),
        (Self::Malformed, "MALFORMED", "Not the encoding of what was expected."),
        (Self::TooLarge, "TOO_LARGE", "More bytes or entries than the limit."),
        (Self::WrongChain, "WRONG_CHAIN", "Made for another chain id."),
        (Self::BadSignature, "BAD_SIGNATURE", "A signature does not verify."),
        (
            Self::BadAuth,
            "BAD_AUTH",
            "The authorisation does not belong to the address, or breaks a rule of its kind.",
        ),
        (Self::Expired, "EXPIRED", "Block time passed valid_until_ms."),
        (
            Self::ValidTooFar,
            "VALID_TOO_FAR",
            "valid_until_ms lies further ahead than the chain allows.",
        ),
        (Self::NonceTooLow, "NONCE_TOO_LOW", "The nonce was used already."),
        (Self::NonceTooHigh, "NONCE_TOO_HIGH", "The nonce is not the next of its lane."),
        (
            Self::GasLimitTooLow,
            "GAS_LIMIT_TOO_LOW",
            "gas_limit is below what the transaction costs before it runs.",
        ),
        (
            Self::GasLimitTooHigh,
            "GAS_LIMIT_TOO_HIGH",
            "gas_limit is above the limit of a transaction or block.",
        ),
        (
            Self::SenderNotAllowed,
            "SENDER_NOT_ALLOWED",
            "The chain asks for a role that the sender does not hold.",
        ),
        (Self::BadField, "BAD_FIELD", "A field breaks a rule of its own."),
        (Self::FeeLimit, "FEE_LIMIT", "The reserved fee exceeds fee_limit."),
        (Self::FeeUnpaid, "FEE_UNPAID", "The payer cannot pay the reserved fee."),
        (Self::OutOfGas, "OUT_OF_GAS", "gas_limit was used up."),
        (
            Self::InsufficientBalance,
            "INSUFFICIENT_BALANCE",
            "The account holds less than the amount.",
        ),
        (Self::AmountZero, "AMOUNT_ZERO", "The amount is 0, the minimum is 1."),
        (Self::SelfTransfer, "SELF_TRANSFER", "Sender and receiver are the same account."),
        (Self::Overflow, "OVERFLOW", "A sum exceeds its type."),
        (
            Self::NotPermitted,
            "NOT_PERMITTED",
            "The caller does not hold the role that this call needs.",
        ),
        (Self::RoleUnknown, "ROLE_UNKNOWN", "The account does not hold this role."),
        (
            Self::TooManyEvents,
            "TOO_MANY_EVENTS",
            "More events or event bytes than a receipt may hold.",
        ),
        (
            Self::ReservedAddress,
            "RESERVED_ADDRESS",
            "The address belongs to a module and takes no transfers.",
        ),
        (Self::PoolFull, "POOL_FULL", "The pool holds as many transactions or bytes as it may."),
        (
            Self::SenderLimit,
            "SENDER_LIMIT",
            "The sender has as many transactions waiting as it may, or takes more than its part of a block.",
        ),
        (Self::Duplicate, "DUPLICATE", "The very same transaction is in the pool or in a block."),
        (
            Self::ReplacedTooOften,
            "REPLACED_TOO_OFTEN",
            "This place in the lane was replaced as often as it may be.",
        ),
        (Self::Replaced, "REPLACED", "Another transaction took this one's place in its lane."),
        (Self::PoolExpired, "POOL_EXPIRED", "Waited longer than a pool keeps a transaction."),
        (Self::NotFound, "NOT_FOUND", "No such thing on this chain."),
        (Self::Pruned, "PRUNED", "Older than what this node keeps; the oldest is named."),
        (Self::NotYet, "NOT_YET", "Higher than the chain is."),
        (Self::NotSynced, "NOT_SYNCED", "This node is still catching up."),
        (Self::Timeout, "TIMEOUT", "It did not happen within the time allowed; it may still."),
        (Self::Overloaded, "OVERLOADED", "The node is answering as much as it can; try again."),
        (Self::Unauthorized, "UNAUTHORIZED", "No token, or one without this scope."),
        (Self::UnknownMethod, "UNKNOWN_METHOD", "No such method; the nearest is named."),
        (Self::Internal, "INTERNAL", "The node met a fault of its own; its log says which."),
        (
            Self::BadHeader,
            "BAD_HEADER",
            "A header field does not follow from the parent and the body.",
        ),
        (
            Self::BadProposer,
            "BAD_PROPOSER",
            "The block is not from the proposer of its height and round.",
        ),
        (Self::BadTime, "BAD_TIME", "Block time is not above the parent's."),
        (Self::BadCertificate, "BAD_CERTIFICATE", "A certificate does not verify."),
        (Self::BadRandomness, "BAD_RANDOMNESS", "The randomness proof does not verify."),
        (
            Self::FinalityDue,
            "FINALITY_DUE",
            "The chain must carry a newer finality certificate first.",
        ),
        (
            Self::BlockTooLarge,
            "BLOCK_TOO_LARGE",
            "More bytes, transactions or gas than a block may hold.",
        ),
        (Self::EvidenceMalformed, "EVIDENCE_MALFORMED", "Evidence whose values are out of order."),
        (Self::EvidenceWindow, "EVIDENCE_WINDOW", "Evidence about a height outside the window."),
        (Self::EvidenceKnown, "EVIDENCE_KNOWN", "This validator was punished already."),
        (
            Self::EvidenceStranger,
            "EVIDENCE_STRANGER",
            "The accused was no validator at that height.",
        ),
        (
            Self::EvidenceSignature,
            "EVIDENCE_SIGNATURE",
            "A signature of the evidence does not verify.",
        ),
        (Self::ContractUnknown, "CONTRACT_UNKNOWN", "No contract has this address."),
        (Self::MethodUnknown, "METHOD_UNKNOWN", "The contract has no such method."),
        (Self::CodeUnknown, "CODE_UNKNOWN", "No code with this hash was deployed."),
        (Self::CodeRefused, "CODE_REFUSED", "The module breaks a rule that all modules keep."),
        (Self::CompileRefused, "COMPILE_REFUSED", "The module cannot be compiled."),
        (
            Self::ContractFailed,
            "CONTRACT_FAILED",
            "The contract refused the call; the failure says why.",
        ),
        (
            Self::ContractTrap,
            "CONTRACT_TRAP",
            "The contract did what no program may, such as reaching an unreachable place.",
        ),
        (
            Self::StackExhausted,
            "STACK",
            "The contract's calls within itself need more stack than there is.",
        ),
        (Self::CallDepth, "CALL_DEPTH", "More than eight contracts call one another."),
        (Self::Reentered, "REENTERED", "The contract is on the call stack already."),
        (Self::ViewWrites, "VIEW_WRITES", "A view tried to write, emit or pay."),
        (
            Self::ContractPaused,
            "CONTRACT_PAUSED",
            "The contract is paused, by its admin or by the members.",
        ),
        (
            Self::ContractExists,
            "CONTRACT_EXISTS",
            "The sender made a contract with this salt before.",
        ),
        (
            Self::BadInput,
            "BAD_INPUT",
            "The contract gave the host a pointer, size or name that it may not.",
        ),
        (Self::ReturnTooLarge, "RETURN_TOO_LARGE", "The contract returned more than 64 KiB."),
        (Self::NotAdmin, "NOT_ADMIN", "The sender is not the contract's admin."),
        (Self::StorageLimit, "STORAGE_LIMIT", "A stored value exceeds 64 KiB."),
        (Self::EvidenceShare, "EVIDENCE_SHARE", "A reveal share of the evidence does not verify."),
        (
            Self::EvidenceEncoding,
            "EVIDENCE_ENCODING",
            "Bytes of the evidence that are no canonical point or scalar.",
        ),
        (
            Self::EvidenceSameValue,
            "EVIDENCE_SAME_VALUE",
            "Both halves of the evidence are over one value.",
        ),
        (
            Self::EvidenceStep,
            "EVIDENCE_STEP",
            "No validator could sign such a value at such a step.",
        ),
        (
            Self::EvidenceChain,
            "EVIDENCE_CHAIN",
            "The evidence is about an address on another chain.",
        ),
        (Self::NotMember, "NOT_MEMBER", "The sender is no member's account."),
        (Self::ProposalUnknown, "PROPOSAL_UNKNOWN", "No proposal has this number."),
        (Self::ProposalClosed, "PROPOSAL_CLOSED", "The proposal is decided, or its time is over."),
        (Self::VotedAlready, "VOTED_ALREADY", "This member has voted on this proposal."),
        (Self::ProposalsFull, "PROPOSALS_FULL", "As many proposals are open as may be."),
        (
            Self::KeyUsed,
            "KEY_USED",
            "A key or point that was registered before, which nobody may do again.",
        ),
        (Self::BadPossession, "BAD_POSSESSION", "The secret of a point was not shown to be known."),
        (
            Self::BadAttestation,
            "BAD_ATTESTATION",
            "An attestation is not by a registrar of the set in force, or not of this record.",
        ),
        (
            Self::AttestationExpired,
            "ATTESTATION_EXPIRED",
            "An attestation may not be used any more.",
        ),
        (
            Self::AttestationsMissing,
            "ATTESTATIONS_MISSING",
            "Fewer registrars attested than the chain asks for.",
        ),
        (Self::BondTooSmall, "BOND_TOO_SMALL", "The bond is below the chain's minimum."),
        (Self::MemberUnknown, "MEMBER_UNKNOWN", "No member has this id."),
        (Self::ValidatorUnknown, "VALIDATOR_UNKNOWN", "No such validator is registered."),
        (Self::ValidatorState, "VALIDATOR_STATE", "The validator is not where this call finds it."),
        (
            Self::SetUnsafe,
            "SET_UNSAFE",
            "The set could not commit: too little of its power has signed of late.",
        ),
        (
            Self::NotCaughtUp,
            "NOT_CAUGHT_UP",
            "The height shown is too old, or another block stands there.",
        ),
        (
            Self::RecordSize,
            "RECORD_SIZE",
            "A sealed identity of another size than the chain's one.",
        ),
        (
            Self::KeyBarred,
            "KEY_BARRED",
            "A key or point of a validator that was punished: it is barred for good.",
        ),
        (
            Self::AttestationOld,
            "ATTESTATION_OLD",
            "An attestation's version is not above that of the validator's record in force.",
        ),
    ];

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self as u16
    }

    /// Its stable upper-case name.
    ///
    /// # Panics
    /// Never: a test holds [`Code::ALL`] complete.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// What it means, in one sentence.
    ///
    /// # Panics
    /// Never: a test holds [`Code::ALL`] complete.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        self.entry().2
    }

    /// What is wrong with a field, in a sentence: `NONCE_TOO_LOW: nonce is 3, the next is 5`.
    ///
    /// Every refusal is told by it, so that blocks, pools and interfaces use the same words. Empty
    /// texts are left out; a limit without a value is an explanation.
    #[must_use]
    pub fn sentence(self, field: &str, value: &str, limit: &str) -> String {
        let name = self.name();
        let subject = if field.is_empty() { name.into() } else { format!("{name}: {field}") };
        match (value.is_empty(), limit.is_empty()) {
            (true, true) => subject,
            (true, false) => format!("{subject}: {limit}"),
            (false, true) => format!("{subject} is {value}"),
            (false, false) => format!("{subject} is {value}, {} {limit}", self.relation()),
        }
    }

    /// What stands between a value and its limit in a sentence.
    fn relation(self) -> &'static str {
        let known = RELATIONS.iter().find(|(code, _)| *code == self);
        known.map_or("expected is", |(_, relation)| relation)
    }

    /// The code of this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Self> {
        let at = Self::ALL.binary_search_by_key(&number, |(code, _, _)| code.number()).ok()?;
        Self::ALL.get(at).map(|(code, _, _)| *code)
    }

    /// The code of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(code, _, _)| *code)
    }

    fn entry(self) -> &'static (Self, &'static str, &'static str) {
        let at = Self::ALL.binary_search_by_key(&self.number(), |(code, _, _)| code.number());
        at.ok().and_then(|at| Self::ALL.get(at)).expect("every code stands in Code::ALL")
    }
}

/// How a limit lies to a value, where it is not simply what was expected.
const RELATIONS: &[(Code, &str)] = &[
    (Code::WrongChain, "this chain is"),
    (Code::NonceTooLow, "the next is"),
    (Code::NonceTooHigh, "the next is"),
    (Code::Expired, "block time is"),
    (Code::ValidTooFar, "the latest is"),
    (Code::GasLimitTooLow, "the least is"),
    (Code::FeeLimit, "the least is"),
    (Code::FeeUnpaid, "needed is"),
    (Code::InsufficientBalance, "needed is"),
    (Code::SenderNotAllowed, "it needs the role"),
    (Code::TooLarge, "the limit is"),
    (Code::GasLimitTooHigh, "the limit is"),
    (Code::BlockTooLarge, "the limit is"),
    (Code::PoolFull, "the limit is"),
    (Code::SenderLimit, "the limit is"),
    (Code::ReplacedTooOften, "the limit is"),
    (Code::Overloaded, "the limit is"),
    (Code::BadTime, "the parent's is"),
    (Code::FinalityDue, "the oldest allowed is"),
    (Code::BadField, "allowed is"),
    (Code::CodeRefused, "allowed is"),
];

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl BorshSerialize for Code {
    fn serialize<W: borsh::io::Write>(&self, writer: &mut W) -> borsh::io::Result<()> {
        self.number().serialize(writer)
    }
}

impl BorshDeserialize for Code {
    fn deserialize_reader<R: borsh::io::Read>(reader: &mut R) -> borsh::io::Result<Self> {
        let number = u16::deserialize_reader(reader)?;
        Self::from_number(number).ok_or_else(|| {
            let reason = format!("no code has the number {number}");
            borsh::io::Error::new(borsh::io::ErrorKind::InvalidData, reason)
        })
    }
}
