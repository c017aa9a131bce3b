//! Evidence of a double sign: two ballots of one validator at one address over two values.

use crate::ballot::{self, Ballot};
use crate::{reveal, sign};
use types::{
    Evidence, RevealPoint, Share, Signature, SignedAddress, Validator, ValidatorId, Value, Version,
};

/// Why evidence proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The larger value comes first.
    #[error("the values are out of order")]
    ValueOrder,
    /// One value signed twice, which everybody may.
    #[error("both halves are over one value")]
    SameValue,
    /// Nil at a step that has no nil, or a seal with a round.
    #[error("no validator could sign this value at this step")]
    Impossible,
    /// Not this validator.
    #[error("the evidence is about another validator")]
    WrongValidator,
    /// A point or scalar that is not in canonical form.
    #[error("{field} is no canonical encoding")]
    Encoding {
        /// Which field.
        field: &'static str,
    },
    /// A signature that does not verify.
    #[error("{field} does not verify")]
    Signature {
        /// Which field.
        field: &'static str,
    },
    /// A share that does not verify.
    #[error("{field} does not verify")]
    Share {
        /// Which field.
        field: &'static str,
    },
}

/// Fields of the two halves, for errors.
const SIGNATURES: [&str; 2] = ["signature_a", "signature_b"];
const SHARES: [&str; 2] = ["share_a", "share_b"];

/// Evidence from two ballots at one address, in either order; `None` if the values are equal.
#[must_use]
pub fn from_pair(
    validator: ValidatorId,
    address: SignedAddress,
    first: (Value, Signature, Share),
    second: (Value, Signature, Share),
) -> Option<Evidence> {
    let (a, b) = match first.0.cmp(&second.0) {
        std::cmp::Ordering::Less => (first, second),
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Greater => (second, first),
    };
    Some(Evidence {
        version: Version,
        validator,
        address,
        value_a: a.0,
        signature_a: a.1,
        share_a: a.2,
        value_b: b.0,
        signature_b: b.1,
        share_b: b.2,
    })
}

/// Check evidence against the validator's keys at its height, singly, by the single rules.
///
/// # Errors
/// [`EvidenceError`] names the first breach.
pub fn verify(evidence: &Evidence, validator: &Validator) -> Result<(), EvidenceError> {
    if evidence.validator != validator.id {
        return Err(EvidenceError::WrongValidator);
    }
    check_values(evidence)?;
    let halves = ballots(evidence, validator);
    for (half, (signature, share)) in halves.iter().zip(SIGNATURES.into_iter().zip(SHARES)) {
        if !sign::is_canonical(&half.signature) {
            return Err(EvidenceError::Encoding { field: signature });
        }
        if !reveal::is_canonical(&half.share) {
            return Err(EvidenceError::Encoding { field: share });
        }
        // The signature covers the share: one that verifies makes a bad share its signer's own.
        if !ballot::verify_signature(half) {
            return Err(EvidenceError::Signature { field: signature });
        }
        if !ballot::verify(half) {
            return Err(EvidenceError::Share { field: share });
        }
    }
    Ok(())
}

/// What can be said of the two values without any cryptography.
fn check_values(evidence: &Evidence) -> Result<(), EvidenceError> {
    match evidence.value_a.cmp(&evidence.value_b) {
        std::cmp::Ordering::Less => {}
        std::cmp::Ordering::Equal => return Err(EvidenceError::SameValue),
        std::cmp::Ordering::Greater => return Err(EvidenceError::ValueOrder),
    }
    let values = [&evidence.value_a, &evidence.value_b];
    let possible = values.into_iter().all(|value| ballot::is_possible(&evidence.address, value));
    possible.then_some(()).ok_or(EvidenceError::Impossible)
}

/// The hidden point that verified evidence opens: K = k·B.
#[must_use]
pub fn hidden_point(evidence: &Evidence) -> Option<RevealPoint> {
    reveal::reveal(
        &evidence.address,
        (&evidence.value_a, &evidence.share_a),
        (&evidence.value_b, &evidence.share_b),
    )
}

/// The two ballots of evidence.
#[must_use]
pub fn ballots<'a>(evidence: &'a Evidence, validator: &'a Validator) -> [Ballot<'a>; 2] {
    let ballot = |value, signature, share| Ballot {
        validator,
        address: evidence.address,
        value,
        signature,
        share,
    };
    [
        ballot(evidence.value_a, evidence.signature_a, evidence.share_a),
        ballot(evidence.value_b, evidence.signature_b, evidence.share_b),
    ]
}

#[cfg(test)]
mod tests;
