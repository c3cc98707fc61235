//! What every source is told that reads on, whatever it reads.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use weir_rpc::endpoints::TargetSource;
use weir_runtime::config::{Section, duration_text, octets_text};

use super::accepted;

/// How long what is in flight may take unless something else is said.
pub(super) const GRACE: Duration = Duration::from_secs(30);
/// The octets that may be in flight unless something else is said.
pub(super) const IN_FLIGHT: u64 = 64 << 20;

/// What a source is told that is a process of its own, or a stage of `weir run`.
#[derive(Clone, Debug)]
pub(crate) struct SourceService {
    /// Where the enrichers are; not for a stage of `weir run`.
    pub(crate) enrichers: Vec<TargetSource>,
    /// Where people and their tools connect.
    pub(crate) admin_listen: SocketAddr,
    /// The most octets of text that the exporter has not taken over.
    pub(crate) in_flight: u64,
    /// How long what is in flight may take after a shutdown is asked for.
    pub(crate) grace: Duration,
}

impl SourceService {
    /// On this host alone: who opens a service to others says so.
    pub(super) fn on(port: u16) -> Self {
        Self {
            enrichers: Vec::new(),
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            in_flight: IN_FLIGHT,
            grace: GRACE,
        }
    }

    /// The same with what a section says.
    pub(super) fn with(self, section: &mut Section<'_>) -> Self {
        Self {
            enrichers: section.texts("enrichers", str::parse).unwrap_or_default(),
            admin_listen: section
                .text("admin_listen", accepted::listen)
                .unwrap_or(self.admin_listen),
            in_flight: section.octets("in_flight", &accepted::BUDGETS).unwrap_or(self.in_flight),
            grace: section.duration("grace", &accepted::GRACES).unwrap_or(self.grace),
        }
    }
}

/// The same as TOML, flattened into its section.
#[derive(Serialize)]
pub(super) struct SourceServiceDump {
    enrichers: Vec<String>,
    admin_listen: SocketAddr,
    in_flight: String,
    grace: String,
}

impl From<&SourceService> for SourceServiceDump {
    fn from(service: &SourceService) -> Self {
        Self {
            enrichers: service.enrichers.iter().map(ToString::to_string).collect(),
            admin_listen: service.admin_listen,
            in_flight: octets_text(service.in_flight),
            grace: duration_text(service.grace),
        }
    }
}
