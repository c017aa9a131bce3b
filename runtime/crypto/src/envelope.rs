//! Envelopes: content under one data key, which is wrapped once for each reader.
//!
//! X25519 (RFC 7748) between a one-time secret and the reader's key gives the key that wraps the
//! data key; ChaCha20-Poly1305 (RFC 8439) seals both. Every key is used once, so nonces are zero.
//! ChaCha20-Poly1305 does not commit to its key: a sender could make one ciphertext that two
//! readers open to different texts. So the content begins with a commitment to the data key, and
//! whoever opens the envelope at all opens it to the same text.
//!
//! The sender is not authenticated: what an envelope is part of is signed, the envelope with it.

use crate::{domain, hash, sign::SecretKey};
use borsh::{BorshDeserialize, BorshSerialize};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use curve25519_dalek::MontgomeryPoint;
use zeroize::Zeroizing;

/// Bytes of a wrapped data key beyond the one-time public key: the key and its tag.
pub const SEALED_KEY_BYTES: usize = 48;
/// Bytes that sealing adds to the content: the commitment and the tag.
pub const OVERHEAD_BYTES: usize = 48;
/// Most readers of one envelope.
pub const MAX_READERS: usize = 16;

const COMMIT_BYTES: usize = 32;
/// Each key seals one message.
const NONCE: [u8; 12] = [0; 12];

/// Where envelopes for somebody are addressed: an X25519 public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct ReaderKey(pub [u8; 32]);

/// What opens the envelopes for one reader. Erased when dropped, never printed.
pub struct ReaderSecret(Zeroizing<[u8; 32]>);

impl ReaderSecret {
    /// The reader's secret that belongs to an account's key.
    #[must_use]
    pub fn of_account(key: &SecretKey) -> Self {
        Self(Zeroizing::new(hash::derive(domain::ENVELOPE_READER, &*key.seed()).0))
    }

    /// The key to address envelopes to.
    #[must_use]
    pub fn public(&self) -> ReaderKey {
        ReaderKey(MontgomeryPoint::mul_base_clamped(*self.0).to_bytes())
    }
}

/// The data key, readable by one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WrappedKey {
    /// The one-time public key.
    pub ephemeral: [u8; 32],
    /// The data key under the wrapping key.
    pub sealed: [u8; SEALED_KEY_BYTES],
}

/// Content that its readers, and nobody else, can open.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Envelope {
    /// Commitment to the data key, then the content under it.
    pub content: Vec<u8>,
    /// The data key for each reader, in the order they were given.
    pub keys: Vec<WrappedKey>,
}

/// Why an envelope cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// No reader, or more than an envelope may have.
    #[error("{found} readers, want 1 to {MAX_READERS}")]
    Readers {
        /// How many.
        found: usize,
    },
    /// A reader's key, or a one-time key, is of small order: anybody could open the envelope.
    #[error("the key of reader {0} is of small order")]
    WeakKey(usize),
    /// The data key was wrapped for somebody else or for something else, or was changed.
    #[error("this key is not a reader of the envelope")]
    NotAReader,
    /// The content is not what the data key was made for, or was changed.
    #[error("the envelope's content was changed")]
    Damaged,
}

