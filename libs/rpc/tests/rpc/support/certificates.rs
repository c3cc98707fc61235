//! Certificates made for one test.

use std::fs;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use tempfile::TempDir;
use weir_rpc::tls::{Callers, CertificateFiles, Security};

/// A certificate authority.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, both in PEM form, and who signed it.
pub(crate) struct Identity {
    pub(crate) authority: String,
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "authority of a test");
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    /// A certificate for `name` and for loopback.
    pub(crate) fn issue(&self, name: &str) -> Identity {
        self.issue_with(name, |_| {})
    }

    pub(crate) fn issue_expired(&self, name: &str) -> Identity {
        self.issue_with(name, |parameters| {
            parameters.not_before = date_time_ymd(2020, 1, 1);
            parameters.not_after = date_time_ymd(2020, 1, 2);
        })
    }

    fn issue_with(&self, name: &str, change: impl Fn(&mut CertificateParams)) -> Identity {
        let names = vec![name.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut parameters = CertificateParams::new(names).unwrap();
        let uri = format!("spiffe://weir.example/{name}");
        parameters.subject_alt_names.push(SanType::URI(uri.try_into().unwrap()));
        parameters.distinguished_name.push(DnType::CommonName, name);
        change(&mut parameters);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        Identity {
            authority: self.0.pem(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Identity {
    /// Its files, in a folder of their own.
    pub(crate) fn files(&self) -> (TempDir, Security) {
        self.files_for(Callers::default())
    }

    /// The same where these alone may call.
    pub(crate) fn files_for(&self, callers: Callers) -> (TempDir, Security) {
        let folder = TempDir::new().unwrap();
        let at = |name| folder.path().join(name);
        let files = CertificateFiles {
            ca_file: at("ca.pem"),
            certificate_file: at("cert.pem"),
            key_file: at("key.pem"),
            callers,
        };
        self.write(&folder);
        (folder, Security::Mutual(files))
    }

    /// Writes its files over those in `folder`.
    pub(crate) fn write(&self, folder: &TempDir) {
        let write = |name, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("ca.pem", &self.authority);
        write("cert.pem", &self.certificate);
        write("key.pem", &self.key);
    }
}
