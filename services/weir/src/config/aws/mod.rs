//! What is asked of services that call AWS: the sections `[aws]`, `[discovery]`,
//! `[ingest_cloudwatch]`, `[ingest_kinesis]` and `[ingest_s3]`.

mod discovery;
pub(super) mod dump;
mod ingest_cloudwatch;
mod ingest_s3;
mod kinesis;
mod kinesis_metrics;

use weir_aws::AwsConfig;
use weir_control::settings::SettingValues;
use weir_runtime::config::Section;

pub(crate) use discovery::DiscoverySettings;
pub(crate) use ingest_cloudwatch::IngestCloudWatchSettings;
pub(crate) use ingest_s3::IngestS3Settings;
pub(crate) use kinesis::{KinesisSettings, retrieval};

/// The sections that only a weir with the feature `aws` reads; `None` where the file has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct AwsSections {
    pub(crate) accounts: Option<AwsConfig>,
    pub(crate) discovery: Option<DiscoverySettings>,
    pub(crate) ingest_cloudwatch: Option<IngestCloudWatchSettings>,
    pub(crate) kinesis: Option<KinesisSettings>,
    pub(crate) ingest_s3: Option<IngestS3Settings>,
}

impl AwsSections {
    pub(super) fn read(root: &mut Section<'_>) -> Self {
        let accounts = given(root, "aws", AwsConfig::read);
        let discovery = given(root, "discovery", DiscoverySettings::read);
        let ingest_cloudwatch = given(root, "ingest_cloudwatch", IngestCloudWatchSettings::read);
        let kinesis = given(root, "ingest_kinesis", KinesisSettings::read);
        let ingest_s3 = given(root, "ingest_s3", IngestS3Settings::read);
        Self { accounts, discovery, ingest_cloudwatch, kinesis, ingest_s3 }
    }

    /// What these sections say of the settings, defaults too.
    pub(super) fn settings(&self) -> SettingValues {
        let concurrency =
            |each: &IngestS3Settings| u32::try_from(each.inputs.concurrency.get()).ok();
        let schedule = self.discovery.as_ref().map(|each| &each.discovery.timing.schedule);
        let cloudwatch = self.ingest_cloudwatch.as_ref().map(|each| &each.inputs);
        SettingValues {
            cron: schedule.map(|schedule| schedule.text().to_owned()),
            timezone: schedule.map(|schedule| schedule.timezone().to_owned()),
            cloudwatch_request_interval: cloudwatch.map(|inputs| inputs.interval),
            cloudwatch_overlap: cloudwatch.map(|inputs| inputs.overlap),
            cloudwatch_settle: cloudwatch.map(|inputs| inputs.settle),
            kcl_metrics_level: self.kinesis.as_ref().map(|kinesis| kinesis.metrics_level),
            s3_concurrency: self.ingest_s3.as_ref().and_then(concurrency),
            session_duration: self.accounts.as_ref().map(|accounts| accounts.session_duration),
            ..SettingValues::default()
        }
    }
}

/// A section; none where the file has none, not even its heading.
fn given<T>(
    root: &mut Section<'_>,
    key: &'static str,
    read: impl FnOnce(&mut Section<'_>) -> T,
) -> Option<T> {
    let is_given = root.gives(key);
    let section = root.section(key, read);
    is_given.then_some(section)
}
