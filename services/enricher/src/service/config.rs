//! What the service is asked to do.

use std::net::SocketAddr;
use std::time::Duration;

use weir_rpc::endpoints::TargetSource;
use weir_rpc::tls::Security;

use super::core::EnricherConfig;
use super::inventory::InventorySource;

/// Everything that the enricher service is asked to do.
pub struct ServiceConfig {
    /// Where sources connect.
    pub listen: SocketAddr,
    /// Where people and their tools connect.
    pub admin_listen: SocketAddr,
    /// How both are protected, and how the exporters are called.
    pub security: Security,
    /// Where the exporters are, 1 to [`weir_delivery::Shards::MOST`]. The order is that of the
    /// shards, the same at all enrichers.
    pub exporters: Vec<TargetSource>,
    /// Where the inventory comes from.
    pub inventory: InventorySource,
    /// How it enriches.
    pub enricher: EnricherConfig,
    /// How long runs in flight may take to leave after a shutdown is asked for.
    pub grace: Duration,
}
