//! What the long-running services are asked to do, beside what a replay is asked too.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use weir_delivery::Shards;
use weir_rpc::endpoints::TargetSource;
use weir_runtime::config::Section;

use super::source_service::{GRACE, IN_FLIGHT, SourceService};
use super::store::StoreSettings;
use super::{accepted, conflicts};

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
    /// Where the exporters are, in the order of the shards.
    pub(crate) exporters: Vec<TargetSource>,
    /// Threads that parse and enrich; `None` is one for each CPU.
    pub(crate) threads: Option<NonZeroUsize>,
    /// The most octets of text that the exporter has not taken over.
    pub(crate) in_flight: u64,
}

/// What `weir exporter` is asked to do.
#[derive(Clone, Debug)]
pub(crate) struct ExporterService {
    pub(crate) listeners: Listeners,
    /// How many exporters share the observation domains and the rate limit.
    pub(crate) exporters: Shards,
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
                exporters: Vec::new(),
                threads: None,
                in_flight: IN_FLIGHT,
            },
            exporter: ExporterService {
                listeners: Listeners::on(4480),
                exporters: Shards::ONE,
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
        self.exporters = exporters(section);
        self.threads = section.number("threads", &accepted::WORKERS).and_then(accepted::count);
        self.in_flight = section.octets("in_flight", &accepted::BUDGETS).unwrap_or(self.in_flight);
    }
}

/// One exporter as `exporter`, or several as `exporters`.
fn exporters(section: &mut Section<'_>) -> Vec<TargetSource> {
    let one: Option<TargetSource> = section.text("exporter", str::parse);
    let several: Option<Vec<TargetSource>> = section.texts("exporters", str::parse);
    if let Some(several) = &several {
        conflicts::exporters(several, one.is_some(), section);
    }
    several.unwrap_or_else(|| one.into_iter().collect())
}

impl ExporterService {
    pub(super) fn read(&mut self, section: &mut Section<'_>) {
        self.listeners.read(section);
        let exporters = section.number("exporters", &accepted::EXPORTERS);
        let exporters = exporters.and_then(|count| Shards::new(usize::try_from(count).ok()?));
        self.exporters = exporters.unwrap_or(self.exporters);
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
