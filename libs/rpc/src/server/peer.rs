//! Who is calling.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::tls::Identity;

/// The other end of a call's connection: an extension of each request.
#[derive(Clone, Debug)]
pub struct Peer {
    pub(super) address: SocketAddr,
    pub(super) identity: Option<Arc<Identity>>,
    /// Whether it is one of those who may call.
    pub(super) may_call: bool,
    pub(super) closing: CancellationToken,
}

impl Peer {
    /// The peer of a request; `None` when the request did not come through a [`Server`].
    ///
    /// [`Server`]: super::Server
    pub fn of<T>(request: &tonic::Request<T>) -> Option<&Self> {
        request.extensions().get()
    }

    /// Where it calls from.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its certificate calls it; `None` in plaintext.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_deref()
    }

    /// Resolves when the connection is about to end, by its age or with the server. The handler
    /// of a long stream brings it to its end then; what stays is cut after a grace.
    pub fn closing(&self) -> WaitForCancellationFutureOwned {
        self.closing.clone().cancelled_owned()
    }
}

impl fmt::Display for Peer {
    /// For audits: its name, if it has one, and its address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.identity {
            Some(identity) => write!(f, "{identity} at {}", self.address),
            None => write!(f, "{}", self.address),
        }
    }
}
