//! Where a channel goes.

use std::fmt;

use super::ConnectError;
use crate::endpoints::{Endpoint, Target};

/// Where a channel goes, and what the server there is called: from a [`Target`], whose name is
/// looked up with each connection, or an [`Endpoint`], whose address is known.
#[derive(Clone, Debug)]
pub struct Destination {
    /// What TCP connects to: `HOST:PORT`, or an address.
    pub(super) dial: String,
    /// The name that the server's certificate has to have.
    pub(super) host: String,
    /// The name and port, as the server is told them.
    pub(super) authority: String,
    is_tls: bool,
}

impl Destination {
    /// Whether the destination is to be called in the way that is configured.
    pub(super) fn check(&self, is_plaintext: bool) -> Result<(), ConnectError> {
        let advice = match (self.is_tls, is_plaintext) {
            (true, false) | (false, true) => return Ok(()),
            (true, true) => "write http://, or configure certificates instead of plaintext",
            (false, false) => "write https://, or configure plaintext instead of certificates",
        };
        Err(ConnectError::Scheme { destination: self.to_string(), advice })
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)?;
        if self.dial == self.authority { Ok(()) } else { write!(f, " at {}", self.dial) }
    }
}

impl From<&Target> for Destination {
    fn from(target: &Target) -> Self {
        let (host, authority) = (target.host.clone(), target.authority());
        Self { dial: authority.clone(), host, authority, is_tls: target.is_tls }
    }
}

impl From<&Endpoint> for Destination {
    fn from(endpoint: &Endpoint) -> Self {
        let dial = endpoint.address.to_string();
        Self { dial, ..Self::from(&*endpoint.target) }
    }
}
