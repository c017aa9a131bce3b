//! Transactions: calls that succeed or fail together, and who authorises and pays them.

use crate::call::Call;
use crate::codec::Version;
use crate::hash::{Address, ChainId};
use crate::keys::{PublicKey, Signature};
use crate::units::{Amount, Gas, Nonce, TimestampMs};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Most calls of one transaction.
pub const MAX_CALLS: usize = 16;
/// Largest reference, in bytes.
pub const MAX_REFERENCE_BYTES: usize = 64;
/// Largest lane number.
pub const MAX_LANE: u8 = 63;
/// Most keys of a multisig.
pub const MAX_MULTISIG_KEYS: usize = 16;

/// What a wallet signs: `H("tx", tx)`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tx {
    /// Format version.
    pub version: Version<1>,
    /// The chain it is for.
    pub chain_id: ChainId,
    /// Whose nonce it uses and whose calls they are.
    pub sender: Address,
    /// One of the sender's 64 independent nonce lines, 0 to 63.
    pub lane: u8,
    /// The next of its lane.
    pub nonce: Nonce,
    /// Block time after which it is void; at most 24 h* ahead.
    pub valid_until_ms: TimestampMs,
    /// Most gas it may use; reserved from the payer at the chain's price.
    pub gas_limit: Gas,
    /// Most fee it may cost.
    pub fee_limit: Amount,
    /// Who pays instead of the sender; it signs too.
    pub payer: Option<Address>,
    /// Free bytes for the sender's own books, at most 64.
    pub reference: Vec<u8>,
    /// 1 to 16 calls, all or none.
    pub calls: Vec<Call>,
}

/// A transaction with its signatures. Its hash is `H("signed-tx", SignedTx)`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedTx {
    /// What is signed.
    pub tx: Tx,
    /// The sender's.
    pub auth: Auth,
    /// The payer's; exactly if the transaction names one.
    pub payer_auth: Option<Auth>,
}

/// Proof that an address agrees.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Auth {
    /// One key; the address is `H("address/account", [0] ‖ key)`.
    Ed25519 {
        /// The key.
        key: PublicKey,
        /// Over the 32 bytes `H("tx", tx)`.
        signature: Signature,
    } = 0,
    /// Several keys; the address is `H("address/multi", {threshold, keys})`.
    Multi {
        /// How many must sign, 1 to the number of keys.
        threshold: u8,
        /// Strictly ascending, 1 to 16.
        keys: Vec<PublicKey>,
        /// Position of the key and its signature, strictly ascending by position, at least
        /// `threshold` of them.
        signatures: Vec<(u8, Signature)>,
    } = 1,
}
