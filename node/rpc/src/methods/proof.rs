//! Proofs: the certificate of a final height, and paths to its roots.

use crate::answer::{from_store, internal, not_found, not_yet, pruned};
use crate::context::Context;
use crate::request::ProveError;
use client::dto::{Base64, Fault, ReceiptProof, StateProof};
use client::verify::PROOF_VERSION;
use crypto::{id, merkle};
use store::Position;
use types::{FinalityCertificate, Hash, Height};

/// The certificate of exactly this height, or the newest.
pub(crate) fn certificate(
    context: &Context,
    height: Option<Height>,
) -> Result<FinalityCertificate, Fault> {
    let store = context.store();
    let Some(height) = height else {
        let newest = store.newest_finality().map_err(from_store)?;
        return newest.ok_or_else(|| not_found("finality certificate of height", &1));
    };
    if let Some(certificate) = store.finality(height).map_err(from_store)? {
        return Ok(certificate);
    }
    let tip = context.head().tip;
    if height > tip {
        return Err(not_yet(&height, &tip));
    }
    // A height may be final by the certificate of a later one alone; it has no proofs then.
    let below = store.finality_at_or_below(height).map_err(from_store)?;
    let nearest = below.map_or_else(String::new, |below| below.height.to_string());
    let missing = not_found("finality certificate of height", &height);
    Err(missing.with("height", &height.to_string(), &nearest))
}

/// A proof of a raw key in the state after a final height. If none is given: after the newest that
/// can be proven, which has a certificate of its own and a state that the tree knows.
pub(crate) fn state(
    context: &Context,
    key: &[u8],
    height: Option<Height>,
) -> Result<(Option<Vec<u8>>, StateProof), Fault> {
    let mut certificate = certificate(context, height)?;
    let proof = loop {
        match (context.services.prove)(certificate.height, key) {
            Ok(proof) => break proof,
            // Seals may make a height final a moment before its state can be proven here. Each
            // round goes further back, and the first that goes too far back ends it.
            Err(ProveError::NotYet(newest)) if height.is_none() => {
                let below = newest.min(certificate.height.previous());
                let found = context.store().finality_at_or_below(below).map_err(from_store)?;
                certificate = found.ok_or_else(|| not_yet(&certificate.height, &newest))?;
            }
            Err(ProveError::NotYet(tip)) => return Err(not_yet(&certificate.height, &tip)),
            Err(ProveError::Pruned(oldest)) => return Err(pruned(&oldest)),
            Err(ProveError::Failed(reason)) => return Err(internal("prove", &reason)),
        }
    };
    let bytes = Base64(proof.encode());
    let answer = StateProof {
        version: PROOF_VERSION,
        chain_id: certificate.chain_id,
        height: certificate.height,
        proof: bytes,
        certificate: Base64(types::encode(&certificate)),
        steps: Vec::new(),
    };
    Ok((proof.value, answer))
}

/// A proof of a receipt of a final height.
pub(crate) fn receipt(context: &Context, position: Position) -> Result<ReceiptProof, Fault> {
    let certificate = certificate(context, Some(position.height))?;
    let receipts = context.store().receipts(position.height).map_err(from_store)?;
    let receipts = receipts.ok_or_else(|| not_found("block", &position.height))?;
    let hashes: Vec<Hash> = receipts.iter().map(id::receipt_hash).collect();
    let index = position.index as usize;
    let path = merkle::prove(&hashes, index);
    let (Some(receipt), Some(path)) = (receipts.get(index), path) else {
        return Err(not_found("receipt", &position.index));
    };
    Ok(ReceiptProof {
        version: PROOF_VERSION,
        chain_id: certificate.chain_id,
        height: position.height,
        receipt: Base64(types::encode(receipt)),
        index: position.index,
        count: u32::try_from(receipts.len()).unwrap_or(u32::MAX),
        siblings: Base64(path.iter().flat_map(|hash| hash.0).collect()),
        certificate: Base64(types::encode(&certificate)),
        steps: Vec::new(),
    })
}
