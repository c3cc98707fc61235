//! `[control]`, and what the file says of the settings that may change at run time.

use std::path::PathBuf;

use weir_control::settings::{FileSettings, Setting, SettingValues};
use weir_exporter::CollectorConfig;
use weir_runtime::config::Section;

use super::{Config, accepted};

/// How people change settings and accounts at run time.
#[derive(Clone, Debug, Default)]
pub(crate) struct ControlSettings {
    /// Whether the file is authoritative.
    pub(crate) locked: bool,
    /// The key that access keys are sealed with.
    pub(crate) key_file: Option<PathBuf>,
}

impl ControlSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let locked = section.switch("locked").unwrap_or_default();
        Self { locked, key_file: section.text("key_file", accepted::path) }
    }
}

/// The keys that are settings too, where the file may give them.
const KEYS: [(Setting, &str); 14] = [
    (Setting::Cron, "discovery.cron"),
    (Setting::Timezone, "discovery.timezone"),
    (Setting::SessionDuration, "aws.session_duration"),
    (Setting::KclMetricsLevel, "ingest_kinesis.metrics_level"),
    (Setting::CloudwatchRequestInterval, "ingest_cloudwatch.interval"),
    (Setting::CloudwatchOverlap, "ingest_cloudwatch.overlap"),
    (Setting::CloudwatchSettle, "ingest_cloudwatch.settle"),
    (Setting::S3Concurrency, "ingest_s3.concurrency"),
    (Setting::MaxPacketSize, "exporter.collectors.max_packet_size"),
    (Setting::RecordsPerSecond, "exporter.collectors.records_per_second"),
    (Setting::AddFields, "exporter.add_fields"),
    (Setting::ExporterInFlight, "exporter.in_flight"),
    (Setting::ExporterHeld, "exporter.held"),
    (Setting::EnricherInFlight, "enricher.in_flight"),
];

/// The settings that the file gives.
pub(super) fn given(root: &Section<'_>) -> Vec<Setting> {
    let given = KEYS.iter().filter(|(_, key)| root.gives(key));
    given.map(|(setting, _)| *setting).collect()
}

impl Config {
    /// What the file says of the settings.
    pub(crate) fn file_settings(&self) -> FileSettings {
        let mut all = self.aws.settings();
        let services = &self.services;
        let names = self.exporter.add_fields.iter().map(|field| field.key.to_owned());
        all.add_fields = Some(names.collect());
        all.exporter_in_flight = Some(services.exporter.in_flight);
        all.exporter_held = Some(services.exporter.held);
        all.enricher_in_flight = Some(services.enricher.in_flight);
        let size = |each: &CollectorConfig| u32::try_from(each.max_packet_size).unwrap_or(u32::MAX);
        all.max_packet_size = self.of_all_collectors(size);
        all.records_per_second = self.of_all_collectors(|each| each.records_per_second);
        let mut values = SettingValues::default();
        values.take_over(&self.given_settings, &all);
        let is_varied = |setting: &Setting| setting.shown(&values).is_none();
        let varied = self.given_settings.iter().copied().filter(is_varied).collect();
        FileSettings { values, varied, is_locked: self.control.locked }
    }

    /// The value that all collectors have; none where they differ.
    fn of_all_collectors<T: PartialEq>(&self, of: impl Fn(&CollectorConfig) -> T) -> Option<T> {
        let mut values = self.exporter.collectors.iter().map(of);
        let first = values.next()?;
        values.all(|value| value == first).then_some(first)
    }
}
