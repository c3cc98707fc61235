//! `weir ingest-kinesis`, and Kinesis as an input of `weir run`.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::anyhow;
use tokio::sync::{mpsc, watch};
use weir_aws::{Accounts, AwsConfig};
use weir_delivery::RawRun;
use weir_ingest::{Dispatch, End, IngestConfig, Input, InputKind, InputMeter};
use weir_ingest_kinesis::{KinesisConfig, KinesisSource, StreamConfig};
use weir_lease::LeaseConfig;
use weir_rpc::channel::Connector;
use weir_rpc::dispatcher::{Delivery, Dispatcher, DispatcherConfig, Started};
use weir_rpc::endpoints::{SystemResolver, Targets};
use weir_rpc::health::Health;
use weir_rpc::link::Remote;
use weir_rpc::server::{Server, ServerConfig, Services};
use weir_rpc::tls::Security;
use weir_runtime::drain::Drained;
use weir_runtime::{Shutdown, usage};
use weir_store::{RedisStore, Store, StoreError, StoreOptions};

use super::exporter::octets;
use super::{ServiceArgs, run, security, store};
use crate::config::{Config, KinesisSettings, StoreSettings};

/// The wait before the store is asked for again.
const PAUSE: Duration = Duration::from_secs(2);

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
        let Some(leases) = lease_store(config, &shared, shutdown).await? else {
            return Ok(Drained::Complete);
        };
        let Self { settings, accounts } = self;
        let streams: Arc<[StreamConfig]> = settings.streams.clone().into();
        // Nobody changes what is configured as yet.
        let (_configured, streams) = watch::channel(streams);
        let host = worker();
        let kinesis = kinesis_config(&settings, &host);
        let source =
            KinesisSource::start(kinesis, Arc::new(Accounts::new(accounts)), leases, streams);
        let meter = Arc::new(InputMeter::new("kinesis", InputKind::Kinesis, host));
        let input = Input { meter, store: Some(shared) };
        let budget = Budget { in_flight: settings.in_flight, grace: settings.grace };
        drive(source, input, budget, deliveries, health, shutdown).await
    }
}

fn kinesis_config(settings: &KinesisSettings, host: &str) -> KinesisConfig {
    // Unlike any other process, and unlike itself before a restart.
    let mark = RandomState::new().hash_one(SystemTime::now());
    let worker = format!("{host}-{mark:016x}");
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

/// The store of leases: one that notices the loss of its data. None when a shutdown was asked for
/// before a server answered.
async fn lease_store(
    config: &Config,
    shared: &Arc<dyn Store>,
    shutdown: &Shutdown,
) -> anyhow::Result<Option<Arc<dyn Store>>> {
    let StoreSettings::Redis(redis) = &config.services.store else {
        return Ok(Some(Arc::clone(shared)));
    };
    let store = RedisStore::new(redis.clone(), StoreOptions::default())?;
    loop {
        match store.pinned().await {
            Ok(pinned) => return Ok(Some(Arc::new(pinned))),
            Err(error @ (StoreError::Unreachable { .. } | StoreError::Refused { .. })) => {
                tracing::warn!(%error, "leases have to wait for their store");
            }
            Err(error) => return Err(error.into()),
        }
        tokio::select! {
            () = shutdown.requested() => return Ok(None),
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
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
