//! From the bytes of a request to the bytes of an answer (JSON-RPC 2.0).

use crate::access::Scopes;
use crate::answer::{INVALID_REQUEST, Outcome, PARSE_ERROR, internal};
use crate::context::Context;
use crate::metrics::CallLabels;
use crate::registry::{self, Handler, METHODS, Method};
use client::dto::Fault;
use futures::FutureExt;
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;
use types::Code;

/// Longest name of a method that an error repeats.
const MAX_SHOWN_NAME: usize = 64;

/// One call as it stands in the request.
#[derive(Deserialize)]
pub(crate) struct Call<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    /// Absent in a notification, which gets no answer.
    #[serde(borrow, default, deserialize_with = "present")]
    pub(crate) id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(crate) method: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(crate) params: Option<&'a RawValue>,
}

/// `null` is an identifier too; only an absent one is none.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(from).map(Some)
}

/// Answer a request: one call or a batch. `None` if there is nothing to answer.
pub(crate) async fn answer(context: &Arc<Context>, scopes: Scopes, body: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(body) {
        Ok(text) => text.trim_ascii_start(),
        Err(error) => return Some(refuse(None, &unreadable(&error))),
    };
    if !text.starts_with('[') {
        return one(context, scopes, text).await;
    }
    let calls = match read_batch(text, context.limits.batch_calls) {
        Ok(calls) => calls,
        Err(fault) => return Some(refuse(None, &fault)),
    };
    let mut answers = Vec::with_capacity(calls.len());
    for call in calls {
        answers.extend(one(context, scopes, call.get()).await);
    }
    (!answers.is_empty()).then(|| format!("[{}]", answers.join(",")))
}

/// Answer one call.
async fn one(context: &Arc<Context>, scopes: Scopes, text: &str) -> Option<String> {
    let call = match read_call(text) {
        Ok(call) => call,
        Err(fault) => return Some(refuse(None, &fault)),
    };
    let outcome = perform(context, scopes, &call).await;
    let id = call.id?;
    Some(match outcome {
        Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
        Err(fault) => refuse(Some(id), &fault),
    })
}

/// Read one call.
///
/// # Errors
/// The fault to answer, without an identifier.
pub(crate) fn read_call(text: &str) -> Result<Call<'_>, Fault> {
    let invalid = |reason: &str| Fault::new(Code::Malformed, reason).numbered(INVALID_REQUEST);
    let call: Call<'_> = serde_json::from_str(text).map_err(|error| match error.classify() {
        // It is JSON, but no call.
        serde_json::error::Category::Data => invalid(&format!("no JSON-RPC call: {error}")),
        _ => unreadable(&error),
    })?;
    // A list of the right length would be read as the fields in order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(invalid("a call is an object"));
    }
    if call.jsonrpc != "2.0" {
        return Err(invalid("jsonrpc is not \"2.0\""));
    }
    if call.id.is_some_and(|id| id.get().starts_with(['{', '[', 't', 'f'])) {
        return Err(invalid("an identifier is a string, a number or null"));
    }
    Ok(call)
}

fn unreadable(error: &dyn fmt::Display) -> Fault {
    Fault::new(Code::Malformed, format!("no JSON: {error}")).numbered(PARSE_ERROR)
}

/// The calls of a batch; no more than allowed are kept or looked at.
fn read_batch(text: &str, limit: usize) -> Result<Vec<&RawValue>, Fault> {
    let mut calls = Vec::new();
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_seq(BatchVisitor { calls: &mut calls, limit });
    if calls.len() > limit {
        let fault = Fault::about(Code::TooLarge, "calls of a batch", "more", &limit.to_string());
        return Err(fault.numbered(INVALID_REQUEST));
    }
    read.and_then(|()| reader.end()).map_err(|error| unreadable(&error))?;
    if calls.is_empty() {
        return Err(Fault::new(Code::Malformed, "an empty batch").numbered(INVALID_REQUEST));
    }
    Ok(calls)
}

/// Collects calls, and stops reading at the first one above the limit.
struct BatchVisitor<'a, 'de> {
    calls: &'a mut Vec<&'de RawValue>,
    limit: usize,
}

impl<'de> Visitor<'de> for BatchVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of calls")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while self.calls.len() <= self.limit
            && let Some(call) = list.next_element()?
        {
            self.calls.push(call);
        }
        Ok(())
    }
}

