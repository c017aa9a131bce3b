//! Check who authorises a transaction: the shape of its authorisations, whether they belong to the
//! addresses they speak for, and their signatures.

use crate::id::{account_address, multisig_address, tx_signing_hash};
use crate::sign::{Check, verify_batch};
use types::transaction::MAX_MULTISIG_KEYS;
use types::{Address, Auth, SignedTx};

/// Why an authorisation is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// The authorisation is that of another address.
    #[error("the {party}'s authorisation belongs to {found}, not to {expected}")]
    AddressMismatch {
        /// Sender or payer.
        party: Party,
        /// The address that the authorisation speaks for.
        found: Address,
        /// The address in the transaction.
        expected: Address,
    },
    /// A payer is named and does not sign.
    #[error("a payer is named, its authorisation is missing")]
    PayerMissing,
    /// Somebody signs as a payer, and none is named.
    #[error("a payer's authorisation is there, no payer is named")]
    PayerUnnamed,
    /// Not 1 to 16 keys.
    #[error("the {party}'s multisig has {keys} keys, 1 to {MAX_MULTISIG_KEYS} are allowed")]
    KeyCount {
        /// Sender or payer.
        party: Party,
        /// How many.
        keys: usize,
    },
    /// Keys not strictly ascending.
    #[error("the {party}'s multisig keys are not strictly ascending")]
    KeyOrder {
        /// Sender or payer.
        party: Party,
    },
    /// A threshold below 1 or above the number of keys.
    #[error("the {party}'s threshold is {threshold}, 1 to {keys} are allowed")]
    Threshold {
        /// Sender or payer.
        party: Party,
        /// What it is.
        threshold: u8,
        /// The number of keys.
        keys: usize,
    },
    /// Fewer signatures than the threshold, or more than keys.
    #[error("the {party}'s multisig has {signatures} signatures, {threshold} to {keys} are needed")]
    SignatureCount {
        /// Sender or payer.
        party: Party,
        /// How many.
        signatures: usize,
        /// How many are needed.
        threshold: u8,
        /// The number of keys.
        keys: usize,
    },
    /// Positions not strictly ascending, or beyond the keys.
    #[error("the {party}'s signature positions are not strictly ascending among its keys")]
    SignatureOrder {
        /// Sender or payer.
        party: Party,
    },
    /// A signature that does not verify.
    #[error("signature {position} of the transaction does not verify")]
    BadSignature {
        /// Counted through the sender's signatures, then the payer's.
        position: usize,
    },
}

/// Whose authorisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// Whose nonce is used and whose calls they are.
    Sender,
    /// Who pays instead.
    Payer,
}

impl core::fmt::Display for Party {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Sender => "sender",
            Self::Payer => "payer",
        })
    }
}

/// The signatures to verify, once everything else about the authorisations holds: the sender's,
/// then the payer's. At most 2 × 16, so that a caller can put many transactions in one batch.
///
/// # Errors
/// Any [`AuthError`] but [`AuthError::BadSignature`].
pub fn checks(signed: &SignedTx) -> Result<Vec<Check>, AuthError> {
    let message = tx_signing_hash(&signed.tx).0;
    let mut checks = Vec::with_capacity(1);
    add_checks(&mut checks, Party::Sender, &signed.tx.sender, &signed.auth, message)?;
    match (&signed.tx.payer, &signed.payer_auth) {
        (None, None) => {}
        (Some(payer), Some(auth)) => {
            add_checks(&mut checks, Party::Payer, payer, auth, message)?;
        }
        (Some(_), None) => return Err(AuthError::PayerMissing),
        (None, Some(_)) => return Err(AuthError::PayerUnnamed),
    }
    Ok(checks)
}

/// Whether sender and payer authorised the transaction, signatures included.
///
/// # Errors
/// [`AuthError`] names the first breach.
pub fn verify(signed: &SignedTx) -> Result<(), AuthError> {
    match verify_batch(&checks(signed)?).iter().position(|valid| !valid) {
        None => Ok(()),
        Some(position) => Err(AuthError::BadSignature { position }),
    }
}

/// The address that an authorisation speaks for.
#[must_use]
pub fn address_of(auth: &Auth) -> Address {
    match auth {
        Auth::Ed25519 { key, .. } => account_address(key),
        Auth::Multi { threshold, keys, .. } => multisig_address(*threshold, keys),
    }
}

fn add_checks(
    checks: &mut Vec<Check>,
    party: Party,
    expected: &Address,
    auth: &Auth,
    message: [u8; 32],
) -> Result<(), AuthError> {
    check_shape(party, auth)?;
    let found = address_of(auth);
    if found != *expected {
        return Err(AuthError::AddressMismatch { party, found, expected: *expected });
    }
    match auth {
        Auth::Ed25519 { key, signature } => {
            checks.push(Check { key: *key, message, signature: *signature });
        }
        Auth::Multi { keys, signatures, .. } => {
            for (position, signature) in signatures {
                let key =
                    *keys.get(usize::from(*position)).ok_or(AuthError::SignatureOrder { party })?;
                checks.push(Check { key, message, signature: *signature });
            }
        }
    }
    Ok(())
}

fn check_shape(party: Party, auth: &Auth) -> Result<(), AuthError> {
    let Auth::Multi { threshold, keys, signatures } = auth else {
        return Ok(());
    };
    let count = keys.len();
    if !(1..=MAX_MULTISIG_KEYS).contains(&count) {
        return Err(AuthError::KeyCount { party, keys: count });
    }
    if !keys.is_sorted_by(|before, after| before < after) {
        return Err(AuthError::KeyOrder { party });
    }
    if !(1..=count).contains(&usize::from(*threshold)) {
        return Err(AuthError::Threshold { party, threshold: *threshold, keys: count });
    }
    if !(usize::from(*threshold)..=count).contains(&signatures.len()) {
        return Err(AuthError::SignatureCount {
            party,
            signatures: signatures.len(),
            threshold: *threshold,
            keys: count,
        });
    }
    let in_range = signatures.iter().all(|(position, _)| usize::from(*position) < count);
    if !in_range || !signatures.is_sorted_by(|before, after| before.0 < after.0) {
        return Err(AuthError::SignatureOrder { party });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