/// Seal `plain` for the readers. `context` is what the envelope belongs to: only with the same it
/// opens. `fresh` is 32 random bytes; were they ever used twice, another text would still have
/// another key.
///
/// # Errors
/// [`EnvelopeError::Readers`], [`EnvelopeError::WeakKey`].
///
/// # Panics
/// Never: encryption in memory does not fail at these sizes.
pub fn seal(
    plain: &[u8],
    readers: &[ReaderKey],
    context: &[u8],
    fresh: &[u8; 32],
) -> Result<Envelope, EnvelopeError> {
    if !(1..=MAX_READERS).contains(&readers.len()) {
        return Err(EnvelopeError::Readers { found: readers.len() });
    }
    let data_key = derive_key(domain::ENVELOPE_DATA_KEY, &(fresh, context, plain));
    let mut content = commit(&data_key, context).to_vec();
    content.extend_from_slice(&encrypt(&data_key, plain, context));
    let mut keys = Vec::with_capacity(readers.len());
    for (place, reader) in readers.iter().enumerate() {
        let number = u8::try_from(place).expect("an envelope has at most 16 readers");
        let secret = derive_key(domain::ENVELOPE_EPHEMERAL, &(&*data_key, fresh, number));
        let ephemeral = MontgomeryPoint::mul_base_clamped(*secret).to_bytes();
        let key = wrapping_key(&secret, &reader.0, &ephemeral, &reader.0, context)
            .ok_or(EnvelopeError::WeakKey(place))?;
        let sealed = encrypt(&key, &*data_key, context);
        let sealed = sealed.try_into().expect("32 bytes and a tag of 16");
        keys.push(WrappedKey { ephemeral, sealed });
    }
    Ok(Envelope { content, keys })
}

/// Open content with one of its wrapped keys.
///
/// # Errors
/// [`EnvelopeError::NotAReader`] if the key was not wrapped for this secret and context,
/// [`EnvelopeError::Damaged`] if it does not open the content.
pub fn open(
    content: &[u8],
    key: &WrappedKey,
    secret: &ReaderSecret,
    context: &[u8],
) -> Result<Vec<u8>, EnvelopeError> {
    let own = secret.public();
    let wrapping = wrapping_key(&secret.0, &key.ephemeral, &key.ephemeral, &own.0, context)
        .ok_or(EnvelopeError::NotAReader)?;
    let data_key = decrypt(&wrapping, &key.sealed, context).ok_or(EnvelopeError::NotAReader)?;
    let data_key: [u8; 32] =
        data_key.as_slice().try_into().map_err(|_| EnvelopeError::NotAReader)?;
    let data_key = Zeroizing::new(data_key);
    let (found, sealed) =
        content.split_first_chunk::<COMMIT_BYTES>().ok_or(EnvelopeError::Damaged)?;
    if *found != commit(&data_key, context) {
        return Err(EnvelopeError::Damaged);
    }
    decrypt(&data_key, sealed, context).map(|plain| plain.to_vec()).ok_or(EnvelopeError::Damaged)
}

fn derive_key<T: BorshSerialize>(name: &str, value: &T) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(hash::derive_value(name, value).0)
}

fn commit(data_key: &[u8; 32], context: &[u8]) -> [u8; COMMIT_BYTES] {
    hash::derive_value(domain::ENVELOPE_COMMIT, &(data_key, context)).0
}

/// The key between `secret` and `point`; `None` if the point is of small order (RFC 7748, 6.1).
fn wrapping_key(
    secret: &[u8; 32],
    point: &[u8; 32],
    ephemeral: &[u8; 32],
    reader: &[u8; 32],
    context: &[u8],
) -> Option<Zeroizing<[u8; 32]>> {
    let shared = Zeroizing::new(MontgomeryPoint(*point).mul_clamped(*secret).to_bytes());
    if *shared == [0; 32] {
        return None;
    }
    Some(derive_key(domain::ENVELOPE_WRAP, &(&*shared, ephemeral, reader, context)))
}

fn encrypt(key: &[u8; 32], plain: &[u8], context: &[u8]) -> Vec<u8> {
    ChaCha20Poly1305::new(key.into())
        .encrypt(&Nonce::from(NONCE), Payload { msg: plain, aad: context })
        .expect("a transaction's worth of bytes is within the cipher's limits")
}

fn decrypt(key: &[u8; 32], sealed: &[u8], context: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    ChaCha20Poly1305::new(key.into())
        .decrypt(&Nonce::from(NONCE), Payload { msg: sealed, aad: context })
        .ok()
        .map(Zeroizing::new)
}

#[cfg(test)]
mod tests;
