//! Domain tags: every name under which something is hashed or signed, once each.
//!
//! `H(name, bytes)` is BLAKE3's key derivation with the context `syndic/v1/<name>` (BLAKE3 paper,
//! section 2.2), so two names never hash to the same value, whatever the bytes.

/// What every context begins with.
pub(crate) const PREFIX: &str = "syndic/v1/";

/// Longest name after the prefix, in bytes.
pub const MAX_NAME_BYTES: usize = 54;

/// A chain's identity.
pub const CHAIN_ID: &str = "chain-id";
/// The first state's description.
pub const GENESIS: &str = "genesis";
/// A block's identity: its header.
pub const BLOCK: &str = "block";
/// The parameters in force.
pub const PARAMS: &str = "params";
/// A validator set.
pub const VALIDATORS: &str = "validators";
/// A commit certificate.
pub const COMMIT: &str = "commit";
/// A finality certificate.
pub const FINALITY: &str = "finality";
/// What a wallet signs.
pub const TX: &str = "tx";
/// A transaction with its signatures.
pub const SIGNED_TX: &str = "signed-tx";
/// A receipt.
pub const RECEIPT: &str = "receipt";
/// What the last call of a transaction returned.
pub const RETURN: &str = "return";
/// A double sign: validator and address, whatever the pair.
pub const EVIDENCE: &str = "evidence";
/// A double sign with its pair.
pub const EVIDENCE_ITEM: &str = "evidence-item";
/// The value of a proposal.
pub const PROPOSAL: &str = "proposal";
/// The value of a seal.
pub const SEAL: &str = "seal";
/// What a validator's ed25519 key signs.
pub const VOTE: &str = "vote";
/// A verdict remembered.
pub const SIG_CACHE: &str = "sig-cache";
/// One call of a transaction.
pub const CALL_ID: &str = "call-id";
/// Further identifiers of one call.
pub const ID: &str = "id";
/// A message signed outside the chain.
pub const MESSAGE: &str = "message";
/// What a registrar signs.
pub const ATTEST: &str = "attest";
/// What the party named in a sealed identity signs.
pub const CONSENT: &str = "hi-consent";
/// A height's randomness.
pub const VRF_OUTPUT: &str = "vrf-output";
/// The address of one ed25519 key.
pub const ADDRESS_ACCOUNT: &str = "address/account";
/// The address of a threshold of keys.
pub const ADDRESS_MULTI: &str = "address/multi";
/// The address of a contract.
pub const ADDRESS_CONTRACT: &str = "address/contract";
/// The address of a native module.
pub const ADDRESS_MODULE: &str = "address/module";
/// A validator's identity.
pub const ADDRESS_VALIDATOR: &str = "address/validator";
/// A leaf of a list.
pub const LEAF: &str = "leaf";
/// A branch of a list.
pub const BRANCH: &str = "branch";
/// A key of the state.
pub const STATE_KEY: &str = "state-key";
/// A value of the state.
pub const STATE_VALUE: &str = "state-value";
/// A leaf of the state tree.
pub const STATE_LEAF: &str = "state-leaf";
/// A branch of the state tree.
pub const STATE_BRANCH: &str = "state-branch";
/// A guard's image on disk.
pub const GUARD: &str = "guard";
/// A record of a journal.
pub const JOURNAL: &str = "journal";
/// A machine, by whatever names it.
pub const MACHINE: &str = "machine";
/// One node's data on one machine.
pub const INSTANCE: &str = "instance";
/// An account's secret for reading envelopes.
pub const ENVELOPE_READER: &str = "envelope/reader";
/// The key of an envelope's content.
pub const ENVELOPE_DATA_KEY: &str = "envelope/data-key";
/// The one-time secret of a wrapped key.
pub const ENVELOPE_EPHEMERAL: &str = "envelope/ephemeral";
/// The key that wraps a data key for one reader.
pub const ENVELOPE_WRAP: &str = "envelope/wrap";
/// What an envelope's content is bound to.
pub const ENVELOPE_COMMIT: &str = "envelope/commit";
/// A candidate says that it stands at a block with its state.
pub const READY: &str = "ready";

/// Every name above.
pub const ALL: [&str; 44] = [
    CHAIN_ID,
    GENESIS,
    BLOCK,
    PARAMS,
    VALIDATORS,
    COMMIT,
    FINALITY,
    TX,
    SIGNED_TX,
    RECEIPT,
    RETURN,
    EVIDENCE,
    EVIDENCE_ITEM,
    PROPOSAL,
    SEAL,
    VOTE,
    SIG_CACHE,
    CALL_ID,
    ID,
    MESSAGE,
    ATTEST,
    CONSENT,
    VRF_OUTPUT,
    ADDRESS_ACCOUNT,
    ADDRESS_MULTI,
    ADDRESS_CONTRACT,
    ADDRESS_MODULE,
    ADDRESS_VALIDATOR,
    LEAF,
    BRANCH,
    STATE_KEY,
    STATE_VALUE,
    STATE_LEAF,
    STATE_BRANCH,
    GUARD,
    JOURNAL,
    MACHINE,
    INSTANCE,
    ENVELOPE_READER,
    ENVELOPE_DATA_KEY,
    ENVELOPE_EPHEMERAL,
    ENVELOPE_WRAP,
    ENVELOPE_COMMIT,
    READY,
];
