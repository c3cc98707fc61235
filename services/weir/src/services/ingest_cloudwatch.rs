//! `weir ingest-cloudwatch`: flow logs from log groups through enrichers in other processes.

use std::sync::Arc;

use anyhow::anyhow;
use weir_aws::Accounts;
use weir_control::settings;
use weir_ingest::{Input, InputKind, InputMeter};
use weir_ingest_cloudwatch::{CloudWatchConfig, CloudWatchSource};
use weir_rpc::health::Health;
use weir_runtime::drain::Drained;
use weir_runtime::{Shutdown, usage};
use weir_store::Store;

use super::drive::{Deliveries, drive, incarnation, worker};
use super::source::serve;
use super::store::{self, Settings};
use super::{ServiceArgs, run, security};
use super::{accounts, inputs};
use crate::config::{Config, IngestCloudWatchSettings, StoreSettings};

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
    if settings.service.enrichers.is_empty() {
        return missing("enrichers", "give the enrichers' URLs, such as https://enricher:4470");
    }
    if settings.inputs.groups.is_empty() && !inputs::may_come(&config) {
        return missing("groups", "give the log groups that flow logs are written to");
    }
    let telemetry = config.telemetry.clone();
    run("weir-ingest-cloudwatch", &telemetry, log_level, |shutdown| async move {
        let service = settings.service.clone();
        serve(
            "ingest-cloudwatch",
            &service,
            &config,
            security,
            async |store, deliveries, health| {
                let followed = settings::follow(Arc::clone(&store), config.file_settings());
                let stage = Stage { settings, followed, store, deliveries };
                stage.read(&config, health, &shutdown).await
            },
        )
        .await
    })
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
        let Self { mut settings, followed, store, deliveries } = self;
        let state = store::pinned(&config.services.store, &store, shutdown).await?;
        let Some(state) = state else { return Ok(Drained::Complete) };
        // A store that ends with the process has nothing to lose.
        let is_new = matches!(config.services.store, StoreSettings::Memory);
        settings.inputs.groups.iter_mut().for_each(|input| input.begin |= is_new);
        let accounts = accounts::follow(config, &store, &followed, Accounts::with_default_chain);
        let enabled = inputs::follow(config, &store);
        let source =
            CloudWatchConfig { rate: settings.rate, ..CloudWatchConfig::new(incarnation()) };
        let (reading, reads) = (enabled.clone(), source.reads.clone());
        let _noting = inputs::note(Arc::clone(&store), reading, reads, inputs::unread_groups);
        let inputs = inputs::watch(enabled, followed, inputs::groups(settings.inputs));
        let formats = inputs::follow_formats(config, &store);
        let source = CloudWatchSource::open(source, accounts, inputs, formats, state);
        let meter = InputMeter::new(NAME, InputKind::CloudWatch, worker());
        let input = Input { meter: Arc::new(meter), store: Some(store) };
        drive(source, input, &settings.service, deliveries, health, shutdown).await
    }
}
