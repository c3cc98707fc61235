//! Who may talk to whom: mutual TLS, or plaintext where a configuration asks for it.

mod callers;
mod credentials;
mod error;
mod files;
mod identity;

use std::convert::Infallible;
use std::path::PathBuf;

use weir_runtime::config::Section;

pub use callers::Callers;
pub(crate) use credentials::{ALPN, Credentials};
pub use error::TlsError;
pub use files::CertificateFiles;
pub use identity::Identity;

/// How both ends of a connection are protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all: everybody on the network may read, and send.
    Plaintext,
    /// TLS 1.3; each end shows a certificate, and the other end checks it.
    Mutual(CertificateFiles),
}

impl Security {
    /// Reads `plaintext = true`, or `ca_file`, `certificate_file` and `key_file` with, perhaps,
    /// `data_callers` and `admin_callers`, out of `[rpc]`. `None` when that was refused, or when
    /// neither stands there: there is no default.
    pub fn read(section: &mut Section<'_>) -> Option<Self> {
        let plaintext = section.switch("plaintext");
        let mut path = |key| section.text(key, |text| Ok::<_, Infallible>(PathBuf::from(text)));
        let (ca, certificate, key) = (path("ca_file"), path("certificate_file"), path("key_file"));
        let has_files = ca.is_some() || certificate.is_some() || key.is_some();
        let mut names = |key| section.texts(key, |text| Ok::<_, Infallible>(text.to_owned()));
        let (data, admin) = (names("data_callers"), names("admin_callers"));
        if plaintext == Some(true) && (data.is_some() || admin.is_some()) {
            section.problem("plaintext", "callers have names in certificates alone: give these");
        }
        let callers = Callers { data: data.unwrap_or_default(), admin: admin.unwrap_or_default() };
        match (plaintext.unwrap_or_default(), ca, certificate, key) {
            (true, None, None, None) => return Some(Self::Plaintext),
            (true, ..) => {
                let advice = "plaintext needs no certificates: give one or the other";
                section.problem("plaintext", advice);
            }
            (false, Some(ca_file), Some(certificate_file), Some(key_file)) => {
                let files = CertificateFiles { ca_file, certificate_file, key_file, callers };
                return Some(Self::Mutual(files));
            }
            (false, ca, certificate, key) if has_files => {
                let missing = [
                    ("ca_file", ca.is_none()),
                    ("certificate_file", certificate.is_none()),
                    ("key_file", key.is_none()),
                ];
                for (key, _) in missing.into_iter().filter(|(_, is_missing)| *is_missing) {
                    section.problem(key, "missing: mutual TLS needs all three files");
                }
            }
            (false, ..) => section.problem(
                "ca_file",
                "missing: give ca_file, certificate_file and key_file for mutual TLS, or \
                 plaintext = true to go without any protection",
            ),
        }
        None
    }

    /// Whether nothing is protected.
    pub fn is_plaintext(&self) -> bool {
        matches!(self, Self::Plaintext)
    }

    /// Who may call a listener; all where it is empty.
    pub(crate) fn callers(&self, is_admin: bool) -> Vec<String> {
        match self {
            Self::Plaintext => Vec::new(),
            Self::Mutual(files) if is_admin => files.callers.admin.clone(),
            Self::Mutual(files) => files.callers.data.clone(),
        }
    }

    /// What mutual TLS needs, read from its files; `None` for plaintext.
    pub(crate) fn credentials(&self) -> Result<Option<Credentials>, TlsError> {
        match self {
            Self::Plaintext => Ok(None),
            Self::Mutual(files) => Credentials::load(files.clone()).map(Some),
        }
    }
}
