//! What the long-running services are asked to do, beside what a replay is asked too.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use weir_rpc::endpoints::TargetSource;
use weir_runtime::config::Section;

use super::accepted;
use super::source_service::{GRACE, IN_FLIGHT, SourceService};
use super::store::StoreSettings;

/// How a service is reached, and how it ends.
#[derive(Clone, Debug)]
pub(crate) struct Listeners {
    /// Where its peers connect; none for a service without any.
    pub(crate) listen: SocketAddr,
    /// Where people and their tools connect.
    pub(crate) admin_listen: SocketAddr,
    /// How long what is in flight may take after a shutdown is asked for.
    pub(crate) grace: Duration,
}

/// What `weir enricher` is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct EnricherService {
    pub(crate) listeners: Listeners,
    /// Where the exporter is.
    pub(crate) exporter: Option<TargetSource>,
    /// Threads that parse and enrich; `None` is one for each CPU.
    pub(crate) threads: Option<NonZeroUsize>,
    /// The most octets of text that the exporter has not taken over.
    pub(crate) in_flight: u64,
}

/// What `weir exporter` is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct ExporterService {
    pub(crate) listeners: Listeners,
    /// The most octets of runs that are not accepted.
    pub(crate) in_flight: u64,
    /// The most octets of runs that were accepted and are not committed.
    pub(crate) held: u64,
    /// Ids of committed runs that are remembered.
    pub(crate) remembered_runs: u64,
    /// Where rejected lines go.
    pub(crate) rejects: Option<PathBuf>,
}

/// What `weir tail` is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct TailSettings {
    /// The folder that is watched.
    pub(crate) folder: Option<PathBuf>,
    /// What it shares with other sources.
    pub(crate) service: SourceService,
    /// How often the folder is looked at.
    pub(crate) interval: Duration,
}

/// The settings of all services.
#[derive(Clone, Debug)]
pub(crate) struct ServiceSettings {
    pub(crate) enricher: EnricherService,
    pub(crate) exporter: ExporterService,
    pub(crate) tail: TailSettings,
    /// Where state is kept.
    pub(crate) store: StoreSettings,
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

impl Listeners {
    /// On this host alone: who opens a service to others says so.
    fn on(port: u16) -> Self {
        Self { listen: local(port), admin_listen: local(port + 1), grace: GRACE }
    }

    fn read(&mut self, section: &mut Section<'_>) {
        self.listen = section.text("listen", accepted::listen).unwrap_or(self.listen);
        self.admin_listen =
            section.text("admin_listen", accepted::listen).unwrap_or(self.admin_listen);
        self.grace = section.duration("grace", &accepted::GRACES).unwrap_or(self.grace);
    }
}

impl Default for ServiceSettings {
    fn default() -> Self {
        Self {
            enricher: EnricherService {
                listeners: Listeners::on(4470),
                exporter: None,
                threads: None,
                in_flight: IN_FLIGHT,
            },
            exporter: ExporterService {
                listeners: Listeners::on(4480),
                in_flight: IN_FLIGHT,
                held: 4 * IN_FLIGHT,
                remembered_runs: 262_144,
                rejects: None,
            },
            tail: TailSettings {
                folder: None,
                service: SourceService::on(4491),
                interval: Duration::from_secs(1),
            },
            store: StoreSettings::default(),
        }
    }
}

impl EnricherService {
    pub(super) fn read(&mut self, section: &mut Section<'_>) {
        self.listeners.read(section);
        self.exporter = section.text("exporter", str::parse);
        self.threads = section.number("threads", &accepted::WORKERS).and_then(accepted::count);
        self.in_flight = section.octets("in_flight", &accepted::BUDGETS).unwrap_or(self.in_flight);
    }
}

impl ExporterService {
    pub(super) fn read(&mut self, section: &mut Section<'_>) {
        self.listeners.read(section);
        self.in_flight = section.octets("in_flight", &accepted::BUDGETS).unwrap_or(self.in_flight);
        self.held = section.octets("held", &accepted::BUDGETS).unwrap_or(self.held);
        self.remembered_runs =
            section.number("remembered_runs", &accepted::MEMORIES).unwrap_or(self.remembered_runs);
        self.rejects = section.text("rejects", accepted::path);
    }
}

impl TailSettings {
    pub(super) fn read(&mut self, section: &mut Section<'_>) {
        self.folder = section.text("folder", accepted::path);
        self.service = SourceService::on(4491).with(section);
        self.interval = section.duration("interval", &accepted::INTERVALS).unwrap_or(self.interval);
    }
}
