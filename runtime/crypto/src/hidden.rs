//! Hidden information: a validator's sealed identity, `commit (32) ‖ nonce (24) ‖ ciphertext`
//! (docs/reveal.md 8).
//!
//! XChaCha20-Poly1305 alone does not commit to its key: somebody could make a record that opens to
//! another identity under another key. So the commit is checked first.

use crate::transcript::half;
use crate::{domain, hash, sign};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use types::punishment::{Opening, RecordFault};
use types::{ChainId, Hash, PublicKey, RevealPoint, ValidatorId, Version};
use zeroize::Zeroizing;

const COMMIT: &str = "syndic/reveal/v1/hi-commit";
const KEY: &str = "syndic/reveal/v1/hi-key";
/// Bytes of the commit.
pub const COMMIT_BYTES: usize = 32;
/// Bytes of the nonce.
pub const NONCE_BYTES: usize = 24;
/// Bytes that encryption adds to the plaintext.
pub const TAG_BYTES: usize = 16;
/// Bytes of a record beyond its plaintext.
pub const OVERHEAD_BYTES: usize = COMMIT_BYTES + NONCE_BYTES + TAG_BYTES;
const LENGTH_BYTES: usize = 4;
/// Stands before the identity in a plaintext.
const FORMAT: Version<1> = Version;

pub use types::HiddenInformation;

/// Which record: everything it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordOf<'a> {
    /// The chain.
    pub chain_id: &'a ChainId,
    /// V.
    pub key: &'a PublicKey,
    /// C.
    pub commitment: &'a RevealPoint,
}

/// Why a record cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HiddenError {
    /// The plaintext is larger than the chain's one size.
    #[error("the identity has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// Most bytes.
        limit: usize,
    },
    /// The record is shorter than its parts.
    #[error("the record has {0} bytes, which is too short")]
    TooShort(usize),
    /// K is not the point the record was sealed under.
    #[error("the record was not sealed under this point")]
    WrongPoint,
    /// The ciphertext was changed.
    #[error("the record does not decrypt")]
    Damaged,
    /// What was sealed is not an identity.
    #[error("the record does not hold an identity")]
    Malformed,
}

/// What the named party signs: that it runs this validator with these keys.
#[must_use]
pub fn consent_hash(of: &RecordOf<'_>, validator: &ValidatorId) -> Hash {
    hash::derive_value(domain::CONSENT, &(of.chain_id, validator, of.key, of.commitment))
}

/// Whether the named party agreed.
#[must_use]
pub fn has_consent(
    information: &HiddenInformation,
    of: &RecordOf<'_>,
    validator: &ValidatorId,
) -> bool {
    let message = consent_hash(of, validator);
    sign::verify(&information.party_key, &message.0, &information.party_signature)
}

/// Seal an identity under K into a record whose plaintext has `size` bytes.
///
/// # Errors
/// [`HiddenError::TooLarge`].
///
/// # Panics
/// Never: encryption in memory does not fail at this size.
pub fn seal(
    information: &HiddenInformation,
    hidden: &RevealPoint,
    of: &RecordOf<'_>,
    nonce: &[u8; NONCE_BYTES],
    size: usize,
) -> Result<Vec<u8>, HiddenError> {
    let content = Zeroizing::new(types::encode(&(FORMAT, information)));
    let limit = size.saturating_sub(LENGTH_BYTES);
    let length = u32::try_from(content.len()).ok().filter(|_| content.len() <= limit);
    let length = length.ok_or(HiddenError::TooLarge { bytes: content.len(), limit })?;
    let mut plain = Zeroizing::new(Vec::with_capacity(size));
    plain.extend_from_slice(&length.to_le_bytes());
    plain.extend_from_slice(&content);
    plain.resize(size, 0);
    let (commit, key) = commit_and_key(hidden, of, nonce);
    let data = associated_data(of);
    let payload = Payload { msg: &plain, aad: &data };
    let ciphertext = cipher(&key)
        .encrypt(&XNonce::from(*nonce), payload)
        .expect("a few kilobytes are within the cipher's limits");
    Ok([commit.as_slice(), nonce, &ciphertext].concat())
}

