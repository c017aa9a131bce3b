//! JSON-RPC over a WebSocket, with subscriptions.
//!
//! One task reads calls and carries them out, a bounded number at a time; each subscription is a
//! task that puts items into one bounded queue; one task writes. A client that does not read fills
//! the queue, and is disconnected when nothing moves for the write time.

use crate::access::Scopes;
use crate::answer::{Outcome, bad_params, json, params};
use crate::context::Context;
use crate::dispatch::{self, Call};
use crate::feed::Reader;
use crate::http::{Shared, admit, refuse};
use crate::stream::{StreamCount, filter};
use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use client::dto::Fault;
use client::dto::params::{Subscribe, Unsubscribe};
use client::events::Subscribed;
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, SplitSink, StreamExt};
use futures::{FutureExt, SinkExt};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tracing::debug;
use types::Code;

/// `GET /ws`.
pub(crate) async fn upgrade(
    State(shared): State<Shared>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let scopes = match admit(&shared, &headers) {
        Ok(scopes) => scopes,
        Err((status, fault)) => return refuse(status, &fault),
    };
    let context = Arc::clone(&shared.context);
    let permit = match context.stream_permit() {
        Ok(permit) => permit,
        Err(fault) => return refuse(StatusCode::SERVICE_UNAVAILABLE, &fault),
    };
    let limit = context.limits.body_bytes;
    upgrade.max_message_size(limit).max_frame_size(limit).on_upgrade(move |socket| async move {
        let count = StreamCount::new(&context);
        Connection::new(context, scopes).run(socket).await;
        drop((permit, count));
    })
}

/// One client.
struct Connection {
    context: Arc<Context>,
    scopes: Scopes,
    queue: mpsc::Sender<String>,
    outgoing: Option<mpsc::Receiver<String>>,
    /// Ends all of them when it is dropped.
    streams: JoinSet<()>,
    subscriptions: BTreeMap<u64, AbortHandle>,
    next_subscription: u64,
}

impl Connection {
    fn new(context: Arc<Context>, scopes: Scopes) -> Self {
        let (queue, outgoing) = mpsc::channel(context.limits.queue);
        Self {
            context,
            scopes,
            queue,
            outgoing: Some(outgoing),
            streams: JoinSet::new(),
            subscriptions: BTreeMap::new(),
            next_subscription: 1,
        }
    }

    async fn run(mut self, socket: WebSocket) {
        let (sink, mut incoming) = socket.split();
        let outgoing = self.outgoing.take().expect("a connection runs once");
        let mut writer = JoinSet::new();
        writer.spawn(write(Arc::clone(&self.context), sink, outgoing));
        let mut calls: FuturesUnordered<BoxFuture<'static, Option<String>>> =
            FuturesUnordered::new();
        loop {
            let room = calls.len() < self.context.limits.socket_calls;
            tokio::select! {
                // The client does not read, or is gone.
                _ = writer.join_next() => return,
                Some(answer) = calls.next(), if !calls.is_empty() => {
                    if !self.put(answer).await {
                        return;
                    }
                }
                message = incoming.next(), if room => match message {
                    Some(Ok(Message::Text(text))) => {
                        if let Some(answer) = self.take(text.as_str(), &calls)
                            && !self.put(answer).await
                        {
                            return;
                        }
                    }
                    Some(Ok(Message::Binary(_))) => {
                        let fault = Fault::new(Code::Malformed, "calls are text");
                        if !self.put(Some(dispatch::refuse(None, &fault))).await {
                            return;
                        }
                    }
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                },
            }
        }
    }

