//! `weir ingest-s3`: flow logs from S3 through enrichers in other processes.

use std::sync::Arc;

use anyhow::anyhow;
use weir_aws::Accounts;
use weir_control::settings;
use weir_ingest::{Input, InputKind, InputMeter};
use weir_ingest_s3::S3Source;
use weir_rpc::health::Health;
use weir_runtime::drain::Drained;
use weir_runtime::{Shutdown, usage};
use weir_store::Store;

use super::accounts;
use super::drive::{Deliveries, drive, worker};
use super::inputs::{self, BetterInputs};
use super::source::serve;
use super::store::Settings;
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
    if settings.service.enrichers.is_empty() {
        return missing("enrichers", "give the enrichers' URLs, such as https://enricher:4470");
    }
    if settings.inputs.queues.is_empty() && !inputs::may_come(&config) {
        return missing("queues", "give the queues that tell of new objects");
    }
    let telemetry = config.telemetry.clone();
    run("weir-ingest-s3", &telemetry, log_level, |shutdown| async move {
        let service = settings.service.clone();
        serve("ingest-s3", &service, &config, security, async |store, deliveries, health| {
            let followed = settings::follow(Arc::clone(&store), config.file_settings());
            let stage = Stage { settings, followed, store, deliveries };
            stage.read(&config, health, &shutdown).await
        })
        .await
    })
}

/// What the configuration says of queues, where it lists any, or some may be enabled.
pub(super) fn queues_of(config: &Config) -> Option<IngestS3Settings> {
    let settings = config.aws.ingest_s3.clone();
    settings.filter(|it| !it.inputs.queues.is_empty() || inputs::may_come(config))
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
        let accounts = accounts::follow(config, &store, &followed, Accounts::with_default_chain);
        let enabled = inputs::follow(config, &store);
        let coverage = Arc::new(BetterInputs::new(enabled.clone()));
        let reads = settings.source.reads.clone();
        let reading = enabled.clone();
        let _noting = inputs::note(Arc::clone(&store), reading, reads, inputs::unread_queues);
        let queues = inputs::watch(enabled, followed, inputs::queues(settings.inputs));
        let (formats, memory) = (inputs::follow_formats(config, &store), Arc::clone(&store));
        let source = S3Source::open(settings.source, accounts, queues, coverage, formats, memory);
        let meter = InputMeter::new(NAME, InputKind::S3, worker());
        let input = Input { meter: Arc::new(meter), store: Some(store) };
        drive(source, input, &settings.service, deliveries, health, shutdown).await
    }
}
