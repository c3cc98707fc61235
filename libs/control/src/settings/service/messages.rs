//! Settings as messages.

use std::time::Duration;

use weir_rpc::pb;
use weir_rpc::status::Violations;

use crate::settings::catalogue::{Effective, Setting, SettingValues};
use crate::settings::origin::{FileSettings, Origin};
use crate::settings::value::MetricsLevel;

/// The field of a setting in a request.
pub(super) fn path(setting: Setting) -> String {
    format!("settings.{}", setting.path())
}

/// The values that count. Where the file gives each collector its own there is none.
pub(super) fn effective(file: &FileSettings, effective: &Effective) -> pb::Settings {
    let Effective { over_file, .. } = effective;
    let is_one =
        |setting: Setting| setting.shown(over_file).is_some() || !file.varied.contains(&setting);
    let packets = is_one(Setting::MaxPacketSize);
    let rates = is_one(Setting::RecordsPerSecond);
    settings(&SettingValues {
        cron: Some(effective.cron.clone()),
        timezone: Some(effective.timezone.clone()),
        session_duration: Some(effective.session_duration),
        kcl_metrics_level: Some(effective.kcl_metrics_level),
        cloudwatch_request_interval: Some(effective.cloudwatch_request_interval),
        cloudwatch_overlap: Some(effective.cloudwatch_overlap),
        cloudwatch_settle: Some(effective.cloudwatch_settle),
        s3_concurrency: Some(effective.s3_concurrency),
        max_packet_size: packets.then_some(effective.max_packet_size),
        records_per_second: rates.then_some(effective.records_per_second),
        add_fields: Some(effective.add_fields.clone()),
        exporter_in_flight: Some(effective.exporter_in_flight),
        exporter_held: Some(effective.exporter_held),
        enricher_in_flight: Some(effective.enricher_in_flight),
    })
}

/// Values as a message.
pub(super) fn settings(values: &SettingValues) -> pb::Settings {
    let duration = |time: Option<Duration>| time.and_then(|time| time.try_into().ok());
    pb::Settings {
        cron: values.cron.clone(),
        timezone: values.timezone.clone(),
        session_duration: duration(values.session_duration),
        kcl_metrics_level: values.kcl_metrics_level.map_or(0, |level| level_message(level).into()),
        cloudwatch_request_interval: duration(values.cloudwatch_request_interval),
        cloudwatch_overlap: duration(values.cloudwatch_overlap),
        cloudwatch_settle: duration(values.cloudwatch_settle),
        s3_concurrency: values.s3_concurrency,
        max_packet_size: values.max_packet_size,
        records_per_second: values.records_per_second,
        add_fields: values.add_fields.clone().map(|names| pb::FieldNames { names }),
        exporter_in_flight: values.exporter_in_flight,
        exporter_held: values.exporter_held,
        enricher_in_flight: values.enricher_in_flight,
    }
}

/// A message's values. What has no form here is a violation.
pub(super) fn values(message: &pb::Settings, violations: &mut Violations) -> SettingValues {
    let message = message.clone();
    let mut duration = |setting: Setting, time: Option<prost_types::Duration>| {
        let time = time.map(Duration::try_from);
        if matches!(time, Some(Err(_))) {
            violations.add(&path(setting), "a time below 0 or beyond all ranges");
        }
        time.and_then(Result::ok)
    };
    let session_duration = duration(Setting::SessionDuration, message.session_duration);
    let interval = Setting::CloudwatchRequestInterval;
    let cloudwatch_request_interval = duration(interval, message.cloudwatch_request_interval);
    let cloudwatch_overlap = duration(Setting::CloudwatchOverlap, message.cloudwatch_overlap);
    let cloudwatch_settle = duration(Setting::CloudwatchSettle, message.cloudwatch_settle);
    SettingValues {
        cron: message.cron,
        timezone: message.timezone,
        session_duration,
        kcl_metrics_level: level(message.kcl_metrics_level, violations),
        cloudwatch_request_interval,
        cloudwatch_overlap,
        cloudwatch_settle,
        s3_concurrency: message.s3_concurrency,
        max_packet_size: message.max_packet_size,
        records_per_second: message.records_per_second,
        add_fields: message.add_fields.map(|fields| fields.names),
        exporter_in_flight: message.exporter_in_flight,
        exporter_held: message.exporter_held,
        enricher_in_flight: message.enricher_in_flight,
    }
}

fn level(number: i32, violations: &mut Violations) -> Option<MetricsLevel> {
    match pb::KclMetricsLevel::try_from(number) {
        Ok(pb::KclMetricsLevel::Unspecified) => None,
        Ok(pb::KclMetricsLevel::None) => Some(MetricsLevel::None),
        Ok(pb::KclMetricsLevel::Summary) => Some(MetricsLevel::Summary),
        Ok(pb::KclMetricsLevel::Detailed) => Some(MetricsLevel::Detailed),
        Err(_) => {
            let advice = format!("{number} is no level: give NONE, SUMMARY or DETAILED");
            violations.add(&path(Setting::KclMetricsLevel), advice);
            None
        }
    }
}

fn level_message(level: MetricsLevel) -> pb::KclMetricsLevel {
    match level {
        MetricsLevel::None => pb::KclMetricsLevel::None,
        MetricsLevel::Summary => pb::KclMetricsLevel::Summary,
        MetricsLevel::Detailed => pb::KclMetricsLevel::Detailed,
    }
}

/// Where each value comes from.
pub(super) fn sources(file: &FileSettings, effective: &Effective) -> Vec<pb::SettingSource> {
    let source = |&setting: &Setting| {
        let origin = file.origin(setting, effective);
        let message = match origin {
            Origin::Default => pb::SettingOrigin::Default,
            Origin::File => pb::SettingOrigin::File,
            Origin::RunTime => pb::SettingOrigin::RunTime,
        };
        pb::SettingSource {
            path: setting.path().to_owned(),
            origin: message.into(),
            is_varied: origin == Origin::File && file.varied.contains(&setting),
        }
    };
    Setting::ALL.iter().map(source).collect()
}
