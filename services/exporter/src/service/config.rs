//! What the service is asked to do.

use std::net::SocketAddr;
use std::time::Duration;

use weir_rpc::receiver::ReceiverConfig;
use weir_rpc::tls::Security;

use crate::config::ExporterConfig;

/// Everything that the exporter service is asked to do.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Where enrichers connect.
    pub listen: SocketAddr,
    /// Where people and their tools connect.
    pub admin_listen: SocketAddr,
    /// How both are protected.
    pub security: Security,
    /// What is taken from enrichers, and how many committed runs are remembered.
    pub receiver: ReceiverConfig,
    /// The most octets of runs that were accepted and are not committed.
    pub held_octets: usize,
    /// How long runs in flight may take to leave after a shutdown is asked for.
    pub grace: Duration,
    /// Collectors and outputs.
    pub exporter: ExporterConfig,
}
