//! Evidence of a double sign: two ballots of one validator at one address over two values.

use crate::ballot::{self, Ballot};
use crate::reveal;
use types::{
    Evidence, RevealPoint, Share, Signature, SignedAddress, Validator, ValidatorId, Value, Version,
};

/// Why evidence proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The values are equal, or the larger one comes first.
    #[error("the values are equal or out of order")]
    ValueOrder,
    /// Nil at a step that has no nil, or a seal with a round.
    #[error("no validator could sign this value at this step")]
    Impossible,
    /// Not this validator.
    #[error("the evidence is about another validator")]
    WrongValidator,
    /// A signature or share that does not verify.
    #[error("a signature or share does not verify")]
    BadBallot,
}

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
    if evidence.value_a >= evidence.value_b {
        return Err(EvidenceError::ValueOrder);
    }
    let values = [&evidence.value_a, &evidence.value_b];
    if !values.into_iter().all(|value| ballot::is_possible(&evidence.address, value)) {
        return Err(EvidenceError::Impossible);
    }
    let valid = ballots(evidence, validator).iter().all(ballot::verify);
    valid.then_some(()).ok_or(EvidenceError::BadBallot)
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
