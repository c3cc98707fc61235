//! The certificate that browsers are shown. A new one takes effect on the next connection.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::CertificateConfig;

/// The shortest time between two looks at the files.
const INTERVAL: Duration = Duration::from_secs(1);

/// The most octets of a file.
const MAX_FILE: u64 = 1024 * 1024;

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A file holds something else.
    #[error("{} holds no {expected} in PEM form", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// The two do not go together, or cannot be used.
    #[error(
        "the certificate in {} and the key in {} cannot be used: give the pair that was made \
         together",
        certificate.display(),
        key.display()
    )]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// Whether a certificate and its key can be used.
///
/// # Errors
///
/// Why not.
pub fn check_certificate(files: &CertificateConfig) -> Result<(), CertificateError> {
    Certificate::load(files.clone()).map(drop)
}

/// A certificate and its key. Each new connection looks at the files, at most once a second. Files
/// that cannot be used are logged, and the old ones stay in use.
#[derive(Debug)]
pub(super) struct Certificate {
    files: CertificateConfig,
    loaded: Mutex<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    at: Instant,
    contents: Contents,
    server: Arc<ServerConfig>,
    problem: Option<String>,
}

/// What the files hold.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl std::fmt::Debug for Contents {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contents").finish_non_exhaustive()
    }
}

impl Certificate {
    pub(super) fn load(files: CertificateConfig) -> Result<Self, CertificateError> {
        let contents = read(&files)?;
        let server = server_config(&files, &contents)?;
        let loaded = Loaded { at: Instant::now(), contents, server, problem: None };
        Ok(Self { files, loaded: Mutex::new(loaded) })
    }

    /// What a connection is accepted with.
    pub(super) fn server(&self) -> Arc<ServerConfig> {
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        if loaded.at.elapsed() >= INTERVAL {
            loaded.at = Instant::now();
            let problem = self.reload(&mut loaded).err();
            let problem = problem.map(|error| format!("{:#}", anyhow::Error::new(error)));
            if let Some(problem) = problem.as_ref().filter(|it| loaded.problem.as_ref() != Some(it))
            {
                tracing::error!(%problem, "the certificate changed and cannot be used");
            }
            loaded.problem = problem;
        }
        Arc::clone(&loaded.server)
    }

    fn reload(&self, loaded: &mut Loaded) -> Result<(), CertificateError> {
        let contents = read(&self.files)?;
        if contents != loaded.contents {
            loaded.server = server_config(&self.files, &contents)?;
            loaded.contents = contents;
            tracing::info!(file = %self.files.certificate_file.display(), "certificate changed");
        }
        Ok(())
    }
}

fn read(files: &CertificateConfig) -> Result<Contents, CertificateError> {
    let read = |path: &PathBuf| {
        use std::io::Read as _;
        let mut octets = Vec::new();
        let file = std::fs::File::open(path);
        let result = file.and_then(|file| file.take(MAX_FILE).read_to_end(&mut octets));
        let unreadable = |source| CertificateError::Unreadable { path: path.clone(), source };
        result.map(|_| octets).map_err(unreadable)
    };
    Ok(Contents { certificate: read(&files.certificate_file)?, key: read(&files.key_file)? })
}

fn server_config(
    files: &CertificateConfig,
    contents: &Contents,
) -> Result<Arc<ServerConfig>, CertificateError> {
    let CertificateConfig { certificate_file, key_file } = files;
    let missing =
        |path: &PathBuf, expected| CertificateError::Missing { path: path.clone(), expected };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&contents.certificate).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| missing(certificate_file, "certificate"))?;
    let key = PrivateKeyDer::from_pem_slice(&contents.key);
    let key = key.map_err(|_| missing(key_file, "private key"))?;
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = builder.and_then(|it| it.with_no_client_auth().with_single_cert(chain, key));
    let mut config = config.map_err(|source| CertificateError::Unusable {
        certificate: certificate_file.clone(),
        key: key_file.clone(),
        source,
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
