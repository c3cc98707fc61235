//! `weir ingest-s3`: flow logs from S3 through enrichers in other processes.

use std::num::NonZeroUsize;
use std::sync::Arc;

use anyhow::anyhow;
use tokio::sync::watch;
use weir_aws::Accounts;
use weir_control::settings::{self, Effective};
use weir_ingest::{Input, InputKind, InputMeter};
use weir_ingest_s3::{ExportAll, Inputs, S3Source};
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

use super::drive::{Budget, Deliveries, drive, worker};
use super::exporter::octets;
use super::store::{self, Settings};
use super::{ServiceArgs, run, security};
use crate::config::{Config, IngestS3Settings};

/// The name of the input in metrics and in the state of inputs.
const NAME: &str = "s3";

/// Reads queues until a signal asks it to end.
pub(crate) fn ingest_s3(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let security = security(&config, args)?;
    let settings = config.aws.ingest_s3.clone().unwrap_or_default();
    let missing = |key: &str, advice: &str| {
        let file = args.path().display();
        Err(usage(anyhow!("{file}: ingest_s3.{key}: missing: {advice}")))
    };
    if settings.enrichers.is_empty() {
        return missing("enrichers", "give the enrichers' URLs, such as https://enricher:4470");
    }
    if settings.inputs.queues.is_empty() {
        return missing("queues", "give the queues that tell of new objects");
    }
    let telemetry = config.telemetry.clone();
    run("weir-ingest-s3", &telemetry, log_level, |shutdown| {
        serve(config, settings, security, shutdown)
    })
}

async fn serve(
    config: Config,
    settings: IngestS3Settings,
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
    tracing::info!(admin = %admin.local_addr(), "ingest-s3 listens");
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

/// What the configuration says of queues, where it lists any.
pub(super) fn queues_of(config: &Config) -> Option<IngestS3Settings> {
    config.aws.ingest_s3.clone().filter(|settings| !settings.inputs.queues.is_empty())
}

/// The source and what it works with.
pub(super) struct Stage {
    /// What the file says.
    pub(super) settings: IngestS3Settings,
    /// What counts of the settings that may change.
    pub(super) followed: Settings,
    /// Remembers finished objects.
    pub(super) store: Arc<dyn Store>,
    /// The way to the enrichers.
    pub(super) deliveries: Deliveries,
}

impl Stage {
    /// Reads the queues until `shutdown`.
    pub(super) async fn read(
        self,
        config: &Config,
        health: &Health,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Drained> {
        let Self { settings, followed, store, deliveries } = self;
        let accounts = config.aws.accounts.clone().unwrap_or_default();
        let accounts = Accounts::with_default_chain(accounts);
        let inputs = follow_inputs(settings.inputs, followed);
        let coverage = Arc::new(ExportAll);
        let memory = Arc::clone(&store);
        let source = S3Source::open(settings.source, accounts, inputs, coverage, memory);
        let meter = InputMeter::new(NAME, InputKind::S3, worker());
        let input = Input { meter: Arc::new(meter), store: Some(store) };
        let budget = Budget { in_flight: settings.in_flight, grace: settings.grace };
        drive(source, input, budget, deliveries, health, shutdown).await
    }
}

/// The inputs of the file with the concurrency that counts.
fn follow_inputs(mut inputs: Inputs, mut followed: Settings) -> watch::Receiver<Inputs> {
    let apply = |inputs: &mut Inputs, settings: &Effective| {
        let concurrency = usize::try_from(settings.s3_concurrency).ok();
        let concurrency = concurrency.and_then(NonZeroUsize::new);
        let is_new = concurrency.is_some_and(|concurrency| concurrency != inputs.concurrency);
        inputs.concurrency = concurrency.unwrap_or(inputs.concurrency);
        is_new
    };
    apply(&mut inputs, &followed.borrow_and_update());
    let (publisher, receiver) = watch::channel(inputs);
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = publisher.closed() => return,
                // Settings that nobody can change any more stay.
                changed = followed.changed() => if changed.is_err() {
                    return publisher.closed().await;
                }
            }
            let settings = followed.borrow_and_update().clone();
            publisher.send_if_modified(|inputs| apply(inputs, &settings));
        }
    });
    receiver
}
