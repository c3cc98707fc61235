//! `weir run`: all stages in one process, over links in memory.

use std::sync::Arc;

use weir_control::settings;
use weir_delivery::Shards;
use weir_enricher::service::{self as enricher, EnricherCore};
use weir_exporter::service::{self as exporter, ExporterCore};
use weir_rpc::health::Health;
use weir_rpc::link::Local;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;
use weir_store::Store;

use super::enricher::{enricher_config, inventory};
use super::exporter::{exporter_config, followed_settings, octets, receiver_config};
use super::sources::Sources;
use super::store;
use super::sweeping::{self, Sweeping};
use super::tail::FolderArgs;
use super::{ServiceArgs, run, security};
use crate::commands::as_usage;
use crate::config::{Config, StoreSettings};

/// Which folder to watch.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  weir run flows/AWSLogs --config weir.toml
  weir run flows/AWSLogs --once --config weir.toml
  weir run --config weir.toml

Reads the folder and, if weir was built with the feature aws, the log groups in [ingest_cloudwatch],
the streams in [ingest_kinesis] and the queues in [ingest_s3]: one of them or all. With --once it is
the folder alone.

The same stages as weir tail, weir enricher and weir exporter, without a network between them; with
store = true in [inventory] and no url in [store], weir discovery too. All admin calls are at [tail]
admin_listen (127.0.0.1:4491).")]
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
        inventory: Source::of(&config, service)?,
        sources: Sources::of(&args.folder, &config)?,
    };
    let telemetry = config.telemetry.clone();
    run("weir", &telemetry, log_level, |shutdown| all(config, stages, shutdown)).map_err(as_usage)
}

/// What the command line and the file have to give.
struct Stages {
    security: Security,
    inventory: Source,
    sources: Sources,
}

/// Where the inventory comes from.
enum Source {
    /// Somebody else keeps it: people a file, or `weir discovery` a server.
    Given(enricher::InventorySource),
    /// This process sweeps, into the store of its own.
    Swept(Box<Sweeping>),
}

impl Source {
    /// Nobody else can fill a store that is of this process alone.
    fn of(config: &Config, args: &ServiceArgs) -> anyhow::Result<Self> {
        let is_shared = matches!(config.services.store, StoreSettings::Redis(_));
        if config.inventory_store && !is_shared {
            return Ok(Self::Swept(Box::new(Sweeping::new(config)?)));
        }
        Ok(Self::Given(inventory(config, args)?))
    }

    /// The inventory, and the stage that keeps it.
    fn open(
        self,
        store: &Arc<dyn Store>,
        settings: &store::Settings,
    ) -> (enricher::InventorySource, Option<sweeping::Stage>) {
        match self {
            Self::Given(source) => (source, None),
            Self::Swept(sweeping) => {
                let source = enricher::InventorySource::Store(Arc::clone(store));
                (source, Some(sweeping.start(Arc::clone(store), settings.clone())))
            }
        }
    }
}

async fn all(config: Config, stages: Stages, shutdown: Shutdown) -> anyhow::Result<Drained> {
    let Stages { security, inventory, sources } = stages;
    let grace = sources.grace(&config);
    let store = store::open(&config.services.store).await?;
    let settings = settings::follow(Arc::clone(&store), config.file_settings());
    let exporters = start_exporter(&config)?;
    exporter::follow_settings(
        &exporters,
        followed_settings(&config, settings.clone(), Shards::ONE),
    );
    let (inventory, discovery) = inventory.open(&store, &settings);
    let enrichers = start_enricher(&config, &exporters, inventory)?;
    enricher::follow_settings(&enrichers, settings.clone());
    let health = Health::new();
    enricher::follow_conditions(&enrichers, &health);

    let listen = config.services.tail.service.admin_listen;
    let admin = Server::bind(ServerConfig::admin(listen, security)).await?;
    tracing::info!(admin = %admin.local_addr(), "weir listens");
    let services = exporter::with_admin_service(Services::new(&health), &exporters);
    let services = enricher::with_admin_service(services, &enrichers, &health);
    let services = weir_ingest::with_ingest_service(services, Arc::clone(&store));
    let file = config.file_settings();
    let services = settings::with_settings_service(services, Arc::clone(&store), file);
    let services = match &discovery {
        Some(stage) => stage.with_services(services, &health),
        None => services,
    };
    let administering = tokio::spawn(admin.serve(services, std::future::pending()));
    health.set_ready(true);

    let closing = tokio::spawn(close_windows(Arc::clone(&exporters), shutdown.clone()));
    let drained = sources.read(&config, store, &settings, &enrichers, &health, &shutdown).await?;
    let drained = exporter::settle(&exporters, drained, grace).await;
    if let Some(stage) = discovery {
        stage.settle().await;
    }
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
    let exporter = exporter_config(config, Shards::ONE);
    let core = ExporterCore::start(&exporter, receiver_config(settings), held)?;
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
    let layouts = enricher::layouts_of_process(exporters.layouts());
    let inventory = enricher::follow_inventory(inventory, config.fallback_exporter.clone());
    let target = "this process".to_owned();
    let exporter = enricher::ExporterEnd { target, receivers, layouts };
    let core = EnricherCore::start(&enricher_config(config)?, vec![exporter], inventory)?;
    enricher::observe(&core);
    Ok(core)
}
