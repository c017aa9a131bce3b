//! The node itself: consensus, pool, peers, and what its operator may do.

use crate::answer::{Outcome, bad_params, internal, json, params};
use crate::context::Context;
use crate::openrpc;
use crate::request::{ConsensusStatus, Head, Request};
use client::dto::params::{LogLevel, Nothing};
use client::dto::{AddressText, Consensus, Fault, Number, StepPower};
use client::view;
use futures::future::{BoxFuture, FutureExt};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use types::{Step, ValidatorId};

/// A round that lasts longer than this is worth an explanation. Unit: ms.
const LONG_ROUND_MS: u64 = 5_000;

pub(crate) fn consensus(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let status = Arc::clone(&context.services.consensus.borrow());
    let head = context.head();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let now = u64::try_from(now).unwrap_or(u64::MAX);
    let waiting_ms = now.saturating_sub(status.since_ms.0);
    let name = |id: &ValidatorId| AddressText::validator(context.prefix(), id);
    let names = |ids: &[ValidatorId]| ids.iter().map(name).collect::<Vec<_>>();
    let votes = status.votes.iter().map(|votes| StepPower {
        step: view::step_name(votes.step).to_owned(),
        power: votes.power,
        missing: names(&votes.missing),
    });
    json(&Consensus {
        height: status.height,
        round: status.round.0,
        step: status.step.map_or("waiting", view::step_name).to_owned(),
        since_ms: status.since_ms,
        waiting_ms,
        proposer: status.proposer.as_ref().map(name),
        power_total: status.power_total,
        power_needed: view::quorum_power(status.power_total),
        power_present: status.power_present,
        unconnected: names(&status.unconnected),
        votes: votes.collect(),
        finalized: head.finalized,
        alarm: status.alarm.map(Number),
        abstentions: status.abstentions,
        diagnosis: diagnose(&status, &head, waiting_ms, &name),
    })
}

/// Why the chain stands still, if it does, in one sentence.
fn diagnose(
    status: &ConsensusStatus,
    head: &Head,
    waiting_ms: u64,
    name: &dyn Fn(&ValidatorId) -> AddressText,
) -> String {
    let list = |ids: &[ValidatorId]| ids.iter().map(|id| name(id).0).collect::<Vec<_>>().join(", ");
    let needed = view::quorum_power(status.power_total);
    if let Some(height) = status.alarm {
        return format!("more than a third sealed other roots than this node at height {height}");
    }
    if let Some(sync) = &head.sync {
        return sync.describe(head.tip);
    }
    if status.power_present < needed {
        return format!(
            "power {} of {} answers, {needed} is needed; absent: {}",
            status.power_present,
            status.power_total,
            list(&status.unconnected),
        );
    }
    let lacking = status.votes.iter().find(|votes| votes.power < needed);
    match (status.step, lacking) {
        (None, _) => "waiting for work or for the idle interval".to_owned(),
        (Some(Step::Proposal), _) if waiting_ms > LONG_ROUND_MS => format!(
            "no proposal for {waiting_ms} ms from {}",
            status.proposer.as_ref().map_or_else(|| "the proposer".to_owned(), |id| name(id).0),
        ),
        (Some(_), Some(votes)) if waiting_ms > LONG_ROUND_MS => format!(
            "{} power {} of {needed} for {waiting_ms} ms; missing: {}",
            view::step_name(votes.step),
            votes.power,
            list(&votes.missing),
        ),
        (Some(_), _) => "running".to_owned(),
    }
}

pub(crate) fn mempool_info(
    context: &Arc<Context>,
    text: &str,
) -> Result<BoxFuture<'static, Outcome>, Fault> {
    let Nothing {} = params(text)?;
    let context = Arc::clone(context);
    Ok(async move { json(&context.ask(|reply| Request::MempoolInfo { reply }).await?) }.boxed())
}

pub(crate) fn net_info(
    context: &Arc<Context>,
    text: &str,
) -> Result<BoxFuture<'static, Outcome>, Fault> {
    let Nothing {} = params(text)?;
    let context = Arc::clone(context);
    Ok(async move { json(&context.ask(|reply| Request::NetInfo { reply }).await?) }.boxed())
}

pub(crate) fn discover(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    json(&openrpc::document(&openrpc::Facts::read(context)?))
}

pub(crate) fn log_filter(context: &Context, text: &str) -> Outcome {
    let LogLevel { filter } = params(text)?;
    (context.services.set_log_filter)(&filter)
        .map_err(|reason| bad_params("filter", &filter, &reason))?;
    json(&true)
}

pub(crate) fn stop(context: &Context, text: &str) -> Outcome {
    let Nothing {} = params(text)?;
    let sent = context.services.requests.try_send(Request::Stop);
    sent.map_err(|error| internal("stop", &error))?;
    json(&true)
}
