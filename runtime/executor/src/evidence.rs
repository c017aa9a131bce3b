//! Judge a double sign: by the state after the parent, for the block of a height (docs/protocol.md
//! 6.1).
//!
//! A node judges what comes to its pool, a proposer what it puts into a block and everybody the
//! block that holds it, all by [`check`]. Whatever the verdict depends on lies in state: nobody
//! needs to have seen the double sign happen.

use crate::rejection::{CheckError, Rejection};
use crypto::evidence::{self, EvidenceError};
use state::{NodeReader, read};
use std::collections::BTreeSet;
use types::{ChainId, Code, Evidence, Height, Params, RevealPoint, Validator, ValidatorId};

/// A double sign that was found true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The pair.
    pub evidence: Evidence,
    /// Who signed it, with the keys of that height.
    pub validator: Validator,
    /// K, which the pair opens.
    pub hidden_point: RevealPoint,
}

/// Whether a block of `height`, on the state that `reader` reads, may hold this evidence; verified
/// singly, by the single rules.
///
/// # Errors
/// [`CheckError::Invalid`] names the first breach, [`CheckError::Read`] says that this node cannot
/// tell.
pub fn check(
    reader: &dyn NodeReader,
    chain_id: &ChainId,
    height: Height,
    params: &Params,
    evidence: &Evidence,
) -> Result<Proven, CheckError> {
    let about = evidence.address.height;
    if evidence.address.chain_id != *chain_id {
        let (found, expected) = (evidence.address.chain_id, chain_id);
        let field = "evidence.address.chain_id";
        return Err(Rejection::new(Code::EvidenceChain, field, found, expected).into());
    }
    // Nobody signs height 0, and no set is kept of it.
    if about == Height::ZERO || !params.in_evidence_window(about, height) {
        let oldest = height.0.saturating_sub(params.evidence_window).max(1);
        let allowed = format!("{oldest} to {height}");
        let field = "evidence.address.height";
        return Err(Rejection::new(Code::EvidenceWindow, field, about, allowed).into());
    }
    let set = read::validator_set_at(reader, about)?;
    let accused = evidence.validator;
    let Some(validator) = set.by_id(&accused).cloned() else {
        let wanted = format!("a validator of height {about}");
        let field = "evidence.validator";
        return Err(Rejection::new(Code::EvidenceStranger, field, accused, wanted).into());
    };
    if read::reveal(reader, &accused)?.is_some() {
        return Err(known(&accused).into());
    }
    evidence::verify(evidence, &validator).map_err(|error| refused(&error))?;
    let hidden_point = evidence::hidden_point(evidence)
        .ok_or_else(|| Rejection::new(Code::EvidenceShare, "evidence.share_b", "", "opens none"))?;
    Ok(Proven { evidence: evidence.clone(), validator, hidden_point })
}

/// Takes evidence into a block piece by piece: a validator is punished once.
pub(crate) struct Docket<'a> {
    reader: &'a dyn NodeReader,
    chain_id: ChainId,
    height: Height,
    params: &'a Params,
    accused: BTreeSet<ValidatorId>,
}

impl<'a> Docket<'a> {
    pub(crate) const fn new(
        reader: &'a dyn NodeReader,
        chain_id: ChainId,
        height: Height,
        params: &'a Params,
    ) -> Self {
        Self { reader, chain_id, height, params, accused: BTreeSet::new() }
    }

    /// Take one, or say why not.
    pub(crate) fn take(&mut self, evidence: &Evidence) -> Result<Proven, CheckError> {
        if self.accused.contains(&evidence.validator) {
            return Err(known(&evidence.validator).into());
        }
        let proven = check(self.reader, &self.chain_id, self.height, self.params, evidence)?;
        self.accused.insert(evidence.validator);
        Ok(proven)
    }
}

fn known(accused: &ValidatorId) -> Rejection {
    let wanted = "a validator that was not punished yet";
    Rejection::new(Code::EvidenceKnown, "evidence.validator", accused, wanted)
}

fn refused(error: &EvidenceError) -> Rejection {
    let (code, field) = match error {
        EvidenceError::ValueOrder => (Code::EvidenceMalformed, "evidence.value_b"),
        EvidenceError::SameValue => (Code::EvidenceSameValue, "evidence.value_b"),
        EvidenceError::Impossible => (Code::EvidenceStep, "evidence.address.step"),
        EvidenceError::WrongValidator => (Code::EvidenceStranger, "evidence.validator"),
        EvidenceError::Encoding { field } => (Code::EvidenceEncoding, within(field)),
        EvidenceError::Signature { field } => (Code::EvidenceSignature, within(field)),
        EvidenceError::Share { field } => (Code::EvidenceShare, within(field)),
    };
    Rejection::new(code, field, "", error)
}

/// The field of a half, as it is called inside a block.
fn within(field: &str) -> &'static str {
    match field {
        "signature_a" => "evidence.signature_a",
        "signature_b" => "evidence.signature_b",
        "share_a" => "evidence.share_a",
        _ => "evidence.share_b",
    }
}

#[cfg(test)]
mod tests;
