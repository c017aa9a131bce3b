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
    let found = match height {
        Some(height) => context.store().finality(height),
        None => context.store().newest_finality(),
    };
    let (tip, asked) = (context.head().tip, height.unwrap_or(Height::ZERO));
    match found.map_err(from_store)? {
        Some(certificate) => Ok(certificate),
        None if asked > tip => Err(not_yet(&asked, &tip)),
        None => Err(not_found("finality certificate of height", &asked)),
    }
}

/// A proof of a raw key in the state after a final height, the newest if none is given.
pub(crate) fn state(
    context: &Context,
    key: &[u8],
    height: Option<Height>,
) -> Result<(Option<Vec<u8>>, StateProof), Fault> {
    let certificate = certificate(context, height)?;
    let prove = &context.services.prove;
    let proof = prove(certificate.height, key).map_err(|error| match error {
        ProveError::Pruned(oldest) => pruned(&oldest),
        ProveError::NotYet(tip) => not_yet(&certificate.height, &tip),
        ProveError::Failed(reason) => internal("prove", &reason),
    })?;
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