    /// Begin a call; those about streams are answered at once.
    fn take(
        &mut self,
        text: &str,
        calls: &FuturesUnordered<BoxFuture<'static, Option<String>>>,
    ) -> Option<Option<String>> {
        if let Ok(call) = dispatch::read_call(text)
            && matches!(&*call.method, "events_subscribe" | "events_unsubscribe")
        {
            let outcome = self.stream_call(&call);
            let id = call.id?;
            return Some(Some(match outcome {
                Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
                Err(fault) => dispatch::refuse(Some(id), &fault),
            }));
        }
        let (context, scopes, text) = (Arc::clone(&self.context), self.scopes, text.to_owned());
        let call = async move { dispatch::answer(&context, scopes, text.as_bytes()).await };
        calls.push(call.boxed());
        None
    }

    /// Put an answer into the queue; `false` if the client does not take it.
    async fn put(&self, answer: Option<String>) -> bool {
        let Some(answer) = answer else { return true };
        self.queue.send_timeout(answer, self.context.limits.write_time).await.is_ok()
    }

    fn stream_call(&mut self, call: &Call<'_>) -> Outcome {
        let method = dispatch::find(&call.method, self.scopes).map_err(|(_, fault)| fault)?;
        let text = call.params.map_or("{}", serde_json::value::RawValue::get);
        match method.name {
            "events_subscribe" => self.subscribe(text),
            _ => {
                let Unsubscribe { subscription } = params(text)?;
                let ended = self.subscriptions.remove(&subscription);
                ended.as_ref().inspect(|stream| stream.abort());
                json(&ended.is_some())
            }
        }
    }

    fn subscribe(&mut self, text: &str) -> Outcome {
        let Subscribe { from, finality, filter: wanted } = params(text)?;
        self.subscriptions.retain(|_, stream| !stream.is_finished());
        let limit = self.context.limits.subscriptions;
        if self.subscriptions.len() >= limit {
            let count = self.subscriptions.len().to_string();
            return Err(bad_params("subscriptions", &count, &format!("up to {limit}")));
        }
        let filter = filter(&self.context, &wanted)?;
        let (feed, head) = (Arc::clone(&self.context.feed), self.context.services.head.clone());
        let reader = Reader::new(feed, head, from, finality, filter);
        let subscription = self.next_subscription;
        self.next_subscription += 1;
        let answer = Subscribed {
            subscription,
            from: reader.cursor(),
            chain_id: self.context.services.chain.chain_id,
        };
        let queue = self.queue.clone();
        let stream = self.streams.spawn(follow(reader, subscription, queue));
        self.subscriptions.insert(subscription, stream);
        json(&answer)
    }
}

/// Put the items of a stream into the queue until it ends.
async fn follow(mut reader: Reader, subscription: u64, queue: mpsc::Sender<String>) {
    loop {
        let (field, json, ended) = match reader.next().await {
            Ok((_, json)) => ("result", String::from(json), false),
            Err(fault) => {
                let json = serde_json::to_string(&fault).expect("a fault holds texts and numbers");
                ("error", json, true)
            }
        };
        let params = format!(r#"{{"subscription":{subscription},"{field}":{json}}}"#);
        let news = format!(r#"{{"jsonrpc":"2.0","method":"events","params":{params}}}"#);
        // The writer ends the connection if nothing moves; until then there is room some time.
        if queue.send(news).await.is_err() || ended {
            return;
        }
        // Many items that are at hand must not keep others from their turn.
        tokio::task::consume_budget().await;
    }
}

/// Write what is in the queue, and a ping when it is quiet.
async fn write(
    context: Arc<Context>,
    mut sink: SplitSink<WebSocket, Message>,
    mut outgoing: mpsc::Receiver<String>,
) {
    let limits = &context.limits;
    loop {
        let message = match tokio::time::timeout(limits.ping_time, outgoing.recv()).await {
            Ok(Some(text)) => Message::Text(text.into()),
            Ok(None) => return,
            Err(_) => Message::Ping(axum::body::Bytes::new()),
        };
        match tokio::time::timeout(limits.write_time, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                debug!(%error, "a WebSocket is gone");
                return;
            }
            Err(_) => {
                context.services.metrics.slow_streams.inc();
                return;
            }
        }
    }
}
