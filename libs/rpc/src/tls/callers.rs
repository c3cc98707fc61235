//! Whose certificates are let in.

use super::identity::Identity;

/// The names that the certificates of callers have to have, on each kind of listener: a URI such
/// as `weir://enricher`, or a DNS name. An empty list lets every certificate in that the
/// authorities have signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Where lines and records are taken.
    pub data: Vec<String>,
    /// Where people and their tools call.
    pub admin: Vec<String>,
}

impl Identity {
    /// Whether a certificate that calls its owner so is one of `callers`.
    pub(crate) fn is_one_of(&self, callers: &[String]) -> bool {
        let mut names = self.uris.iter().chain(&self.dns_names);
        callers.is_empty() || names.any(|name| callers.contains(name))
    }
}
