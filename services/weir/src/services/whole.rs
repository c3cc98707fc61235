//! `weir run`: all stages in one process, over links in memory.

use std::sync::Arc;

use tokio::sync::mpsc;
use weir_delivery::RawRun;
use weir_enricher::service::{self as enricher, EnricherCore};
use weir_exporter::service::{self as exporter, ExporterCore};
use weir_rpc::dispatcher::{Delivery, Dispatcher, DispatcherConfig, Started};
use weir_rpc::health::Health;
use weir_rpc::link::Local;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;
use weir_store::Store;

use super::enricher::{enricher_config, inventory};
use super::exporter::{exporter_config, octets, receiver_config};
use super::folder::{self, Folder};
use super::kinesis::Kinesis;
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

Streams that are listed under [[ingest_kinesis.streams]] are read too (feature aws); then DIR may
be left out. The same stages as weir tail, weir enricher and weir exporter, without a network between them. All
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
        inputs: Inputs::of(args, &config)?,
    };
    let telemetry = config.telemetry.clone();
    run("weir", &telemetry, log_level, |shutdown| all(config, stages, shutdown)).map_err(as_usage)
}

/// What the command line and the file have to give.
struct Stages {
    security: Security,
    inventory: enricher::InventorySource,
    inputs: Inputs,
}

/// What is read: with streams of Kinesis, a folder need not be named.
struct Inputs {
    folder: Option<Folder>,
    kinesis: Option<Kinesis>,
}

impl Inputs {
    fn of(args: &RunArgs, config: &Config) -> anyhow::Result<Self> {
        let kinesis = Kinesis::of(config, &args.folder.service)?;
        let is_needed = kinesis.is_none() || args.folder.has_folder(config);
        let folder = is_needed.then(|| args.folder.folder(config)).transpose()?;
        Ok(Self { folder, kinesis })
    }

    /// Reads everything until `shutdown`, or to its end. One that fails ends the others.
    async fn read(
        self,
        config: &Config,
        store: &Arc<dyn Store>,
        enrichers: &Arc<EnricherCore>,
        health: &Health,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Drained> {
        let folder = async {
            let Some(folder) = self.folder else { return Ok(Drained::Complete) };
            let dispatch = dispatch(enrichers, octets(config.services.tail.in_flight));
            let store = Arc::clone(store);
            folder::read(config, folder, store, dispatch, health, shutdown).await
        };
        let kinesis = async {
            let Some(kinesis) = self.kinesis else { return Ok(Drained::Complete) };
            let dispatch = dispatch(enrichers, kinesis.in_flight());
            kinesis.read(config, Arc::clone(store), dispatch, health, shutdown).await
        };
        let (folder, kinesis) =
            tokio::join!(ending_all(folder, shutdown), ending_all(kinesis, shutdown));
        Ok(worst(folder?, kinesis?))
    }
}

/// Has a failure end what else is read.
async fn ending_all<F>(reading: F, shutdown: &Shutdown) -> anyhow::Result<Drained>
where
    F: Future<Output = anyhow::Result<Drained>>,
{
    let result = reading.await;
    if result.is_err() {
        shutdown.trigger();
    }
    result
}

fn worst(one: Drained, other: Drained) -> Drained {
    if matches!(one, Drained::Complete) { other } else { one }
}

/// Takes runs to the enrichers of this process.
fn dispatch(
    enrichers: &Arc<EnricherCore>,
    budget: usize,
) -> (Dispatcher<RawRun>, mpsc::Receiver<Delivery<RawRun>>) {
    let config = DispatcherConfig { in_flight_octets: budget, ..DispatcherConfig::default() };
    let enrichers = Arc::clone(enrichers);
    let receivers = Local::new(move |end| {
        let core = Arc::clone(&enrichers);
        tokio::spawn(async move { core.serve(end).await });
    });
    let Started { dispatcher, deliveries, .. } = Dispatcher::start(receivers, config);
    (dispatcher, deliveries)
}

async fn all(config: Config, stages: Stages, shutdown: Shutdown) -> anyhow::Result<Drained> {
    let Stages { security, inventory, inputs } = stages;
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

    let drained = inputs.read(&config, &store, &enrichers, &health, &shutdown).await?;
    let drained = exporter::settle(&exporters, drained, config.services.tail.grace).await;
    administering.abort();
    // The enricher holds a link to the exporter.
    drop(enrichers);
    exporter::close(exporters, drained).await?;
    Ok(drained)
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
