//! Names to addresses.

use std::io;
use std::net::SocketAddr;

/// Looks up names.
#[tonic::async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of a host, in any order. Nothing is asked for a host that is an address.
    ///
    /// # Errors
    ///
    /// When there is no answer. An answer without addresses is treated alike: what was known
    /// before stays.
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The system's resolver. How long it may take is the system's to say (`resolv.conf`).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

#[tonic::async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}
