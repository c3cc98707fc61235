//! Listeners: one for data, one for administration, both with health.

mod calls;
mod config;
mod connection;
mod drain;
mod opening;
mod peer;
mod refusals;
mod services;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::causes::causes;
use crate::tls::{Credentials, TlsError};
use calls::Calls;
pub use config::{ConnectionAge, Limits, ServerConfig};
pub use drain::serve_and_drain;
pub use peer::Peer;
use refusals::Refusals;
pub use services::Services;

/// The longest wait after the system could not hand out a connection.
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// Why a listener cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's word.
        source: io::Error,
    },
    /// TLS cannot be set up.
    #[error("cannot set up TLS for {address}")]
    Tls {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: TlsError,
    },
    /// The descriptions of the services are damaged.
    #[error("cannot describe the services: this is a fault of weir, please report it")]
    Reflection(#[source] tonic_reflection::server::Error),
}

/// A bound listener. Connections wait in the system's queue until it serves.
pub struct Server {
    config: ServerConfig,
    credentials: Option<Credentials>,
    listener: TcpListener,
    address: SocketAddr,
}

/// What all connections of a listener share.
struct Shared {
    limits: Limits,
    credentials: Option<Credentials>,
    calls: Calls,
    /// The names of those who may call; all where it is empty.
    callers: Vec<String>,
    slots: Arc<Semaphore>,
    closing: CancellationToken,
    refusals: Arc<Refusals>,
}

impl Server {
    /// Reads the certificates and listens. Plaintext on an address that others can reach is
    /// logged as a warning.
    ///
    /// # Errors
    ///
    /// When the address is taken or not of this host, or when a file cannot be used.
    pub async fn bind(config: ServerConfig) -> Result<Self, ServerError> {
        let address = config.listen;
        let credentials =
            config.security.credentials().map_err(|source| ServerError::Tls { address, source })?;
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|source| ServerError::Bind { address, source })?;
        let local = listener.local_addr();
        let address = local.map_err(|source| ServerError::Bind { address, source })?;
        if credentials.is_none() && !address.ip().is_loopback() {
            tracing::warn!(%address, "plaintext: everybody who reaches this address may call it");
        }
        Ok(Self { config, credentials, listener, address })
    }

    /// The address that is listened on, with the real port where 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` resolves; then nothing new is accepted, all peers are told to go,
    /// and the future ends with the last call. That wait is the caller's to bound: dropping the
    /// future cuts all connections.
    ///
    /// # Errors
    ///
    /// When the services cannot be described.
    pub async fn serve(
        self,
        services: Services,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServerError> {
        let Self { config, credentials, listener, .. } = self;
        let routes = services.into_routes(config.is_admin).map_err(ServerError::Reflection)?;
        let shared = Arc::new(Shared {
            calls: Calls::new(routes, &config.limits),
            callers: config.security.callers(config.is_admin),
            slots: Arc::new(Semaphore::new(config.limits.max_connections)),
            limits: config.limits,
            credentials,
            closing: CancellationToken::new(),
            refusals: Arc::new(Refusals::new()),
        });
        // Dropped with this future: handlers learn that their connections are gone.
        let _closing = shared.closing.clone().drop_guard();
        let mut connections = JoinSet::new();
        accept_until(shutdown, listener, &shared, &mut connections).await;
        shared.closing.cancel();
        while let Some(ended) = connections.join_next().await {
            report(ended);
        }
        Ok(())
    }
}

/// Accepts connections until `shutdown`; the listener is closed after.
async fn accept_until(
    shutdown: impl Future<Output = ()>,
    listener: TcpListener,
    shared: &Arc<Shared>,
    connections: &mut JoinSet<()>,
) {
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return,
            Some(ended) = connections.join_next() => report(ended),
            (stream, address) = accept(&listener) => {
                if let Ok(slot) = Arc::clone(&shared.slots).try_acquire_owned() {
                    let shared = Arc::clone(shared);
                    connections.spawn(async move {
                        connection::run(&shared, stream, address).await;
                        drop(slot);
                    });
                } else {
                    // Closed at once, so that the peer tries elsewhere.
                    shared.refusals.tell(address, "there are too many");
                }
            }
        }
    }
}

/// The next connection. A system that is out of descriptors is asked again, later and later.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut pause = Duration::from_millis(5);
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_the_peer(&error) => {}
            Err(error) => {
                tracing::error!(error = causes(&error), "cannot accept a connection");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(MAX_PAUSE);
            }
        }
    }
}

/// Whether the peer went away before it was accepted.
fn is_of_the_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

fn report(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(error = causes(&error), "the task of a connection ended unexpectedly");
    }
}
