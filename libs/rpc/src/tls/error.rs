//! Why TLS cannot be set up.

use std::io;
use std::path::PathBuf;

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A file is no PEM, or the PEM in it is cut or mistyped.
    #[error("{} is damaged: give a file in PEM form", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// A file holds something else.
    #[error("{} holds no {expected} in PEM form", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// A certificate authority that cannot be used.
    #[error("{} cannot be used as a certificate authority", path.display())]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// The key is of another certificate.
    #[error(
        "the key in {} is not the one of the certificate in {}: give the pair that was made \
         together",
        key.display(),
        certificate.display()
    )]
    Mismatch {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
    },
    /// A certificate or its key that cannot be used.
    #[error("the certificate in {} or the key in {} cannot be used", certificate.display(), key.display())]
    Unusable {
        /// The file of the key.
        key: PathBuf,
        /// The file of the certificate.
        certificate: PathBuf,
        /// Why.
        source: rustls::Error,
    },
    /// Peers cannot be checked.
    #[error("peers cannot be checked against {}", path.display())]
    Verifier {
        /// The file of the certificate authority.
        path: PathBuf,
        /// Why.
        source: rustls::server::VerifierBuilderError,
    },
}
