//! A new connection, with all that one has to know of its server.

use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use redis::aio::{MultiplexedConnection, PubSub};
use redis::{AsyncConnectionConfig, Client, ConnectionInfo, RedisError, TlsCertificates, cmd};

use super::config::{RedisConfig, RedisConfigError};
use super::warning::{RedisWarning, warnings_in};

/// The format of what this version stores.
pub(super) const FORMAT: &str = "1";

/// Makes connections.
#[derive(Debug)]
pub(super) struct Connector {
    config: RedisConfig,
    info: ConnectionInfo,
    about: String,
    /// The warnings that the log has.
    logged: Mutex<Vec<RedisWarning>>,
}

/// Why there is no connection.
#[derive(Clone, Debug)]
pub(super) enum NoConnection {
    Redis(RedisError),
    /// What is there has another format.
    Format(String),
}

impl From<RedisError> for NoConnection {
    fn from(error: RedisError) -> Self {
        Self::Redis(error)
    }
}

impl Connector {
    pub(super) fn new(config: RedisConfig, info: ConnectionInfo, about: String) -> Self {
        Self { config, info, about, logged: Mutex::default() }
    }

    pub(super) fn timeout(&self) -> Duration {
        self.config.timeout
    }

    pub(super) fn server(&self) -> String {
        self.info.addr().to_string()
    }

    /// A connection for calls, to a server whose state this version knows.
    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, NoConnection> {
        // Less than a call may take: who waits for the connection is told why there is none.
        let connecting = tokio::time::timeout(self.config.timeout / 2, self.connect_for_calls());
        connecting.await.map_err(|_| timed_out("connecting took too long"))?
    }

    async fn connect_for_calls(&self) -> Result<MultiplexedConnection, NoConnection> {
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let client = self.client().await?;
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut format = cmd("HGET");
        format.arg(&self.about).arg("format");
        match format.query_async::<Option<String>>(&mut connection).await? {
            Some(format) if format != FORMAT => Err(NoConnection::Format(format)),
            _ => {
                self.log_warnings(&mut connection).await;
                Ok(connection)
            }
        }
    }

    /// Logs what is new since the last connection.
    async fn log_warnings(&self, connection: &mut MultiplexedConnection) {
        // A user who may not ask is told nothing.
        let info = cmd("INFO").query_async::<String>(connection).await;
        let warnings = info.map(|info| warnings_in(&info)).unwrap_or_default();
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in warnings.iter().filter(|warning| !logged.contains(warning)) {
            let server = self.server();
            tracing::warn!(server, %warning, "the state in the Redis server is in danger");
        }
        *logged = warnings;
    }

    /// A connection for messages.
    pub(super) async fn subscribe(&self, channel: &str) -> Result<PubSub, RedisError> {
        let subscribing = tokio::time::timeout(self.config.timeout, async {
            let mut messages = self.client().await?.get_async_pubsub().await?;
            messages.subscribe(channel).await?;
            Ok(messages)
        });
        subscribing.await.map_err(|_| timed_out("subscribing took too long"))?
    }

    /// The server and the login, with the password and the certificates that the files have now.
    async fn client(&self) -> Result<Client, RedisError> {
        let mut info = self.info.clone();
        if let Some(path) = &self.config.password_file {
            let password = String::from_utf8(read(path).await?)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
            let password = password.strip_suffix('\n').unwrap_or(&password);
            let password = password.strip_suffix('\r').unwrap_or(password);
            let login = info.redis_settings().clone().set_password(password);
            info = info.set_redis_settings(login);
        }
        match &self.config.ca_file {
            None => Client::open(info),
            Some(path) => {
                let root_cert = Some(read(path).await?);
                Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert })
            }
        }
    }
}

/// The database that a URL names.
pub(super) fn parse(config: &RedisConfig) -> Result<(ConnectionInfo, i64), RedisConfigError> {
    let info = config.parse()?;
    let database = info.redis_settings().db();
    Ok((info, database))
}

async fn read(path: &Path) -> io::Result<Vec<u8>> {
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("{} cannot be read: {error}", path.display()))
    };
    tokio::fs::read(path).await.map_err(named)
}

pub(super) fn timed_out(what: &'static str) -> RedisError {
    io::Error::new(io::ErrorKind::TimedOut, what).into()
}
