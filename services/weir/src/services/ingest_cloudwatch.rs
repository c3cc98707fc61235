//! `weir ingest-cloudwatch`: flow logs from log groups through enrichers in other processes.

use std::sync::Arc;

use anyhow::anyhow;
use weir_aws::Accounts;
use weir_control::settings;
use weir_ingest::{Input, InputKind, InputMeter};
use weir_ingest_cloudwatch::{AsConfigured, CloudWatchConfig, CloudWatchSource};
use weir_rpc::channel::Connector;
use weir_rpc::dispatcher::{Dispatcher, DispatcherConfig, Started};
use weir_rpc::endpoints::{SystemResolver, Targets};
use weir_rpc::health::Health;
use weir_rpc::link::Remote;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;
use weir_runtime::drain::Drained;
use weir_runtime::{Shutdown, usage};
use weir_store::Store;

use super::drive::{Budget, Deliveries, drive, incarnation, worker};
use super::exporter::octets;
use super::inputs;
use super::store::{self, Settings};
use super::{ServiceArgs, run, security};
use crate::config::{Config, IngestCloudWatchSettings};

/// The name of the input in metrics and in the state of inputs.
const NAME: &str = "cloudwatch";

/// Reads log groups until a signal asks it to end.
pub(crate) fn ingest_cloudwatch(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let security = security(&config, args)?;
    let settings = config.aws.ingest_cloudwatch.clone().unwrap_or_default();
    let missing = |key: &str, advice: &str| {
        let file = args.path().display();
        Err(usage(anyhow!("{file}: ingest_cloudwatch.{key}: missing: {advice}")))
    };
    if settings.enrichers.is_empty() {
        return missing("enrichers", "give the enrichers' URLs, such as https://enricher:4470");
    }
    if settings.inputs.groups.is_empty() && !inputs::may_come(&config) {
        return missing("groups", "give the log groups that flow logs are written to");
    }
    let telemetry = config.telemetry.clone();
    run("weir-ingest-cloudwatch", &telemetry, log_level, |shutdown| {
        serve(config, settings, security, shutdown)
    })
}

async fn serve(
    config: Config,
    settings: IngestCloudWatchSettings,
    security: Security,
    shutdown: Shutdown,
) -> anyhow::Result<Drained> {
    let targets = Targets::new(settings.enrichers.clone(), &security)?;
    let endpoints = targets.watch(Arc::new(SystemResolver));
    let receivers = Remote::new(endpoints, Connector::new(&security)?);
    let budget = octets(settings.in_flight);
    let dispatcher = DispatcherConfig { in_flight_octets: budget, ..DispatcherConfig::default() };
    let Started { dispatcher, deliveries, .. } = Dispatcher::start(receivers, dispatcher);

    let store = store::open(&config.services.store).await?;
    let admin = Server::bind(ServerConfig::admin(settings.admin_listen, security)).await?;
    tracing::info!(admin = %admin.local_addr(), "ingest-cloudwatch listens");
    let health = Health::new();
    let followed = settings::follow(Arc::clone(&store), config.file_settings());
    let services = weir_ingest::with_ingest_service(Services::new(&health), Arc::clone(&store));
    let administering = tokio::spawn(admin.serve(services, std::future::pending()));
    health.set_ready(true);
    let stage = Stage { settings, followed, store, deliveries: (dispatcher, deliveries) };
    let drained = stage.read(&config, &health, &shutdown).await?;
    administering.abort();
    Ok(drained)
}

/// What the configuration says of log groups, where it lists any, or some may be enabled.
pub(super) fn groups_of(config: &Config) -> Option<IngestCloudWatchSettings> {
    let settings = config.aws.ingest_cloudwatch.clone();
    settings.filter(|it| !it.inputs.groups.is_empty() || inputs::may_come(config))
}

/// The source and what it works with.
pub(super) struct Stage {
    /// What the file says.
    pub(super) settings: IngestCloudWatchSettings,
    /// What counts of the settings that may change.
    pub(super) followed: Settings,
    /// Has leases, positions, and events that were exported.
    pub(super) store: Arc<dyn Store>,
    /// The way to the enrichers.
    pub(super) deliveries: Deliveries,
}

impl Stage {
    /// Reads the log groups until `shutdown`.
    pub(super) async fn read(
        self,
        config: &Config,
        health: &Health,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Drained> {
        let Self { settings, followed, store, deliveries } = self;
        let state = store::pinned(&config.services.store, &store, shutdown).await?;
        let Some(state) = state else { return Ok(Drained::Complete) };
        let accounts = config.aws.accounts.clone().unwrap_or_default();
        let accounts = Accounts::with_default_chain(accounts);
        let enabled = inputs::follow(config, &store);
        let inputs = inputs::watch(enabled, followed, inputs::groups(settings.inputs));
        let source =
            CloudWatchConfig { rate: settings.rate, ..CloudWatchConfig::new(incarnation()) };
        let formats = Arc::new(AsConfigured);
        let source = CloudWatchSource::open(source, accounts, inputs, formats, state);
        let meter = InputMeter::new(NAME, InputKind::CloudWatch, worker());
        let input = Input { meter: Arc::new(meter), store: Some(store) };
        let budget = Budget { in_flight: settings.in_flight, grace: settings.grace };
        drive(source, input, budget, deliveries, health, shutdown).await
    }
}
