//! What a certificate calls its owner.

use std::fmt;

use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// What the checked certificate of a peer calls it, for audits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The distinguished name of the subject, such as `CN=exporter-1`.
    pub subject: String,
    /// The subject's alternative DNS names.
    pub dns_names: Vec<String>,
    /// The subject's alternative URIs, such as `spiffe://example.org/exporter`.
    pub uris: Vec<String>,
    /// The serial number in hexadecimal digits.
    pub serial: String,
}

impl Identity {
    /// Reads a certificate in DER form. What cannot be read is left empty: TLS has judged it.
    pub(crate) fn of(certificate: &[u8]) -> Self {
        let Ok((_, certificate)) = X509Certificate::from_der(certificate) else {
            return Self::default();
        };
        let mut identity = Self {
            subject: printable(&certificate.subject().to_string()),
            serial: certificate.raw_serial_as_string().replace(':', ""),
            ..Self::default()
        };
        let alternative = certificate.subject_alternative_name().ok().flatten();
        for name in alternative.iter().flat_map(|names| &names.value.general_names) {
            match name {
                GeneralName::DNSName(name) => identity.dns_names.push(printable(name)),
                GeneralName::URI(uri) => identity.uris.push(printable(uri)),
                _ => {}
            }
        }
        identity
    }
}

impl fmt::Display for Identity {
    /// The name that tells the most: a URI, else a DNS name, else the subject.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.uris.first().or(self.dns_names.first()).unwrap_or(&self.subject);
        f.write_str(name)
    }
}

/// A text that cannot forge a line of a log.
fn printable(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            printable.extend(letter.escape_default());
        } else {
            printable.push(letter);
        }
    }
    printable
}
