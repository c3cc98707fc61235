//! Which server, as whom, and what of it.

use std::path::PathBuf;
use std::time::Duration;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};

/// The length of the longest namespace, in octets.
const MAX_NAMESPACE_LENGTH: usize = 64;

/// Which server, as whom, and what of it.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// `redis://HOST:PORT/DATABASE`, with TLS `rediss://…`, or `redis+unix:///PATH?db=DATABASE`;
    /// without a password.
    pub url: String,
    /// What all names start with, so that several installations share a server: 1 to 64 letters,
    /// digits, `-`, `_` and `.`. Default: `weir`.
    pub namespace: String,
    /// Of the server's ACL. Default: the one in the URL, or the server's default user.
    pub username: Option<String>,
    /// A file with the password, read for each connection. The end of a line at its end does not
    /// count. Default: no password.
    pub password_file: Option<PathBuf>,
    /// A file with the certificates, in PEM, that the server's must be signed by. Default: those
    /// that the system trusts.
    pub ca_file: Option<PathBuf>,
    /// How long a call takes at most; a call of more than 8 MiB so long for each 8 MiB. More than
    /// nothing. Default: 5 s.
    pub timeout: Duration,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RedisConfigError {
    /// The URL is none of a Redis server. It is not repeated here: it may have a password.
    #[error("the URL of the store is none of a Redis server ({reason}); give redis://HOST:PORT")]
    Url {
        /// What is wrong.
        reason: String,
    },
    /// There is a password in the URL.
    #[error(
        "the URL of the store has a password; put it into a file and name that as password_file"
    )]
    Password,
    /// TLS without verification.
    #[error(
        "the URL of the store turns off the check of the server's certificate; name its ca_file"
    )]
    Insecure,
    /// Certificates, but no TLS.
    #[error("the store has a ca_file, but its URL has no TLS; begin it with rediss://")]
    NoTls,
    /// The namespace cannot be used.
    #[error(
        "the namespace `{namespace}` of the store is not 1 to {MAX_NAMESPACE_LENGTH} letters, \
         digits, `-`, `_` and `.`"
    )]
    Namespace {
        /// The namespace, made printable.
        namespace: String,
    },
    /// There is no time.
    #[error("the timeout of the store is nothing; give a second or more")]
    Timeout,
}

impl RedisConfig {
    /// Everything but the URL as it is by default.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            namespace: "weir".to_owned(),
            username: None,
            password_file: None,
            ca_file: None,
            timeout: Duration::from_secs(5),
        }
    }

    /// The server and the login without its password.
    pub(super) fn parse(&self) -> Result<ConnectionInfo, RedisConfigError> {
        let is_of_namespace =
            |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
        if self.namespace.is_empty()
            || self.namespace.len() > MAX_NAMESPACE_LENGTH
            || !self.namespace.bytes().all(is_of_namespace)
        {
            let namespace = self.namespace.escape_debug().to_string();
            return Err(RedisConfigError::Namespace { namespace });
        }
        if self.timeout.is_zero() {
            return Err(RedisConfigError::Timeout);
        }
        let info = self.url.as_str().into_connection_info();
        let info = info.map_err(|error| RedisConfigError::Url { reason: error.to_string() })?;
        self.check(&info)?;
        let mut login = info.redis_settings().clone();
        if let Some(username) = &self.username {
            login = login.set_username(username);
        }
        Ok(info.set_redis_settings(login))
    }

    fn check(&self, info: &ConnectionInfo) -> Result<(), RedisConfigError> {
        if info.redis_settings().password().is_some() {
            return Err(RedisConfigError::Password);
        }
        match info.addr() {
            ConnectionAddr::TcpTls { insecure: true, .. } => Err(RedisConfigError::Insecure),
            ConnectionAddr::TcpTls { .. } => Ok(()),
            _ if self.ca_file.is_some() => Err(RedisConfigError::NoTls),
            _ => Ok(()),
        }
    }
}
