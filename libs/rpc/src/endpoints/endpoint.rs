//! One server.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use super::target::Target;

/// One server: an address, and the target that it was found for. Its certificate has to have the
/// target's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    pub(crate) address: SocketAddr,
    pub(crate) target: Arc<Target>,
}

impl Endpoint {
    /// The server at `address` that `target` stands for.
    pub fn new(address: SocketAddr, target: Target) -> Self {
        Self { address, target: Arc::new(target) }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was found for.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, target } = self;
        if target.host == address.ip().to_string() {
            target.fmt(f)
        } else {
            write!(f, "{target} at {address}")
        }
    }
}
