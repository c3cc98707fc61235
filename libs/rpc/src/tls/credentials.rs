//! The certificates in use. New files take effect on the next connection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::error::TlsError;
use super::files::{CertificateFiles, Contents};
use crate::causes::causes;

/// The shortest time between two looks at the files.
const INTERVAL: Duration = Duration::from_secs(1);

/// The one application protocol: HTTP/2 (RFC 9113 section 3.2).
pub(crate) const ALPN: &[u8] = b"h2";

/// What both ends need for TLS. Each new connection looks at the files, at most once a second:
/// what changed there is used from then on. Files that cannot be used are logged, and the old
/// ones stay in use. Clones share all of it.
#[derive(Clone)]
pub(crate) struct Credentials {
    shared: Arc<Shared>,
}

struct Shared {
    files: CertificateFiles,
    loaded: ArcSwap<Loaded>,
    look: Mutex<Look>,
}

/// The last look at the files.
struct Look {
    at: Instant,
    problem: Option<String>,
}

struct Loaded {
    contents: Contents,
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Credentials {
    pub(super) fn load(files: CertificateFiles) -> Result<Self, TlsError> {
        let loaded = ArcSwap::from_pointee(Loaded::new(&files, files.read()?)?);
        let look = Mutex::new(Look { at: Instant::now(), problem: None });
        Ok(Self { shared: Arc::new(Shared { files, loaded, look }) })
    }

    /// What the end that is called presents and demands.
    pub(crate) async fn server(&self) -> Arc<ServerConfig> {
        self.refresh().await;
        Arc::clone(&self.shared.loaded.load().server)
    }

    /// What the end that calls presents and demands.
    pub(crate) async fn client(&self) -> Arc<ClientConfig> {
        self.refresh().await;
        Arc::clone(&self.shared.loaded.load().client)
    }

    async fn refresh(&self) {
        if !self.shared.is_time() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        if let Err(error) = tokio::task::spawn_blocking(move || shared.look()).await {
            tracing::error!(error = causes(&error), "certificates not read");
        }
    }
}

impl Shared {
    /// Whether the files are due for a look, which is then the caller's to take.
    fn is_time(&self) -> bool {
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        let is_time = look.at.elapsed() >= INTERVAL;
        if is_time {
            look.at = Instant::now();
        }
        is_time
    }

    fn look(&self) {
        let result = self.reload();
        let mut look = self.look.lock().unwrap_or_else(PoisonError::into_inner);
        let problem = result.err().map(|error| causes(&error));
        if let Some(problem) = problem.as_ref().filter(|new| look.problem.as_ref() != Some(new)) {
            tracing::error!(%problem, "certificates changed and cannot be used: the old ones stay");
        }
        look.problem = problem;
    }

    fn reload(&self) -> Result<(), TlsError> {
        let contents = self.files.read()?;
        if contents != self.loaded.load().contents {
            self.loaded.store(Arc::new(Loaded::new(&self.files, contents)?));
            tracing::info!(file = %self.files.certificate_file.display(), "certificates changed");
        }
        Ok(())
    }
}

impl Loaded {
    fn new(files: &CertificateFiles, contents: Contents) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let roots = Arc::new(files.authorities(&contents)?);
        let own = Arc::new(files.own(&contents, &provider)?);
        let server = server_config(files, Arc::clone(&provider), &roots, &own)?;
        let client = client_config(files, provider, roots, own)?;
        Ok(Self { contents, server: Arc::new(server), client: Arc::new(client) })
    }
}

fn server_config(
    files: &CertificateFiles,
    provider: Arc<CryptoProvider>,
    roots: &Arc<RootCertStore>,
    own: &Arc<CertifiedKey>,
) -> Result<ServerConfig, TlsError> {
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(&provider))
            .build()
            .map_err(|source| TlsError::Verifier { path: files.ca_file.clone(), source })?;
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| files.unusable(error))?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(own))));
    config.alpn_protocols = vec![ALPN.to_vec()];
    // Each connection shows its certificate anew: what expired is not resumed.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn client_config(
    files: &CertificateFiles,
    provider: Arc<CryptoProvider>,
    roots: Arc<RootCertStore>,
    own: Arc<CertifiedKey>,
) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| files.unusable(error))?
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}
