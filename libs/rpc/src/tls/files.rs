//! Certificates and keys as they lie on the disk.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::callers::Callers;
use super::error::TlsError;

/// The most octets of a file.
const MAX_FILE: u64 = 1024 * 1024;

/// The files of mutual TLS, all in PEM form, and whose certificates may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The authorities that sign the certificates of peers.
    pub ca_file: PathBuf,
    /// The own certificate, and those between it and the authority.
    pub certificate_file: PathBuf,
    /// The key of the own certificate.
    pub key_file: PathBuf,
    /// Who may call.
    pub callers: Callers,
}

/// What the files hold. It cannot be printed: there is a key in it.
#[derive(PartialEq, Eq)]
pub(super) struct Contents {
    authorities: Vec<u8>,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl CertificateFiles {
    pub(super) fn read(&self) -> Result<Contents, TlsError> {
        Ok(Contents {
            authorities: read(&self.ca_file)?,
            certificate: read(&self.certificate_file)?,
            key: read(&self.key_file)?,
        })
    }

    pub(super) fn authorities(&self, contents: &Contents) -> Result<RootCertStore, TlsError> {
        let mut store = RootCertStore::empty();
        for certificate in certificates(&self.ca_file, &contents.authorities)? {
            let path = || self.ca_file.clone();
            let added = store.add(certificate);
            added.map_err(|source| TlsError::Authority { path: path(), source })?;
        }
        Ok(store)
    }

    pub(super) fn own(
        &self,
        contents: &Contents,
        provider: &CryptoProvider,
    ) -> Result<CertifiedKey, TlsError> {
        let chain = certificates(&self.certificate_file, &contents.certificate)?;
        let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|error| match error {
            pem::Error::NoItemsFound => missing(&self.key_file, "private key"),
            source => TlsError::Damaged { path: self.key_file.clone(), source },
        })?;
        CertifiedKey::from_der(chain, key, provider).map_err(|error| self.unusable(error))
    }

    pub(super) fn unusable(&self, error: rustls::Error) -> TlsError {
        let (key, certificate) = (self.key_file.clone(), self.certificate_file.clone());
        match error {
            rustls::Error::InconsistentKeys(_) => TlsError::Mismatch { key, certificate },
            source => TlsError::Unusable { key, certificate, source },
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let mut octets = Vec::new();
    let result = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut octets));
    let result = match result {
        Ok(_) if octets.len() as u64 > MAX_FILE => Err(io::Error::other("it is above 1 MiB")),
        result => result,
    };
    let unreadable = |source| TlsError::Unreadable { path: path.to_owned(), source };
    result.map(|_| octets).map_err(unreadable)
}

fn certificates(path: &Path, text: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let all = all.map_err(|source| TlsError::Damaged { path: path.to_owned(), source })?;
    if all.is_empty() { Err(missing(path, "certificate")) } else { Ok(all) }
}

fn missing(path: &Path, expected: &'static str) -> TlsError {
    TlsError::Missing { path: path.to_owned(), expected }
}
