//! `[ingest_kinesis.cloudwatch]`: what is put to CloudWatch of how streams are read.

use std::time::Duration;

use serde::Serialize;
use weir_aws::region_code;
use weir_ingest_kinesis::CloudWatchConfig;
use weir_runtime::config::{DurationRange, Section, duration_text};

/// From one time that metrics are put to the next.
const INTERVALS: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: Duration::from_secs(3600) };

/// What is put to CloudWatch of how streams are read.
#[derive(Clone, Debug)]
pub(crate) struct KinesisMetricsSettings {
    /// Whether anything is.
    is_enabled: bool,
    /// The namespace; the consumer's name when none.
    namespace: Option<String>,
    /// The region; the account's default one when none.
    region: Option<String>,
    /// From one time to the next.
    interval: Duration,
}

impl Default for KinesisMetricsSettings {
    fn default() -> Self {
        let interval = Duration::from_secs(10);
        Self { is_enabled: false, namespace: None, region: None, interval }
    }
}

impl KinesisMetricsSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        Self {
            is_enabled: section.switch("enabled").unwrap_or(default.is_enabled),
            namespace: section.text("namespace", namespace),
            region: section.text("region", region_code),
            interval: section.duration("interval", &INTERVALS).unwrap_or(default.interval),
        }
    }

    /// What a worker is to put; nothing where that is not switched on. The library calls the
    /// namespace and the consumer after the application.
    pub(crate) fn config(&self, consumer: &str, worker: String) -> Option<CloudWatchConfig> {
        let config = || CloudWatchConfig {
            region: self.region.clone(),
            interval: self.interval,
            ..CloudWatchConfig::new(self.namespace_or(consumer), worker)
        };
        self.is_enabled.then(config)
    }

    fn namespace_or<'a>(&'a self, consumer: &'a str) -> &'a str {
        self.namespace.as_deref().unwrap_or(consumer)
    }

    pub(super) fn dump<'a>(&'a self, consumer: &'a str) -> KinesisMetricsDump<'a> {
        KinesisMetricsDump {
            enabled: self.is_enabled,
            namespace: self.namespace_or(consumer),
            region: self.region.as_deref(),
            interval: duration_text(self.interval),
        }
    }
}

/// The section as TOML.
#[derive(Serialize)]
pub(super) struct KinesisMetricsDump<'a> {
    enabled: bool,
    namespace: &'a str,
    region: Option<&'a str>,
    interval: String,
}

/// 1 to 255 letters, digits and `.-_/#:`, and not one of AWS's own
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>).
fn namespace(text: &str) -> Result<String, &'static str> {
    let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || b".-_/#:".contains(&octet);
    let is_good = (1..=255).contains(&text.len())
        && text.bytes().all(is_allowed)
        && !text.starts_with(':')
        && !text.starts_with("AWS/");
    let advice = "give 1 to 255 letters, digits and .-_/#: that do not begin with AWS/ or a colon";
    is_good.then(|| text.to_owned()).ok_or(advice)
}
