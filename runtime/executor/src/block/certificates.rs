//! The certificates that a block carries: who decided its parent, and what is final.

use super::Parent;
use super::header::Facts;
use crate::rejection::{CheckError, Rejection};
use crypto::certificate;
use state::{NodeReader, read};
use types::{
    Body, Code, CommitCertificate, FinalityCertificate, Hash, Height, ValidatorId, ValidatorSet,
};

/// Tells whether a ballot's signature and share were verified before, by
/// [`crypto::ballot::cache_key`].
pub(crate) type Known<'a> = &'a dyn Fn(&Hash) -> bool;

/// Check the precommits for the parent; returns who signed them.
///
/// # Errors
/// [`Code::BadCertificate`]: missing above height 1, present at height 1, for another block, or
/// not signed by more than two thirds of V(height − 1).
pub(crate) fn check_last_commit(
    reader: &dyn NodeReader,
    facts: &Facts,
    parent: &Parent,
    body: &Body,
    known: Known<'_>,
) -> Result<Vec<ValidatorId>, CheckError> {
    let first = facts.height == Height(1);
    let Some(commit) = &body.last_commit else {
        let refusal = || bad("last_commit", "none", "the precommits for the parent");
        return if first { Ok(Vec::new()) } else { Err(refusal().into()) };
    };
    if first {
        return Err(bad("last_commit", "some", "none at height 1").into());
    }
    let CommitCertificate { version: _, chain_id, height, round: _, block_id, precommits } = commit;
    if *chain_id != facts.chain_id {
        return Err(bad("last_commit.chain_id", chain_id, facts.chain_id).into());
    }
    let expected = parent.header.height;
    if *height != expected {
        return Err(bad("last_commit.height", height, expected).into());
    }
    if *block_id != parent.block_id {
        return Err(bad("last_commit.block_id", block_id, parent.block_id).into());
    }
    let set = read::validator_set_at(reader, expected)?;
    certificate::verify_commit(commit, &facts.chain_id, &set, known)
        .map_err(|error| bad("last_commit.precommits", "", error))?;
    Ok(precommits.iter().filter_map(|signature| signer(&set, signature.index)).collect())
}

fn signer(set: &ValidatorSet, index: u16) -> Option<ValidatorId> {
    set.get(usize::from(index)).map(|validator| validator.id)
}

/// Check the finality certificate that the body carries, if any, and that the chain carries a
/// young enough one with it. Returns the height of a newer one.
///
/// # Errors
/// [`Code::BadCertificate`] or [`Code::FinalityDue`].
pub(crate) fn check_finality(
    reader: &dyn NodeReader,
    facts: &Facts,
    parent: &Parent,
    body: &Body,
    known: Known<'_>,
) -> Result<Option<Height>, CheckError> {
    let newer = match &body.finality {
        None => None,
        Some(finality) => {
            check_finality_fields(facts, parent, finality)?;
            let set = read::validator_set_at(reader, finality.height)?;
            certificate::verify_finality(finality, &facts.chain_id, &set, known)
                .map_err(|error| bad("finality.seals", "", error))?;
            Some(finality.height)
        }
    };
    let carried = newer.unwrap_or(facts.chain.carried);
    let oldest = facts.height.0.saturating_sub(facts.params.finality_carry_limit);
    if carried.0 < oldest {
        return Err(Rejection::new(Code::FinalityDue, "finality.height", carried, oldest).into());
    }
    Ok(newer)
}

fn check_finality_fields(
    facts: &Facts,
    parent: &Parent,
    finality: &FinalityCertificate,
) -> Result<(), Rejection> {
    let FinalityCertificate {
        version: _,
        chain_id,
        height,
        block_id,
        state_root,
        receipts_root,
        seals: _,
    } = finality;
    if *chain_id != facts.chain_id {
        return Err(bad("finality.chain_id", chain_id, facts.chain_id));
    }
    let (carried, last) = (facts.chain.carried, parent.header.height);
    if *height <= carried || *height > last {
        let expected = format!("above {carried}, at most {last}");
        return Err(bad("finality.height", height, expected));
    }
    if *height < last {
        return Ok(());
    }
    // Of the parent, everything is known. Of earlier blocks the state keeps no ids: a node that
    // has another block or other roots there sees it when it takes the certificate up.
    if *block_id != parent.block_id {
        return Err(bad("finality.block_id", block_id, parent.block_id));
    }
    if *state_root != parent.state_root {
        return Err(bad("finality.state_root", state_root, parent.state_root));
    }
    if *receipts_root != parent.receipts_root {
        return Err(bad("finality.receipts_root", receipts_root, parent.receipts_root));
    }
    Ok(())
}

fn bad(
    field: &'static str,
    value: impl core::fmt::Display,
    expected: impl core::fmt::Display,
) -> Rejection {
    Rejection::new(Code::BadCertificate, field, value, expected)
}
