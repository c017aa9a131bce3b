//! Listen, accept within bounds, and serve each connection until it ends or the node does.

use crate::access::{Access, Scopes};
use crate::config::{Config, Identity, Listener};
use crate::context::Context;
use crate::error::RpcError;
use crate::http::{self, Shared};
use crate::request::Services;
use crate::socket::Socket;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto::ring, version};
use tracing::{debug, info, warn};

/// Largest head of a request. Unit: bytes.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How long to wait after the system gave no connection: it has no file left to give.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Longest that telling a client "too many connections" may take.
const GOODBYE: Duration = Duration::from_millis(100);
/// Most clients that are being told so at a time; further ones are closed without a word.
const MAX_GOODBYES: usize = 64;

/// A running server. It stops taking connections when it is dropped, and closes those it has as
/// soon as their answers are sent.
#[derive(Debug)]
pub struct Server {
    /// Where the public listener is.
    pub public: SocketAddr,
    /// Where the operator's listener is.
    pub admin: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    listeners: Option<JoinSet<()>>,
}

impl Server {
    /// Stop, and wait until every connection is closed.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if let Some(mut listeners) = self.listeners.take() {
            while listeners.join_next().await.is_some() {}
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
        // The listeners end by themselves; dropping the set would cut answers off.
        if let Some(mut listeners) = self.listeners.take() {
            listeners.detach_all();
        }
    }
}

/// Serve.
///
/// # Errors
/// [`RpcError`] if a listener may not be served so, or cannot be.
pub async fn serve(config: Config, services: Services) -> Result<Server, RpcError> {
    config.public.check()?;
    let context = Context::new(services, config.limits);
    let (stop, stopping) = watch::channel(false);
    let mut listeners = JoinSet::new();
    let public = bind(&config.public, Scopes::PUBLIC, http::public, &context).await?;
    let public_address = public.address;
    listeners.spawn(public.run(stopping.clone()));
    let mut admin_address = None;
    if let Some(listener) = &config.admin {
        listener.check()?;
        let admin = bind(listener, Scopes::ALL, http::admin, &context).await?;
        admin_address = Some(admin.address);
        listeners.spawn(admin.run(stopping));
    }
    info!(%public_address, ?admin_address, "serving");
    Ok(Server { public: public_address, admin: admin_address, stop, listeners: Some(listeners) })
}

/// A bound listener.
struct Bound {
    address: SocketAddr,
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    context: Arc<Context>,
}

async fn bind(
    listener: &Listener,
    serves: Scopes,
    router: fn(Shared) -> Router,
    context: &Arc<Context>,
) -> Result<Bound, RpcError> {
    let address = listener.address;
    let failed = |source| RpcError::Listen { address, source };
    let tls = listener.identity.as_ref().map(|identity| acceptor(address, identity)).transpose()?;
    let socket = TcpListener::bind(address).await.map_err(failed)?;
    let access = Arc::new(Access::new(listener, serves));
    let shared = Shared { context: Arc::clone(context), access };
    Ok(Bound {
        address: socket.local_addr().map_err(failed)?,
        socket,
        tls,
        router: router(shared),
        context: Arc::clone(context),
    })
}

fn acceptor(address: SocketAddr, identity: &Identity) -> Result<TlsAcceptor, RpcError> {
    let bad = |reason: String| RpcError::Identity { address, reason };
    let chain = CertificateDer::pem_slice_iter(&identity.chain_pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| bad(error.to_string()))?;
    let key =
        PrivateKeyDer::from_pem_slice(&identity.key_pem).map_err(|error| bad(error.to_string()))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .map_err(|error| bad(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| bad(error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl Bound {
    async fn run(self, mut stopping: watch::Receiver<bool>) {
        let limits = &self.context.limits;
        let slots = Arc::new(Semaphore::new(limits.connections));
        let goodbyes = Arc::new(Semaphore::new(MAX_GOODBYES));
        let metrics = &self.context.services.metrics;
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                _ = stopping.wait_for(|stop| *stop) => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
            };
            let socket = match accepted {
                Ok((socket, _)) => socket,
                Err(error) => {
                    warn!(%error, "no connection can be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                metrics.refused_connections.inc();
                if let Ok(permit) = Arc::clone(&goodbyes).try_acquire_owned() {
                    let secure = self.tls.is_some();
                    connections.spawn(async move {
                        say_goodbye(socket, secure).await;
                        drop(permit);
                    });
                }
                continue;
            };
            let (tls, router) = (self.tls.clone(), self.router.clone());
            let (context, stopping) = (Arc::clone(&self.context), stopping.clone());
            connections.spawn(async move {
                context.services.metrics.connections.inc();
                connection(socket, tls, router, &context, stopping).await;
                context.services.metrics.connections.dec();
                drop(slot);
            });
        }
        // Streams and slow answers get this long; what is left then is cut off with the set.
        let ending = async { while connections.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(limits.write_time, ending).await;
    }
}

/// Tell a client that there are too many, as well as can be done in no time.
async fn say_goodbye(mut socket: TcpStream, secure: bool) {
    const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\
        content-length: 0\r\nretry-after: 1\r\n\r\n";
    if !secure {
        let sent = async {
            socket.write_all(ANSWER).await?;
            socket.shutdown().await
        };
        // Whether it arrives or not, the connection ends here.
        let _ = tokio::time::timeout(GOODBYE, sent).await;
    }
}

async fn connection(
    socket: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    context: &Context,
    stopping: watch::Receiver<bool>,
) {
    // Answers are small and waited for.
    if let Err(error) = socket.set_nodelay(true) {
        debug!(%error, "a connection is gone");
        return;
    }
    let limits = &context.limits;
    let socket = Socket::new(socket, limits.write_time);
    match tls {
        None => exchange(socket, router, context, stopping).await,
        Some(tls) => match tokio::time::timeout(limits.body_time, tls.accept(socket)).await {
            Ok(Ok(socket)) => exchange(socket, router, context, stopping).await,
            Ok(Err(error)) => debug!(%error, "a TLS handshake failed"),
            Err(_) => debug!("a TLS handshake took too long"),
        },
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    socket: S,
    router: Router,
    context: &Context,
    mut stopping: watch::Receiver<bool>,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(context.limits.header_time)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), TowerToHyperService::new(router))
        .with_upgrades();
    tokio::pin!(connection);
    let told_to_stop = async move { stopping.wait_for(|stop| *stop).await.is_ok() };
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        _ = told_to_stop => None,
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        debug!(%error, "a connection ended early");
    }
}
