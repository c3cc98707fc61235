//! Certificates made for one test.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};

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
        // Of two with one name, a certificate seems to be of either, with a wrong signature.
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let name = format!("authority {} of a test", COUNT.fetch_add(1, Ordering::Relaxed));
        parameters.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(parameters, key).expect("a certificate"))
    }

    /// Writes `cert.pem` and `key.pem` of a service on loopback into the folder `name`, with the
    /// authority `trusted` for its peers in `ca.pem`.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn issue(&self, scratch: &Scratch, name: &str, trusted: &Self) -> PathBuf {
        self.issue_with(scratch, name, trusted, |_| {})
    }

    /// The same with a certificate that ended years ago.
    ///
    /// # Panics
    /// As [`Authority::issue`].
    pub fn issue_expired(&self, scratch: &Scratch, name: &str, trusted: &Self) -> PathBuf {
        self.issue_with(scratch, name, trusted, |parameters| {
            parameters.not_before = date_time_ymd(2020, 1, 1);
            parameters.not_after = date_time_ymd(2020, 1, 2);
        })
    }

    /// The same with a certificate for a host that is not this one.
    ///
    /// # Panics
    /// As [`Authority::issue`].
    pub fn issue_elsewhere(&self, scratch: &Scratch, name: &str, trusted: &Self) -> PathBuf {
        self.issue_with(scratch, name, trusted, |parameters| {
            let elsewhere = "elsewhere.example".try_into().expect("a name");
            parameters.subject_alt_names = vec![SanType::DnsName(elsewhere)];
        })
    }

    fn issue_with(
        &self,
        scratch: &Scratch,
        name: &str,
        trusted: &Self,
        change: impl Fn(&mut CertificateParams),
    ) -> PathBuf {
        let names = [name, "localhost", "127.0.0.1"].map(str::to_owned).to_vec();
        let mut parameters = CertificateParams::new(names).expect("parameters");
        parameters.distinguished_name.push(DnType::CommonName, name);
        change(&mut parameters);
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
