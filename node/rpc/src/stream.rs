//! Events as server-sent events (HTML Living Standard, section 9.2).

use crate::access::Scope;
use crate::context::Context;
use crate::feed::{Filter, Reader};
use crate::http::{Shared, admit_with, refuse};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use client::dto::{AddressText, Cursor, EventFilter, Fault, Finality};
use futures::stream::unfold;
use serde::Deserialize;
use std::convert::Infallible;
use std::sync::Arc;
use types::Code;

/// What may stand in the query of `/events`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    from: Option<String>,
    #[serde(default)]
    finality: Finality,
    source: Option<AddressText>,
    name: Option<String>,
    account: Option<AddressText>,
}

/// Read a filter's addresses.
pub(crate) fn filter(context: &Context, wanted: &EventFilter) -> Result<Filter, Fault> {
    let address = |field, text: &Option<AddressText>| {
        text.as_ref().map(|text| context.address(field, text)).transpose()
    };
    Ok(Filter {
        source: address("source", &wanted.source)?,
        account: address("account", &wanted.account)?,
        name: wanted.name.clone(),
    })
}

/// `GET /events`: from the cursor in `Last-Event-ID` or `from`, or from now on.
pub(crate) async fn events(
    State(shared): State<Shared>,
    headers: HeaderMap,
    query: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Response {
    if let Err((status, fault)) = admit_with(&shared, &headers, Scope::Read) {
        return refuse(status, &fault);
    }
    let opened = query
        .map_err(|error| Fault::new(Code::BadField, error.to_string()))
        .and_then(|Query(wanted)| open(&shared.context, &headers, wanted));
    let reader = match opened {
        Ok(reader) => reader,
        Err(fault) => return refuse(StatusCode::BAD_REQUEST, &fault),
    };
    let permit = match shared.context.stream_permit() {
        Ok(permit) => permit,
        Err(fault) => return refuse(StatusCode::SERVICE_UNAVAILABLE, &fault),
    };
    let gauge = StreamCount::new(&shared.context);
    // The reader goes from step to step and ends with the stream, and its place with it.
    let steps = unfold(Some((reader, permit, gauge)), |state| async move {
        let (mut reader, permit, gauge) = state?;
        let (event, rest) = match reader.next().await {
            Ok((cursor, json)) => {
                let event = Event::default().id(cursor.to_string()).data(&*json);
                (event, Some((reader, permit, gauge)))
            }
            Err(fault) => {
                let json = serde_json::to_string(&fault).expect("a fault holds texts and numbers");
                (Event::default().event("fault").data(json), None)
            }
        };
        Some((Ok::<_, Infallible>(event), rest))
    });
    let alive = KeepAlive::new().interval(shared.context.limits.ping_time);
    Sse::new(steps).keep_alive(alive).into_response()
}

fn open(context: &Arc<Context>, headers: &HeaderMap, wanted: Wanted) -> Result<Reader, Fault> {
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let from = header.map(str::to_owned).or(wanted.from);
    let from: Option<Cursor> = from.map(|text| text.parse()).transpose().map_err(
        |error: client::dto::event::CursorError| {
            crate::answer::bad_params("from", &error.text, "height:receipt:event")
        },
    )?;
    let names = EventFilter { source: wanted.source, name: wanted.name, account: wanted.account };
    let filter = filter(context, &names)?;
    let (feed, head) = (Arc::clone(&context.feed), context.services.head.clone());
    Ok(Reader::new(feed, head, from, wanted.finality, filter))
}

/// Counts a stream while it lives.
pub(crate) struct StreamCount(Arc<Context>);

impl StreamCount {
    pub(crate) fn new(context: &Arc<Context>) -> Self {
        context.services.metrics.streams.inc();
        Self(Arc::clone(context))
    }
}

impl Drop for StreamCount {
    fn drop(&mut self) {
        self.0.services.metrics.streams.dec();
    }
}
