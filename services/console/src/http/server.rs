//! Connections of browsers.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use weir_runtime::Shutdown;

use super::browser::{Browser, is_trusted};
use super::tls::{Certificate, CertificateError};
use crate::config::{AccessConfig, UnsafeListener};
use crate::metrics::{Metrics, Refusal};
use crate::view::refused_page;

/// The most connections; one more is closed at once.
const MAX_CONNECTIONS: usize = 256;

/// How long a TLS handshake may take, and the head of a request.
const PATIENCE: Duration = Duration::from_secs(15);

/// The most octets of a request's head.
const MAX_HEAD: usize = 32 * 1024;

/// The pause after a connection that the system could not give.
const PAUSE: Duration = Duration::from_millis(100);

/// Why browsers cannot connect.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenerError {
    /// Tokens would cross the network in plaintext.
    #[error("console.listen: {0}")]
    Unsafe(#[from] UnsafeListener),
    /// The address cannot be listened on.
    #[error("console.listen: cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's word.
        source: io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// A bound listener. Connections wait in the system's queue until it serves.
pub(crate) struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    certificate: Option<Certificate>,
    trusted_proxies: Vec<IpAddr>,
}

/// What all connections share.
struct Shared {
    routes: Router,
    certificate: Option<Certificate>,
    trusted_proxies: Vec<IpAddr>,
    metrics: Arc<Metrics>,
    shutdown: Shutdown,
}

impl Listener {
    /// Listens, where that is safe.
    pub(crate) async fn bind(
        address: SocketAddr,
        access: &AccessConfig,
    ) -> Result<Self, ListenerError> {
        access.check_listener(address)?;
        let certificate = access.certificate.clone().map(Certificate::load).transpose()?;
        let bind = |source| ListenerError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let trusted_proxies = access.trusted_proxies.clone();
        Ok(Self { listener, address, certificate, trusted_proxies })
    }

    /// Where it listens, with the real port where 0 was asked for.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether browsers speak TLS with it.
    pub(crate) fn is_tls(&self) -> bool {
        self.certificate.is_some()
    }

    /// Serves until `shutdown`; ends with the last answer that was under way then.
    pub(crate) async fn serve(self, routes: Router, metrics: Arc<Metrics>, shutdown: Shutdown) {
        let Self { listener, certificate, trusted_proxies, .. } = self;
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let shared = Arc::new(Shared { routes, certificate, trusted_proxies, metrics, shutdown });
        let mut connections = JoinSet::new();
        let mut asked_to_end = pin!(shared.shutdown.requested());
        loop {
            tokio::select! {
                () = &mut asked_to_end => break,
                Some(ended) = connections.join_next() => report(ended),
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => match Arc::clone(&slots).try_acquire_owned() {
                        Ok(slot) => {
                            let shared = Arc::clone(&shared);
                            connections.spawn(async move {
                                shared.connect(stream, peer).await;
                                drop(slot);
                            });
                        }
                        Err(_) => shared.metrics.refused(Refusal::TooMany),
                    },
                    Err(error) => {
                        tracing::debug!(%error, "a connection was not accepted");
                        sleep(PAUSE).await;
                    }
                }
            }
        }
        drop(listener);
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
    }
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "the task of a connection ended unexpectedly");
    }
}

impl Shared {
    async fn connect(&self, stream: TcpStream, peer: SocketAddr) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "TCP_NODELAY not set");
        }
        let Some(certificate) = &self.certificate else {
            return self.answer(stream, peer).await;
        };
        let acceptor = TlsAcceptor::from(certificate.server());
        match timeout(PATIENCE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => self.answer(stream, peer).await,
            Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS handshake"),
            Err(_) => tracing::debug!(%peer, "the TLS handshake was not done in time"),
        }
    }

    async fn answer<I>(&self, io: I, peer: SocketAddr)
    where
        I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let service = service_fn(|request| self.call(request, peer));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).max_buf_size(MAX_HEAD);
        let mut connection = pin!(http.serve_connection(TokioIo::new(io), service));
        let result = tokio::select! {
            result = &mut connection => result,
            () = self.shutdown.requested() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = result {
            tracing::debug!(%peer, %error, "a connection was given up");
        }
    }

    async fn call(
        &self,
        mut request: Request<Incoming>,
        peer: SocketAddr,
    ) -> Result<Response<Body>, Infallible> {
        let is_tls = self.certificate.is_some();
        // Who passes the proxy by would send a token in plaintext.
        let needs_proxy = !self.trusted_proxies.is_empty() && !is_tls;
        if needs_proxy && !is_trusted(peer.ip(), &self.trusted_proxies) {
            self.metrics.refused(Refusal::NotTheProxy);
            return Ok(refused_page(StatusCode::FORBIDDEN, Refusal::NotTheProxy));
        }
        let browser = Browser::of(peer, is_tls, &self.trusted_proxies, request.headers());
        request.extensions_mut().insert(browser);
        self.routes.clone().oneshot(request.map(Body::new)).await
    }
}
