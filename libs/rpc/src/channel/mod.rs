//! Channels: each goes to one server and connects again when it has to.

mod destination;
mod dial;

use std::time::Duration;

pub use tonic::transport::Channel;
use tonic::transport::Endpoint as Settings;

pub use destination::Destination;
use dial::Dial;

use crate::limits::{
    CONNECTION_WINDOW, KEEPALIVE, KEEPALIVE_TIMEOUT, MAX_FRAME, MAX_HEADERS, STREAM_WINDOW,
};
use crate::tls::{Credentials, Security, TlsError};

/// How long TCP and TLS may take to connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why there is no channel.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] TlsError),
    /// The server's name is none that HTTP and TLS know.
    #[error("`{name}` is not a name that can be called: give a host name or an address")]
    Name {
        /// The name.
        name: String,
    },
    /// The server is to be called with TLS and there are no certificates, or the other way.
    #[error("{destination} does not fit the configured security: {advice}")]
    Scheme {
        /// The server.
        destination: String,
        /// What to write.
        advice: &'static str,
    },
    /// The server cannot be reached, or is not who it should be.
    #[error("cannot connect to {destination}")]
    Connect {
        /// The server.
        destination: String,
        /// Why.
        source: tonic::transport::Error,
    },
}

/// Opens channels under one security. Certificates that change on the disk are used by each
/// connection that is made after.
#[derive(Clone)]
pub struct Connector {
    credentials: Option<Credentials>,
}

impl Connector {
    /// Reads the certificates.
    ///
    /// # Errors
    ///
    /// When a file cannot be used.
    pub fn new(security: &Security) -> Result<Self, ConnectError> {
        Ok(Self { credentials: security.credentials()? })
    }

    /// A channel that connects with its first call, and again with the call after a failure.
    /// Generated clients over it are to be [`limited!`](crate::limited). A connection is pinged
    /// after 30 s of silence while streams are open, and given up 20 s later.
    ///
    /// # Errors
    ///
    /// When the destination's name is none, or its scheme does not fit the security.
    pub fn connect_lazy(&self, to: impl Into<Destination>) -> Result<Channel, ConnectError> {
        let (settings, dial) = self.prepare(to.into())?;
        Ok(settings.connect_with_connector_lazy(dial))
    }

    /// A channel that is connected; in 5 s or never.
    ///
    /// # Errors
    ///
    /// As [`connect_lazy`](Self::connect_lazy), and when the connection fails.
    pub async fn connect(&self, to: impl Into<Destination>) -> Result<Channel, ConnectError> {
        let destination = to.into();
        let shown = destination.to_string();
        let (settings, dial) = self.prepare(destination)?;
        let result = settings.connect_with_connector(dial).await;
        result.map_err(|source| ConnectError::Connect { destination: shown, source })
    }

    fn prepare(&self, destination: Destination) -> Result<(Settings, Dial), ConnectError> {
        destination.check(self.credentials.is_none())?;
        let scheme = if self.credentials.is_some() { "https" } else { "http" };
        let name = || ConnectError::Name { name: destination.authority.clone() };
        let origin = format!("{scheme}://{}", destination.authority);
        let origin = origin.parse().map_err(|_| name())?;
        // `http` for tonic: TLS is made in `Dial`, which knows when certificates change.
        let settings = Settings::from_shared(format!("http://{}", destination.authority));
        let settings = settings.map_err(|_| name())?.origin(origin);
        let dial = Dial::new(destination, self.credentials.clone())?;
        Ok((tuned(settings), dial))
    }
}

fn tuned(settings: Settings) -> Settings {
    settings
        .connect_timeout(CONNECT_TIMEOUT)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(MAX_FRAME)
        .http2_max_header_list_size(MAX_HEADERS)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
        .keep_alive_while_idle(false)
}
