//! How peers are verified under TLS, and how weir shows itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};

/// How a peer is verified, and how weir shows itself. Files are PEM and are read for each new
/// connection, so that renewed ones are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// The authorities that may have signed the peer's certificate; the system's when `None`.
    pub ca_file: Option<PathBuf>,
    /// weir's own certificate, the chain behind it.
    pub certificate_file: Option<PathBuf>,
    /// The certificate's key.
    pub key_file: Option<PathBuf>,
    /// The DNS name or IP address that the peer's certificate must be for; the host of its
    /// address when `None`.
    pub server_name: Option<String>,
}

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is no PEM.
    #[error("cannot read {what} from {}", path.display())]
    File {
        /// What should be in it.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// A file of certificates has none.
    #[error("there is no certificate in {}", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The system trusts nobody.
    #[error("the system has no certificates of authorities: name a file with some")]
    NoRoots,
    /// One file without the other.
    #[error("a certificate needs its key, and a key its certificate: give both files")]
    Half,
    /// The name that a certificate should be for is none.
    #[error("`{name}` is neither a DNS name nor an IP address")]
    ServerName {
        /// What was given.
        name: String,
    },
    /// A certificate or key is of no use.
    #[error("certificates or key are refused")]
    Refused(#[from] rustls::Error),
}

impl TlsConfig {
    /// Whether nothing is configured.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Reads all files and checks the name, without a connection.
    ///
    /// # Errors
    ///
    /// What a connection would end with.
    pub fn check(&self) -> Result<(), TlsError> {
        if let Some(name) = &self.server_name {
            self.server_name(name)?;
        }
        self.client().map(drop)
    }

    /// What a connection is made with: all files are read.
    pub(crate) fn client(&self) -> Result<ClientConfig, TlsError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(self.roots()?);
        match (&self.certificate_file, &self.key_file) {
            (None, None) => Ok(builder.with_no_client_auth()),
            (Some(certificate), Some(key)) => {
                let chain = certificates("a certificate", certificate)?;
                let key = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::File {
                    what: "a key",
                    path: key.clone(),
                    source,
                })?;
                Ok(builder.with_client_auth_cert(chain, key)?)
            }
            _ => Err(TlsError::Half),
        }
    }

    fn roots(&self) -> Result<RootCertStore, TlsError> {
        let mut roots = RootCertStore::empty();
        match &self.ca_file {
            Some(path) => {
                for certificate in certificates("certificates of authorities", path)? {
                    roots.add(certificate)?;
                }
            }
            // Systems have certificates that are no use any more: one good one will do.
            None => {
                let system = rustls_native_certs::load_native_certs().certs;
                let (added, _) = roots.add_parsable_certificates(system);
                if added == 0 {
                    return Err(TlsError::NoRoots);
                }
            }
        }
        Ok(roots)
    }

    /// What the peer's certificate must be for, where it is reached as `host`.
    pub(crate) fn server_name(&self, host: &str) -> Result<ServerName<'static>, TlsError> {
        let name = self.server_name.as_deref().unwrap_or(host).to_owned();
        ServerName::try_from(name.clone()).map_err(|_| TlsError::ServerName { name })
    }
}

/// Whether a certificate can be for `name`: a DNS name or an IP address.
pub fn is_server_name(name: &str) -> bool {
    ServerName::try_from(name).is_ok()
}

fn certificates(what: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |source| TlsError::File { what, path: path.to_owned(), source };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(failed)?.collect();
    match found.map_err(failed)? {
        none if none.is_empty() => Err(TlsError::NoCertificate { path: path.to_owned() }),
        found => Ok(found),
    }
}
