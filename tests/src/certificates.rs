//! Certificates made for one test.

use std::fs;
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use crate::scratch::Scratch;

/// A certificate authority.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// A new one, which nobody knows as yet.
    ///
    /// # Panics
    /// When the system has no random numbers.
    #[allow(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, "authority of a test");
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(parameters, key).expect("a certificate"))
    }

    /// Writes `cert.pem` and `key.pem` of a service on loopback into the folder `name`, with the
    /// authority `trusted` for its peers in `ca.pem`.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn issue(&self, scratch: &Scratch, name: &str, trusted: &Self) -> PathBuf {
        let names = [name, "localhost", "127.0.0.1"].map(str::to_owned).to_vec();
        let mut parameters = CertificateParams::new(names).expect("parameters");
        parameters.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.signed_by(&key, &self.0).expect("a certificate");
        let folder = scratch.path(name);
        fs::create_dir_all(&folder).expect("a folder can be made");
        let write = |file, text| fs::write(folder.join(file), text).expect("a file can be written");
        write("ca.pem", trusted.0.pem());
        write("cert.pem", certificate.pem());
        write("key.pem", key.serialize_pem());
        folder
    }
}
