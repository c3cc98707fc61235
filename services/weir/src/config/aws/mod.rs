//! What is asked of services that call AWS: the sections `[aws]`, `[discovery]`,
//! `[ingest_cloudwatch]`, `[ingest_kinesis]` and `[ingest_s3]`.

mod discovery;
pub(super) mod dump;
mod ingest_cloudwatch;
mod ingest_s3;
mod kinesis;

use weir_aws::AwsConfig;
use weir_control::settings::SettingValues;
use weir_runtime::config::Section;

pub(crate) use discovery::DiscoverySettings;
pub(crate) use ingest_cloudwatch::IngestCloudWatchSettings;
pub(crate) use ingest_s3::IngestS3Settings;
pub(crate) use kinesis::KinesisSettings;

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
        let accounts = root.section("aws", |section| {
            let is_missing = section.is_empty();
            let accounts = AwsConfig::read(section);
            (!is_missing).then_some(accounts)
        });
        let discovery = root.section("discovery", |section| {
            let is_missing = section.is_empty();
            let discovery = DiscoverySettings::read(section);
            (!is_missing).then_some(discovery)
        });
        let ingest_cloudwatch = root.section("ingest_cloudwatch", |section| {
            let is_missing = section.is_empty();
            let ingest_cloudwatch = IngestCloudWatchSettings::read(section);
            (!is_missing).then_some(ingest_cloudwatch)
        });
        let kinesis = root.section("ingest_kinesis", |section| {
            let is_missing = section.is_empty();
            let kinesis = KinesisSettings::read(section);
            (!is_missing).then_some(kinesis)
        });
        let ingest_s3 = root.section("ingest_s3", |section| {
            let is_missing = section.is_empty();
            let ingest_s3 = IngestS3Settings::read(section);
            (!is_missing).then_some(ingest_s3)
        });
        Self { accounts, discovery, ingest_cloudwatch, kinesis, ingest_s3 }
    }

    /// What these sections say of the settings, defaults too.
    pub(super) fn settings(&self) -> SettingValues {
        let concurrency =
            |each: &IngestS3Settings| u32::try_from(each.inputs.concurrency.get()).ok();
        let schedule = self.discovery.as_ref().map(|each| &each.discovery.timing.schedule);
        SettingValues {
            cron: schedule.map(|schedule| schedule.text().to_owned()),
            timezone: schedule.map(|schedule| schedule.timezone().to_owned()),
            s3_concurrency: self.ingest_s3.as_ref().and_then(concurrency),
            session_duration: self.accounts.as_ref().map(|accounts| accounts.session_duration),
            ..SettingValues::default()
        }
    }
}
