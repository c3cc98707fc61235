//! `weir exporter`.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::watch;
use weir_control::settings::Effective;
use weir_delivery::Shards;
use weir_exporter::ExporterConfig;
use weir_exporter::service::{self, FollowedSettings, ServiceConfig};
use weir_rpc::receiver::ReceiverConfig;

use super::{ServiceArgs, run, security, store};
use crate::commands::as_usage;
use crate::config::{Config, ExporterService, ExporterSettings};

/// Runs the exporter until a signal asks it to end.
pub(crate) fn exporter(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let settings = &config.services.exporter;
    let service = ServiceConfig {
        listen: settings.listeners.listen,
        admin_listen: settings.listeners.admin_listen,
        security: security(&config, args)?,
        receiver: receiver_config(settings),
        held_octets: octets(settings.held),
        grace: settings.listeners.grace,
        exporter: exporter_config(&config, settings.exporters),
    };
    let exporters = settings.exporters;
    let telemetry = config.telemetry.clone();
    let result = run("weir-exporter", &telemetry, log_level, |shutdown| async move {
        let followed = followed_settings(&config, store::settings(&config)?, exporters);
        service::run(service, followed, shutdown).await
    });
    result.map_err(as_usage)
}

/// Collectors and outputs of a process that goes on, which is one of `exporters`.
pub(super) fn exporter_config(config: &Config, exporters: Shards) -> ExporterConfig {
    let rejects = config.services.exporter.rejects.as_deref();
    one_of(exporters, &config.exporter, rejects)
}

fn one_of(
    exporters: Shards,
    settings: &ExporterSettings,
    rejects: Option<&Path>,
) -> ExporterConfig {
    let config = settings.shared_among(exporters).resolve(rejects).for_service();
    ExporterConfig { exporters, ..config }
}

/// Settings, and the collectors and outputs that they ask for.
pub(super) fn followed_settings(
    config: &Config,
    settings: watch::Receiver<Arc<Effective>>,
    exporters: Shards,
) -> FollowedSettings {
    let exporter = config.exporter.clone();
    let rejects = config.services.exporter.rejects.clone();
    let resolve = move |settings: &Effective| {
        one_of(exporters, &exporter.under(&settings.over_file), rejects.as_deref())
    };
    FollowedSettings { settings, resolve: Arc::new(resolve) }
}

pub(super) fn receiver_config(settings: &ExporterService) -> ReceiverConfig {
    ReceiverConfig {
        in_flight_octets: octets(settings.in_flight),
        stream_octets: octets(settings.in_flight),
        memory: octets(settings.remembered_runs),
        ..ReceiverConfig::default()
    }
}

pub(super) fn octets(octets: u64) -> usize {
    usize::try_from(octets).unwrap_or(usize::MAX)
}
