//! `weir ingest-kinesis`, and Kinesis as an input of `weir run`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use weir_aws::Accounts;
use weir_control::settings;
use weir_ingest::{Input, InputKind, InputMeter};
use weir_ingest_kinesis::{KinesisConfig, KinesisSource};
use weir_lease::LeaseConfig;
use weir_rpc::health::Health;
use weir_runtime::drain::Drained;
use weir_runtime::{Shutdown, usage};
use weir_store::Store;

use super::drive::{Deliveries, drive, incarnation, worker};
use super::exporter::octets;
use super::source::serve;
use super::{ServiceArgs, accounts, inputs, run, security, store};
use crate::config::{Config, KinesisSettings, StoreSettings};

/// What stands under `[ingest_kinesis]`, and what that needs.
#[derive(Clone)]
pub(super) struct Kinesis {
    settings: KinesisSettings,
}

impl Kinesis {
    /// What stands there; none where it lists no streams and none can be enabled, or where there
    /// is no such section.
    ///
    /// # Errors
    ///
    /// When leases would not outlive the process.
    pub(super) fn of(config: &Config, args: &ServiceArgs) -> anyhow::Result<Option<Self>> {
        let Some(settings) = config.aws.kinesis.clone() else { return Ok(None) };
        if settings.streams.is_empty() && !inputs::may_come(config) {
            return Ok(None);
        }
        if matches!(config.services.store, StoreSettings::Memory) {
            let file = args.path().display();
            return Err(usage(anyhow!(
                "{file}: store: there is none: leases and checkpoints of Kinesis have to outlive \
                 the process: give url for several workers, or file for one"
            )));
        }
        Ok(Some(Self { settings }))
    }

    /// The most octets of text that the exporter has not taken over.
    pub(super) fn in_flight(&self) -> u64 {
        self.settings.service.in_flight
    }

    /// How long what is in flight may take after a shutdown is asked for.
    pub(super) fn grace(&self) -> Duration {
        self.settings.service.grace
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
        let Self { settings } = self;
        let enabled = inputs::follow(config, &shared);
        let followed = settings::follow(Arc::clone(&shared), config.file_settings());
        let level = |known: &inputs::Known<'_>| known.settings.kcl_metrics_level;
        let mut kinesis = kinesis_config(&settings);
        kinesis.metrics_level = inputs::watch(enabled.clone(), followed.clone(), level);
        let accounts = accounts::follow(config, &shared, &followed, Accounts::new);
        let (reading, reads) = (enabled.clone(), kinesis.reads.clone());
        let _noting = inputs::note(Arc::clone(&shared), reading, reads, inputs::unread_streams);
        let streams = inputs::streams(settings.streams.clone(), settings.consumer.clone());
        let streams = inputs::watch(enabled, followed, streams);
        let formats = inputs::follow_formats(config, &shared);
        let source = KinesisSource::start_with(kinesis, accounts, leases, streams, formats);
        let meter = Arc::new(InputMeter::new("kinesis", InputKind::Kinesis, worker()));
        let input = Input { meter, store: Some(shared) };
        drive(source, input, &settings.service, deliveries, health, shutdown).await
    }
}

fn kinesis_config(settings: &KinesisSettings) -> KinesisConfig {
    let this = incarnation();
    let mut config = KinesisConfig::new(this.clone());
    config.leases = LeaseConfig {
        failover: settings.failover,
        scan: settings.failover / 2,
        ..LeaseConfig::new(this)
    };
    config.idle = settings.idle;
    config.remembered_events = octets(settings.remembered_events);
    config.max_fetched_octets = octets(settings.max_fetched);
    config.cloudwatch = settings.cloudwatch.config(&settings.consumer, worker());
    config
}

/// Reads Kinesis streams until a signal asks it to end.
pub(crate) fn ingest_kinesis(args: &ServiceArgs, log_level: Option<&str>) -> anyhow::Result<()> {
    let config = args.load()?;
    let security = security(&config, args)?;
    let file = args.path().display();
    if config.aws.kinesis.as_ref().is_none_or(|settings| settings.service.enrichers.is_empty()) {
        return Err(usage(anyhow!(
            "{file}: ingest_kinesis.enrichers: missing: say where the enrichers are"
        )));
    }
    let kinesis = Kinesis::of(&config, args)?.ok_or_else(|| {
        usage(anyhow!("{file}: ingest_kinesis.streams: missing: list the streams to read"))
    })?;
    let telemetry = config.telemetry.clone();
    run("weir-ingest-kinesis", &telemetry, log_level, |shutdown| async move {
        let service = kinesis.settings.service.clone();
        serve("ingest-kinesis", &service, &config, security, async |store, deliveries, health| {
            kinesis.read(&config, store, deliveries, health, &shutdown).await
        })
        .await
    })
}
