//! Double signs: hand one in, read what became of them.

use crate::answer::{Outcome, bad_params, from_state, internal, json, not_found, params};
use crate::context::{Context, with_names};
use crate::request::{Request, SimulateError};
use client::dto::params::{EvidenceBytes, Nothing, OneValidator};
use client::dto::{EvidenceAccepted, Fault, Reveals};
use client::view;
use futures::future::{BoxFuture, FutureExt};
use state::read;
use std::sync::Arc;
use types::Evidence;

/// Largest encoded evidence; one has about 530 bytes.
const MAX_EVIDENCE_BYTES: usize = 4 * 1024;

pub(crate) fn submit(
    context: &Arc<Context>,
    text: &str,
) -> Result<BoxFuture<'static, Outcome>, Fault> {
    let EvidenceBytes { evidence } = params(text)?;
    let pair: Evidence = types::decode("evidence", &evidence.0, MAX_EVIDENCE_BYTES)
        .map_err(|error| bad_params("evidence", &error.to_string(), "evidence in borsh"))?;
    let id = crypto::id::evidence_id(&pair.validator, &pair.address);
    let context = Arc::clone(context);
    Ok(async move {
        let evidence = Box::new(pair);
        match context.ask(|reply| Request::SubmitEvidence { evidence, reply }).await? {
            Ok(()) => json(&EvidenceAccepted { id }),
            Err(SimulateError::Refused(refusal)) => {
                Err(Fault::about(refusal.code, &refusal.field, &refusal.value, &refusal.limit))
            }
            Err(SimulateError::Failed(reason)) => Err(internal("judge evidence", &reason)),
        }
    }
    .boxed())
}

pub(crate) fn list(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let snapshot = context.snapshot()?;
    let held = read::reveals(&snapshot).map_err(from_state)?;
    let reveals = with_names(&snapshot, context.prefix(), |names| {
        held.iter().map(|(_, record)| view::reveal(names, record)).collect()
    });
    json(&Reveals { height: snapshot.tip().height, reveals })
}

pub(crate) fn reveal(context: &Context, text: &str) -> Outcome {
    let OneValidator { id } = params(text)?;
    let validator = context.validator("id", &id)?;
    let snapshot = context.snapshot()?;
    let record = read::reveal(&snapshot, &validator).map_err(from_state)?;
    let record = record.ok_or_else(|| not_found("reveal of validator", &id))?;
    json(&with_names(&snapshot, context.prefix(), |names| view::reveal(names, &record)))
}