/// Find the method and carry it out, within its bounds; a panic of ours is a fault, not an end.
pub(crate) async fn perform(context: &Arc<Context>, scopes: Scopes, call: &Call<'_>) -> Outcome {
    let started = Instant::now();
    let (name, outcome) = match find(&call.method, scopes) {
        Err((name, fault)) => (name, Err(fault)),
        Ok(method) => {
            let params = call.params.map_or("{}", RawValue::get);
            let run = AssertUnwindSafe(run(context, method, params)).catch_unwind();
            let outcome = run.await.unwrap_or_else(|_| {
                context.services.metrics.panics.inc();
                Err(internal("carry out a call", &method.name))
            });
            (method.name, outcome)
        }
    };
    let code = match &outcome {
        Ok(_) => Code::Ok,
        Err(fault) => fault.registry_code().unwrap_or(Code::Internal),
    };
    let labels = CallLabels { method: name, code: code.name() };
    context.services.metrics.calls.get_or_create(&labels).inc();
    context.services.metrics.seconds.observe(started.elapsed().as_secs_f64());
    outcome
}

/// The method of this name, if the caller may call it; else a name to count it under, and the
/// fault.
pub(crate) fn find(name: &str, scopes: Scopes) -> Result<&'static Method, (&'static str, Fault)> {
    let Some(method) = registry::find(name) else {
        return Err(("unknown", unknown(name)));
    };
    if scopes.contains(method.scope) {
        return Ok(method);
    }
    let scope = method.scope.name();
    let message = format!("{} needs a token with the scope {scope}", method.name);
    let fault = Fault::new(Code::Unauthorized, message).with("scope", "", scope);
    Err((method.name, fault))
}

fn unknown(name: &str) -> Fault {
    let shown: String = name.chars().take(MAX_SHOWN_NAME).collect();
    let distance = |method: &&Method| strsim::damerau_levenshtein(&shown, method.name);
    let nearest = METHODS.iter().min_by_key(distance).map_or("", |method| method.name);
    let message = format!("no method {shown:?}; the nearest is {nearest}");
    Fault::new(Code::UnknownMethod, message).with("method", &shown, nearest)
}

async fn run(context: &Arc<Context>, method: &'static Method, params: &str) -> Outcome {
    match method.handler {
        Handler::Quick(handler) => {
            let _permit = context.call_permit()?;
            handler(context, params)
        }
        Handler::Asking(handler) => {
            let _permit = context.call_permit()?;
            in_time(context, handler(context, params)?).await
        }
        Handler::Heavy(handler) => {
            let _permit = context.call_permit()?;
            in_time(context, heavy(context, handler, params.to_owned())).await
        }
        Handler::Waiting(handler) => {
            let _permit = context.submission_permit()?;
            handler(context, params)?.await
        }
        Handler::Stream => {
            let message = format!("{} needs a WebSocket: GET /ws", method.name);
            Err(Fault::new(Code::BadField, message).numbered(INVALID_REQUEST))
        }
    }
}

/// Carry out on a thread of its own. The permit goes with the thread: a caller that gives up does
/// not free it.
async fn heavy(
    context: &Arc<Context>,
    handler: fn(&Context, &str) -> Outcome,
    params: String,
) -> Outcome {
    let permit = context.heavy_permit().await?;
    let context = Arc::clone(context);
    let work = tokio::task::spawn_blocking(move || {
        let outcome = handler(&context, &params);
        drop(permit);
        outcome
    });
    work.await.unwrap_or_else(|error| Err(internal("carry out a call", &error)))
}

async fn in_time(context: &Context, work: impl Future<Output = Outcome>) -> Outcome {
    let allowed = context.limits.call_time;
    tokio::time::timeout(allowed, work).await.unwrap_or_else(|_| {
        let limit = allowed.as_millis().to_string();
        let message = format!("no answer within {limit} ms");
        Err(Fault::new(Code::Timeout, message).with("time in ms", "", &limit))
    })
}

#[derive(Serialize)]
struct Refused<'a> {
    jsonrpc: &'static str,
    id: Option<&'a RawValue>,
    error: &'a Fault,
}

/// The answer that refuses a call.
pub(crate) fn refuse(id: Option<&RawValue>, fault: &Fault) -> String {
    let answer = Refused { jsonrpc: "2.0", id, error: fault };
    serde_json::to_string(&answer).expect("a fault holds texts and numbers")
}