/// Whether K is the point that a record was sealed under.
#[must_use]
pub fn check_commit(record: &[u8], hidden: &RevealPoint, of: &RecordOf<'_>) -> bool {
    parts(record).is_ok_and(|(commit, nonce, _)| commit_and_key(hidden, of, nonce).0 == commit)
}

/// Open a record with K.
///
/// # Errors
/// [`HiddenError`] says which step failed; any of them is evidence against validator and registrar.
pub fn open(
    record: &[u8],
    hidden: &RevealPoint,
    of: &RecordOf<'_>,
) -> Result<HiddenInformation, HiddenError> {
    let (commit, nonce, ciphertext) = parts(record)?;
    let (expected, key) = commit_and_key(hidden, of, nonce);
    if expected != commit {
        return Err(HiddenError::WrongPoint);
    }
    let data = associated_data(of);
    let payload = Payload { msg: ciphertext, aad: &data };
    let plain =
        cipher(&key).decrypt(&XNonce::from(*nonce), payload).map_err(|_| HiddenError::Damaged)?;
    decode_plaintext(&Zeroizing::new(plain)).ok_or(HiddenError::Malformed)
}

/// What K opens: the identity, if the party that it names agreed to be named by this validator.
/// Anything else is the fault of whoever attested the record, and may name nobody.
#[must_use]
pub fn examine(
    record: &[u8],
    hidden: &RevealPoint,
    of: &RecordOf<'_>,
    validator: &ValidatorId,
) -> Opening {
    match open(record, hidden, of) {
        Ok(identity) if has_consent(&identity, of, validator) => Opening::Opened(identity),
        Ok(_) => Opening::RegistrarFault(RecordFault::NoConsent),
        Err(HiddenError::WrongPoint | HiddenError::TooShort(_)) => {
            Opening::RegistrarFault(RecordFault::NotSealedUnderPoint)
        }
        Err(HiddenError::Damaged) => Opening::RegistrarFault(RecordFault::Damaged),
        // Opening does not know sizes; an identity that does not decode is no identity.
        Err(HiddenError::Malformed | HiddenError::TooLarge { .. }) => {
            Opening::RegistrarFault(RecordFault::Malformed)
        }
    }
}

/// The identity in `length u32 LE ‖ version ‖ identity ‖ zeros`; `None` if a byte breaks the form.
fn decode_plaintext(plain: &[u8]) -> Option<HiddenInformation> {
    let (length, rest) = plain.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (content, padding) = rest.split_at_checked(length)?;
    if padding.iter().any(|byte| *byte != 0) {
        return None;
    }
    let decoded = types::decode("hidden information", content, plain.len()).ok()?;
    let (FORMAT, information): (Version<1>, HiddenInformation) = decoded;
    Some(information)
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.into())
}

type Parts<'a> = ([u8; COMMIT_BYTES], &'a [u8; NONCE_BYTES], &'a [u8]);

fn parts(record: &[u8]) -> Result<Parts<'_>, HiddenError> {
    let short = HiddenError::TooShort(record.len());
    let (commit, rest) = record.split_first_chunk::<COMMIT_BYTES>().ok_or(short)?;
    let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_BYTES>().ok_or(short)?;
    Ok((*commit, nonce, ciphertext))
}

fn commit_and_key(
    hidden: &RevealPoint,
    of: &RecordOf<'_>,
    nonce: &[u8; NONCE_BYTES],
) -> ([u8; COMMIT_BYTES], Zeroizing<[u8; 32]>) {
    let parts: [&[u8]; 5] = [&hidden.0, &of.chain_id.0, &of.key.0, &of.commitment.0, nonce];
    (half(COMMIT, &parts), Zeroizing::new(half(KEY, &parts)))
}

fn associated_data(of: &RecordOf<'_>) -> Vec<u8> {
    types::encode(&(of.chain_id, of.key, of.commitment))
}

#[cfg(test)]
mod tests;
