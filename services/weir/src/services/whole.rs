//! `weir run`: all stages in one process, over links in memory.

use std::sync::Arc;

use weir_enricher::service::{self as enricher, EnricherCore};
use weir_exporter::service::{self as exporter, ExporterCore};
use weir_rpc::dispatcher::{Dispatcher, DispatcherConfig, Started};
use weir_rpc::health::Health;
use weir_rpc::link::Local;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;

use super::enricher::{enricher_config, inventory};
use super::exporter::{exporter_config, octets, receiver_config};
use super::folder::{self, Folder};
use super::store;
use super::tail::FolderArgs;
use super::{run, security};
use crate::commands::as_usage;
use crate::config::Config;

/// Which folder to watch.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  weir run flows/AWSLogs --config weir.toml
  weir run flows/AWSLogs --once --config weir.toml

The same stages as weir tail, weir enricher and weir exporter, without a network between them. All
admin calls are at [tail] admin_listen (127.0.0.1:4491).")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    folder: FolderArgs,
}

/// Runs everything until a signal asks it to end, or the folder is read.
pub(crate) fn whole(args: &RunArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let service = &args.folder.service;
    let config = service.load()?;
    let stages = Stages {
        security: security(&config, service)?,
        inventory: inventory(&config, service)?,
        folder: args.folder.folder(&config)?,
    };
    let telemetry = config.telemetry.clone();
    run("weir", &telemetry, log_level, |shutdown| all(config, stages, shutdown)).map_err(as_usage)
}

/// What the command line and the file have to give.
struct Stages {
    security: Security,
    inventory: enricher::InventorySource,
    folder: Folder,
}

async fn all(config: Config, stages: Stages, shutdown: Shutdown) -> anyhow::Result<Drained> {
    let Stages { security, inventory, folder } = stages;
    let exporters = start_exporter(&config)?;
    let enrichers = start_enricher(&config, &exporters, inventory)?;
    let health = Health::new();
    enricher::follow_conditions(&enrichers, &health);

    let store = store::open(&config.services.store).await?;
    let listen = config.services.tail.admin_listen;
    let admin = Server::bind(ServerConfig::admin(listen, security)).await?;
    tracing::info!(admin = %admin.local_addr(), "weir listens");
    let services = exporter::with_admin_service(Services::new(&health), &exporters);
    let services = enricher::with_admin_service(services, &enrichers, &health);
    let services = weir_ingest::with_ingest_service(services, Arc::clone(&store));
    let administering = tokio::spawn(admin.serve(services, std::future::pending()));
    health.set_ready(true);

    let budget = octets(config.services.tail.in_flight);
    let dispatcher = DispatcherConfig { in_flight_octets: budget, ..DispatcherConfig::default() };
    let receivers = {
        let enrichers = Arc::clone(&enrichers);
        Local::new(move |end| {
            let core = Arc::clone(&enrichers);
            tokio::spawn(async move { core.serve(end).await });
        })
    };
    let closing = tokio::spawn(close_windows(Arc::clone(&exporters), shutdown.clone()));
    let Started { dispatcher, deliveries, .. } = Dispatcher::start(receivers, dispatcher);
    let drained =
        folder::read(&config, folder, store, (dispatcher, deliveries), &health, &shutdown);
    let drained = drained.await?;
    let drained = exporter::settle(&exporters, drained, config.services.tail.grace).await;
    administering.abort();
    closing.abort();
    // It has the exporter until it has ended.
    drop(closing.await);
    // The enricher holds a link to the exporter.
    drop(enrichers);
    exporter::close(exporters, drained).await?;
    Ok(drained)
}

/// The source waits for what it has sent: the windows of reports must not wait for more.
async fn close_windows(exporters: Arc<ExporterCore>, shutdown: Shutdown) {
    shutdown.requested().await;
    exporters.close_windows();
}

fn start_exporter(config: &Config) -> anyhow::Result<Arc<ExporterCore>> {
    let settings = &config.services.exporter;
    let held = octets(settings.held);
    let core = ExporterCore::start(&exporter_config(config), receiver_config(settings), held)?;
    exporter::observe(&core);
    let holding = Arc::clone(&core);
    tokio::spawn(async move { holding.hold().await });
    Ok(core)
}

fn start_enricher(
    config: &Config,
    exporters: &Arc<ExporterCore>,
    inventory: enricher::InventorySource,
) -> anyhow::Result<Arc<EnricherCore>> {
    let core = Arc::clone(exporters);
    let receivers = Local::new(move |end| {
        let core = Arc::clone(&core);
        tokio::spawn(async move { core.serve(end).await });
    });
    let layouts = enricher::fixed_layouts(Arc::clone(exporters.layouts()));
    let inventory = enricher::follow_inventory(inventory, config.fallback_exporter.clone());
    let core = EnricherCore::start(&enricher_config(config)?, receivers, layouts, inventory)?;
    enricher::observe(&core);
    Ok(core)
}
