//! What the console is asked to do.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use weir_rpc::endpoints::TargetSource;
use weir_rpc::tls::Security;

/// Everything that the console is asked to do.
#[derive(Clone, Debug)]
pub struct ConsoleConfig {
    /// Where browsers connect.
    pub listen: SocketAddr,
    /// Where health checks connect, over gRPC.
    pub admin_listen: SocketAddr,
    /// How admin listeners are called, and health checks answered.
    pub security: Security,
    /// Whom the console calls.
    pub servers: Servers,
    /// Who may look and change.
    pub access: AccessConfig,
    /// How often it is asked how everything goes.
    pub interval: Duration,
    /// How long answers under way may take after a shutdown is asked for.
    pub grace: Duration,
}

/// Whom the console calls: admin listeners.
#[derive(Clone, Debug)]
pub struct Servers {
    /// `weir discovery`, or `weir run`.
    pub discovery: TargetSource,
    /// The enrichers; a name may stand for any number of them.
    pub enrichers: Vec<TargetSource>,
    /// The exporters.
    pub exporters: Vec<TargetSource>,
}

/// The admin listeners of discovery, enricher and exporter on this host, as they are unless their
/// own sections say otherwise.
pub const SERVERS: [&str; 3] =
    ["http://127.0.0.1:4461", "http://127.0.0.1:4471", "http://127.0.0.1:4481"];

/// Who may look and change, and how browsers reach the console.
#[derive(Clone, Debug)]
pub struct AccessConfig {
    /// The token of who may change things.
    pub admin_token_file: Option<PathBuf>,
    /// The token of who may only look.
    pub viewer_token_file: Option<PathBuf>,
    /// The certificate that browsers are shown; none is plaintext.
    pub certificate: Option<CertificateConfig>,
    /// Proxies that speak TLS with browsers. Nobody else is answered where there are any.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long a session lasts.
    pub sessions: SessionLimits,
}

/// A certificate and its key, in PEM form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateConfig {
    /// The certificate, and those between it and the authority.
    pub certificate_file: PathBuf,
    /// Its key.
    pub key_file: PathBuf,
}

/// How long a session lasts, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request.
    pub idle: Duration,
    /// In all.
    pub lifetime: Duration,
    /// The most sessions; one more ends the one that was used the longest ago.
    pub most: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30 * 60),
            lifetime: Duration::from_secs(12 * 3600),
            most: 256,
        }
    }
}

/// Why the console does not listen where it is asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "others can reach {0}, and tokens would cross the network in plaintext: give certificate_file \
     and key_file, or trusted_proxies, or a loopback address such as 127.0.0.1:4530"
)]
pub struct UnsafeListener(pub SocketAddr);

impl AccessConfig {
    /// Whether tokens and sessions are safe on their way to a console that listens at `listen`.
    ///
    /// # Errors
    ///
    /// When others can read them.
    pub fn check_listener(&self, listen: SocketAddr) -> Result<(), UnsafeListener> {
        let is_safe = listen.ip().is_loopback() || self.is_encrypted();
        if is_safe { Ok(()) } else { Err(UnsafeListener(listen)) }
    }

    /// Whether browsers speak TLS, with the console or with a proxy in front of it.
    pub fn is_encrypted(&self) -> bool {
        self.certificate.is_some() || !self.trusted_proxies.is_empty()
    }
}
