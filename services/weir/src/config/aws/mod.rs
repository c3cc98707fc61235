//! What is asked of the services that call AWS: the sections `[aws]`, `[discovery]` and
//! `[ingest_kinesis]`.

mod discovery;
pub(super) mod dump;
mod kinesis;

use weir_aws::AwsConfig;
use weir_runtime::config::Section;

pub(crate) use discovery::DiscoverySettings;
pub(crate) use kinesis::KinesisSettings;

/// The sections that only a weir with the feature `aws` reads; `None` where the file has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct AwsSections {
    pub(crate) accounts: Option<AwsConfig>,
    pub(crate) discovery: Option<DiscoverySettings>,
    pub(crate) kinesis: Option<KinesisSettings>,
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
        let kinesis = root.section("ingest_kinesis", |section| {
            let is_missing = section.is_empty();
            let kinesis = KinesisSettings::read(section);
            (!is_missing).then_some(kinesis)
        });
        Self { accounts, discovery, kinesis }
    }
}
