//! The HTTP side: which path does what, and what is turned away before it is read.

use crate::access::{Access, Barred, Scope, Scopes};
use crate::answer::overloaded;
use crate::context::Context;
use crate::request::Request;
use crate::{dispatch, stream, websocket};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use client::dto::Fault;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use types::Code;

/// How long the node's loop may take to say that it lives.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What the handlers of one listener share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) context: Arc<Context>,
    pub(crate) access: Arc<Access>,
}

/// The paths of the public listener.
pub(crate) fn public(shared: Shared) -> Router {
    routes().layer(cors(&shared.access)).layer(CatchPanicLayer::new()).with_state(shared)
}

/// The paths of the operator's listener: those of the public one, and metrics.
pub(crate) fn admin(shared: Shared) -> Router {
    let routes = routes().route("/metrics", get(metrics));
    routes.layer(CatchPanicLayer::new()).with_state(shared)
}

fn routes() -> Router<Shared> {
    Router::new()
        .route("/rpc", post(rpc))
        .route("/ws", get(websocket::upgrade))
        .route("/events", get(stream::events))
        .route("/health", get(health))
        .route("/ready", get(ready))
}

fn cors(access: &Access) -> CorsLayer {
    let origins = access.origins().iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE])
}

/// What the sender of these headers may do, or the status and fault that turn it away.
pub(crate) fn admit(shared: &Shared, headers: &HeaderMap) -> Result<Scopes, (StatusCode, Fault)> {
    shared.access.scopes(headers).map_err(|barred| {
        let status = match barred {
            Barred::Host | Barred::Origin => StatusCode::FORBIDDEN,
            Barred::Token => StatusCode::UNAUTHORIZED,
        };
        (status, Fault::new(Code::Unauthorized, barred.to_string()))
    })
}

/// As [`admit`], for what needs a scope as a whole.
pub(crate) fn admit_with(
    shared: &Shared,
    headers: &HeaderMap,
    scope: Scope,
) -> Result<(), (StatusCode, Fault)> {
    if admit(shared, headers)?.contains(scope) {
        return Ok(());
    }
    let message = format!("a token with the scope {} is needed", scope.name());
    Err((StatusCode::UNAUTHORIZED, Fault::new(Code::Unauthorized, message)))
}

/// An answer that refuses a whole request, as JSON-RPC says it.
pub(crate) fn refuse(status: StatusCode, fault: &Fault) -> Response {
    text(status, dispatch::refuse(None, fault))
}

fn text(status: StatusCode, json: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], json).into_response()
}

async fn rpc(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let scopes = match admit(&shared, &headers) {
        Ok(scopes) => scopes,
        Err((status, fault)) => return refuse(status, &fault),
    };
    let (context, limits) = (&shared.context, &shared.context.limits);
    // Pages can send other types to anywhere without asking first.
    let json = headers
        .get(CONTENT_TYPE)
        .is_none_or(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("application/json")));
    if !json {
        let fault = Fault::about(Code::Malformed, "content-type", "another", "application/json");
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, &fault);
    }
    let limit = limits.body_bytes;
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|length| length.parse().ok()).unwrap_or(limit);
    if announced > limit {
        return too_large(limit);
    }
    let _room = match context.body_permit(announced) {
        Ok(room) => room,
        Err(fault) => return refuse(StatusCode::SERVICE_UNAVAILABLE, &fault),
    };
    match tokio::time::timeout(limits.body_time, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => match dispatch::answer(context, scopes, &bytes).await {
            Some(answer) => text(StatusCode::OK, answer),
            None => StatusCode::NO_CONTENT.into_response(),
        },
        // The length was not announced, and is too much or was never sent in full.
        Ok(Err(_)) => too_large(limit),
        Err(_) => {
            let allowed = limits.body_time.as_millis().to_string();
            let fault = Fault::new(Code::Timeout, "the body did not come in time").with(
                "body time in ms",
                "",
                &allowed,
            );
            refuse(StatusCode::REQUEST_TIMEOUT, &fault)
        }
    }
}

fn too_large(limit: usize) -> Response {
    let fault = Fault::about(Code::TooLarge, "bytes of the body", "more", &limit.to_string());
    refuse(StatusCode::PAYLOAD_TOO_LARGE, &fault)
}

/// Whether the node's loop answers.
async fn health(State(shared): State<Shared>) -> Response {
    let asked = shared.context.ask(|reply| Request::Ping { reply });
    match tokio::time::timeout(HEARTBEAT, asked).await {
        Ok(Ok(())) => text(StatusCode::OK, r#"{"alive":true}"#.to_owned()),
        Ok(Err(_)) | Err(_) => {
            text(StatusCode::SERVICE_UNAVAILABLE, r#"{"alive":false}"#.to_owned())
        }
    }
}

/// Whether the node follows the chain.
async fn ready(State(shared): State<Shared>) -> Response {
    let head = shared.context.head();
    let ready = head.not_ready.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let json = serde_json::json!({
        "ready": ready,
        "not_ready": head.not_ready,
        "tip": head.tip.to_string(),
        "finalized": head.finalized.to_string(),
    });
    text(status, json.to_string())
}

async fn metrics(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    if let Err((status, fault)) = admit_with(&shared, &headers, Scope::Admin) {
        return refuse(status, &fault);
    }
    let context = Arc::clone(&shared.context);
    let collected = tokio::task::spawn_blocking(move || (context.services.metrics_text)());
    match collected.await {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => refuse(StatusCode::SERVICE_UNAVAILABLE, &overloaded("metrics", 1)),
    }
}
