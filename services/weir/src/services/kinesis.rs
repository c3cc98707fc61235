//! `weir ingest-kinesis`, and Kinesis as an input of `weir run`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use tokio::sync::watch;
use weir_aws::{Accounts, AwsConfig};
use weir_ingest::{Input, InputKind, InputMeter};
use weir_ingest_kinesis::{KinesisConfig, KinesisSource, StreamConfig};
use weir_lease::LeaseConfig;
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
use super::{ServiceArgs, run, security, store};
use crate::config::{Config, KinesisSettings, StoreSettings};

/// What stands under `[ingest_kinesis]`, and what that needs.
#[derive(Clone)]
pub(super) struct Kinesis {
    settings: KinesisSettings,
    accounts: AwsConfig,
}

impl Kinesis {
    /// The streams of the configuration; none when there are none.
    ///
    /// # Errors
    ///
    /// When leases would not outlive the process.
    pub(super) fn of(config: &Config, args: &ServiceArgs) -> anyhow::Result<Option<Self>> {
        let settings = config.aws.kinesis.clone().unwrap_or_default();
        if settings.streams.is_empty() {
            return Ok(None);
        }
        if matches!(config.services.store, StoreSettings::Memory) {
            let file = args.path().display();
            return Err(usage(anyhow!(
                "{file}: store: there is none: leases and checkpoints of Kinesis have to outlive \
                 the process: give url for several workers, or file for one"
            )));
        }
        let accounts = config.aws.accounts.clone().unwrap_or_default();
        Ok(Some(Self { settings, accounts }))
    }

    /// The most octets of text that the exporter has not taken over.
    pub(super) fn in_flight(&self) -> u64 {
        self.settings.in_flight
    }

    /// How long what is in flight may take after a shutdown is asked for.
    pub(super) fn grace(&self) -> Duration {
        self.settings.grace
    }

    /// Reads the streams until `shutdown`.
    pub(super) async fn read(
        self,
        config: &Config,
        shared: Arc<dyn Store>,
        deliveries: Deliveries,
        health: &Health,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Drained> {
        let leases = store::pinned(&config.services.store, &shared, shutdown).await?;
        let Some(leases) = leases else { return Ok(Drained::Complete) };
        let Self { settings, accounts } = self;
        let streams: Arc<[StreamConfig]> = settings.streams.clone().into();
        // Nobody changes what is configured as yet.
        let (_configured, streams) = watch::channel(streams);
        let kinesis = kinesis_config(&settings);
        let source =
            KinesisSource::start(kinesis, Arc::new(Accounts::new(accounts)), leases, streams);
        let meter = Arc::new(InputMeter::new("kinesis", InputKind::Kinesis, worker()));
        let input = Input { meter, store: Some(shared) };
        let budget = Budget { in_flight: settings.in_flight, grace: settings.grace };
        drive(source, input, budget, deliveries, health, shutdown).await
    }
}

fn kinesis_config(settings: &KinesisSettings) -> KinesisConfig {
    let worker = incarnation();
    let mut config = KinesisConfig::new(worker.clone());
    config.leases = LeaseConfig {
        failover: settings.failover,
        scan: settings.failover / 2,
        ..LeaseConfig::new(worker)
    };
    config.idle = settings.idle;
    config.remembered_events = octets(settings.remembered_events);
    config.max_fetched_octets = octets(settings.max_fetched);
    config
}

/// Reads Kinesis streams until a signal asks it to end.
pub(crate) fn ingest_kinesis(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let security = security(&config, args)?;
    let file = args.path().display();
    let kinesis = Kinesis::of(&config, args)?.ok_or_else(|| {
        usage(anyhow!("{file}: ingest_kinesis.streams: missing: list the streams to read"))
    })?;
    if kinesis.settings.enrichers.is_empty() {
        return Err(usage(anyhow!(
            "{file}: ingest_kinesis.enrichers: missing: say where the enrichers are"
        )));
    }
    let telemetry = config.telemetry.clone();
    run("weir-ingest-kinesis", &telemetry, log_level, |shutdown| {
        serve(config, security, kinesis, shutdown)
    })
}

async fn serve(
    config: Config,
    security: Security,
    kinesis: Kinesis,
    shutdown: Shutdown,
) -> anyhow::Result<Drained> {
    let settings = &kinesis.settings;
    let targets = Targets::new(settings.enrichers.clone(), &security)?;
    let endpoints = targets.watch(Arc::new(SystemResolver));
    let receivers = Remote::new(endpoints, Connector::new(&security)?);
    let budget = octets(settings.in_flight);
    let dispatcher = DispatcherConfig { in_flight_octets: budget, ..DispatcherConfig::default() };
    let Started { dispatcher, deliveries, .. } = Dispatcher::start(receivers, dispatcher);
    let store = store::open(&config.services.store).await?;
    let admin = Server::bind(ServerConfig::admin(settings.admin_listen, security)).await?;
    tracing::info!(admin = %admin.local_addr(), "ingest-kinesis listens");
    let health = Health::new();
    let services = weir_ingest::with_ingest_service(Services::new(&health), Arc::clone(&store));
    let administering = tokio::spawn(admin.serve(services, std::future::pending()));
    health.set_ready(true);
    let drained =
        kinesis.read(&config, store, (dispatcher, deliveries), &health, &shutdown).await?;
    administering.abort();
    Ok(drained)
}
