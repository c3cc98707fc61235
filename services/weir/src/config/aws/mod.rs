//! What is asked of services that call AWS: the sections `[aws]`, `[discovery]` and
//! `[ingest_cloudwatch]`.

mod discovery;
pub(super) mod dump;
mod ingest_cloudwatch;

use weir_aws::AwsConfig;
use weir_runtime::config::Section;

pub(crate) use discovery::DiscoverySettings;
pub(crate) use ingest_cloudwatch::IngestCloudWatchSettings;

/// The sections that only a weir with the feature `aws` reads; `None` where the file has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct AwsSections {
    pub(crate) accounts: Option<AwsConfig>,
    pub(crate) discovery: Option<DiscoverySettings>,
    pub(crate) ingest_cloudwatch: Option<IngestCloudWatchSettings>,
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
        Self { accounts, discovery, ingest_cloudwatch }
    }
}
