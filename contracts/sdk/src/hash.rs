//! Hashes, signatures and proofs, each done by the host.

use crate::entry::Encoder;
use crate::host::{self, Algorithm};
use alloc::string::String;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};
use types::{ChainId, Hash, PublicKey, Signature, TimestampMs};

/// BLAKE3.
#[must_use]
pub fn blake3(bytes: &[u8]) -> Hash {
    host::hash(Algorithm::Blake3, bytes)
}

/// SHA-256 (FIPS 180-4).
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    host::hash(Algorithm::Sha256, bytes)
}

/// `H(name, bytes)`, the chain's hash under a name (`docs/protocol.md`, notation).
///
/// # Panics
/// If the name has more than 54 bytes.
#[must_use]
pub fn derive(name: &str, bytes: &[u8]) -> Hash {
    host::hash(Algorithm::Derive, &Encoder::new().value(name).value(bytes).finish())
}

/// Whether an ed25519 signature holds, by the chain's one rule.
#[must_use]
pub fn verify(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    host::verify(key, message, signature)
}

/// Whether `entry` stands at `index` of the list of `count` entries with this root
/// (`docs/protocol.md` 1.5).
#[must_use]
pub fn merkle_verify(root: &Hash, entry: &Hash, index: u64, count: u64, proof: &[Hash]) -> bool {
    host::merkle_verify(root, entry, index, count, proof)
}

/// What somebody signs outside the chain (`docs/protocol.md` 5.1): it counts on one chain, for one
/// method of one contract, up to one time.
#[derive(BorshSerialize, BorshDeserialize)]
struct Message {
    chain_id: ChainId,
    contract: types::Address,
    method: String,
    body: Vec<u8>,
    expiry_ms: TimestampMs,
}

/// The hash that a message's signer signs: for this chain and this contract.
#[must_use]
pub fn message_hash(method: &str, body: &[u8], expiry_ms: TimestampMs) -> Hash {
    let context = host::context();
    derive("message", &encode(context.chain_id, context.contract, method, body, expiry_ms))
}

pub(crate) fn encode(
    chain_id: ChainId,
    contract: types::Address,
    method: &str,
    body: &[u8],
    expiry_ms: TimestampMs,
) -> Vec<u8> {
    let message =
        Message { chain_id, contract, method: method.into(), body: body.into(), expiry_ms };
    Encoder::new().value(&message).finish()
}

/// Why a signed message does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageError {
    /// The block's time has reached its expiry.
    Expired,
    /// The signature does not hold for this chain, contract, method, body and expiry.
    Signature,
}

/// Check a message that was signed outside the chain. It stays valid until it expires: whoever must
/// take it once only keeps a mark of it.
///
/// # Errors
/// [`MessageError`].
pub fn verify_message(
    key: &PublicKey,
    signature: &Signature,
    method: &str,
    body: &[u8],
    expiry_ms: TimestampMs,
) -> Result<(), MessageError> {
    if host::context().time_ms >= expiry_ms {
        return Err(MessageError::Expired);
    }
    match verify(key, message_hash(method, body, expiry_ms).as_bytes(), signature) {
        true => Ok(()),
        false => Err(MessageError::Signature),
    }
}
