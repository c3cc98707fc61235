//! `weir ingest-cloudwatch`: flow logs from log groups through enrichers in other processes.

use std::sync::Arc;

use anyhow::anyhow;
use tokio::sync::watch;
use weir_aws::Accounts;
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
use super::store;
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
    if settings.inputs.groups.is_empty() {
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
    let services = weir_ingest::with_ingest_service(Services::new(&health), Arc::clone(&store));
    let administering = tokio::spawn(admin.serve(services, std::future::pending()));
    health.set_ready(true);
    let drained = read(&config, settings, store, (dispatcher, deliveries), &health, &shutdown);
    let drained = drained.await?;
    administering.abort();
    Ok(drained)
}

/// What the configuration says of log groups, where it lists any.
pub(super) fn groups_of(config: &Config) -> Option<IngestCloudWatchSettings> {
    config.aws.ingest_cloudwatch.clone().filter(|settings| !settings.inputs.groups.is_empty())
}

/// Reads the log groups of the configuration until `shutdown`.
pub(super) async fn read(
    config: &Config,
    settings: IngestCloudWatchSettings,
    store: Arc<dyn Store>,
    deliveries: Deliveries,
    health: &Health,
    shutdown: &Shutdown,
) -> anyhow::Result<Drained> {
    let state = store::pinned(&config.services.store, &store, shutdown).await?;
    let Some(state) = state else { return Ok(Drained::Complete) };
    let accounts = Accounts::with_default_chain(config.aws.accounts.clone().unwrap_or_default());
    // Kept to the end: who has the sender decides what is read.
    let (inputs, followed) = watch::channel(settings.inputs);
    let source = CloudWatchConfig {
        overlap: settings.overlap,
        settle: settings.settle,
        rate: settings.rate,
        ..CloudWatchConfig::new(incarnation())
    };
    let formats = Arc::new(AsConfigured);
    let source = CloudWatchSource::open(source, accounts, followed, formats, state);
    let meter = InputMeter::new(NAME, InputKind::CloudWatch, worker());
    let input = Input { meter: Arc::new(meter), store: Some(store) };
    let budget = Budget { in_flight: settings.in_flight, grace: settings.grace };
    let drained = drive(source, input, budget, deliveries, health, shutdown).await;
    drop(inputs);
    drained
}
