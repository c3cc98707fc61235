//! Values of settings, from messages to texts and back.

use std::time::Duration;

use weir_rpc::pb;
use weir_runtime::config::{DurationRange, OctetRange, duration_text, octets_text};

use super::catalogue::{Form, Item, LEVELS, Number};
use crate::service::moments::span;

/// Every time that has a form; its range is checked by who keeps the settings.
const TIMES: DurationRange =
    DurationRange { least: Duration::ZERO, most: Duration::from_secs(3650 * 86_400) };

/// Every size that has a form.
const SIZES: OctetRange = OctetRange { least: 0, most: u64::MAX };

/// The value of a setting; empty where there is none.
pub(super) fn text(settings: &pb::Settings, item: &Item) -> String {
    let number = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
    match (item.path, item.form) {
        ("cron", _) => settings.cron.clone().unwrap_or_default(),
        ("timezone", _) => settings.timezone.clone().unwrap_or_default(),
        ("session_duration", _) => time(settings.session_duration.as_ref()),
        ("cloudwatch_request_interval", _) => time(settings.cloudwatch_request_interval.as_ref()),
        ("cloudwatch_overlap", _) => time(settings.cloudwatch_overlap.as_ref()),
        ("cloudwatch_settle", _) => time(settings.cloudwatch_settle.as_ref()),
        ("kcl_metrics_level", _) => level(settings.kcl_metrics_level()).to_owned(),
        (_, Form::Number(Number::S3Concurrency)) => number(settings.s3_concurrency.map(Into::into)),
        (_, Form::Number(Number::PacketSize)) => number(settings.max_packet_size.map(Into::into)),
        (_, Form::Number(Number::Rate)) => number(settings.records_per_second),
        ("add_fields", _) => {
            settings.add_fields.as_ref().map(|it| it.names.join(", ")).unwrap_or_default()
        }
        ("exporter_in_flight", _) => size(settings.exporter_in_flight),
        ("exporter_held", _) => size(settings.exporter_held),
        ("enricher_in_flight", _) => size(settings.enricher_in_flight),
        _ => String::new(),
    }
}

fn time(of: Option<&prost_types::Duration>) -> String {
    span(of).map(duration_text).unwrap_or_default()
}

/// Empty where it is not told.
fn level(of: pb::KclMetricsLevel) -> &'static str {
    LEVELS.iter().find(|(_, level)| *level == of).map_or("", |(name, _)| name)
}

fn size(of: Option<u64>) -> String {
    of.map(octets_text).unwrap_or_default()
}

/// Puts what somebody wrote into a message.
///
/// # Errors
///
/// How it is written.
pub(super) fn put(settings: &mut pb::Settings, item: &Item, text: &str) -> Result<(), String> {
    match item.path {
        "cron" => settings.cron = Some(text.to_owned()),
        "timezone" => settings.timezone = Some(text.to_owned()),
        "session_duration" => settings.session_duration = Some(read_time(text)?),
        "cloudwatch_request_interval" => {
            settings.cloudwatch_request_interval = Some(read_time(text)?);
        }
        "cloudwatch_overlap" => settings.cloudwatch_overlap = Some(read_time(text)?),
        "cloudwatch_settle" => settings.cloudwatch_settle = Some(read_time(text)?),
        "kcl_metrics_level" => settings.set_kcl_metrics_level(read_level(text)?),
        "s3_concurrency" => settings.s3_concurrency = Some(read_number(text)?),
        "max_packet_size" => settings.max_packet_size = Some(read_number(text)?),
        "records_per_second" => settings.records_per_second = Some(read_number(text)?),
        "add_fields" => settings.add_fields = Some(read_names(text)),
        "exporter_in_flight" => settings.exporter_in_flight = Some(read_size(text)?),
        "exporter_held" => settings.exporter_held = Some(read_size(text)?),
        "enricher_in_flight" => settings.enricher_in_flight = Some(read_size(text)?),
        _ => return Err("this console does not know it".to_owned()),
    }
    Ok(())
}

fn read_time(text: &str) -> Result<prost_types::Duration, String> {
    let advice = || "write a time such as 30s, 15m, 1h or 1d".to_owned();
    let time = TIMES.parse(text).map_err(|_| advice())?;
    prost_types::Duration::try_from(time).map_err(|_| advice())
}

fn read_number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    let digits: String = text.chars().filter(|each| !matches!(each, ',' | ' ')).collect();
    digits.parse().map_err(|_| "write a whole number such as 1420".to_owned())
}

fn read_level(text: &str) -> Result<pb::KclMetricsLevel, String> {
    let chosen = LEVELS.iter().find(|(name, _)| *name == text);
    chosen.map(|(_, level)| *level).ok_or_else(|| "choose none, summary or detailed".to_owned())
}

fn read_size(text: &str) -> Result<u64, String> {
    SIZES.parse(text).map_err(|_| "write a size such as 64MiB or 1GiB".to_owned())
}

fn read_names(text: &str) -> pb::FieldNames {
    let names = text.split([',', ' ', '\n']).map(str::trim).filter(|name| !name.is_empty());
    pb::FieldNames { names: names.map(str::to_owned).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::items;
    use super::*;

    #[test]
    fn what_is_written_reads_back_as_the_same() {
        let values = [
            ("cron", "0 6 * * *"),
            ("timezone", "Europe/Berlin"),
            ("session_duration", "2h"),
            ("cloudwatch_request_interval", "10s"),
            ("cloudwatch_overlap", "20m"),
            ("cloudwatch_settle", "0s"),
            ("kcl_metrics_level", "detailed"),
            ("s3_concurrency", "4"),
            ("max_packet_size", "3900"),
            ("records_per_second", "10000"),
            ("add_fields", "flow_direction, tcp_flags"),
            ("exporter_in_flight", "128MiB"),
            ("exporter_held", "1GiB"),
            ("enricher_in_flight", "1536KiB"),
        ];
        let mut settings = pb::Settings::default();
        for item in items() {
            let (_, value) = values.iter().find(|(path, _)| *path == item.path).unwrap();
            put(&mut settings, item, value).unwrap();
            assert_eq!(text(&settings, item), *value, "{}", item.path);
        }
        let unset: Vec<_> = items().map(|item| text(&pb::Settings::default(), item)).collect();
        assert!(unset.iter().all(String::is_empty), "{unset:?}");
    }

    #[test]
    fn what_is_no_value_is_told_how_it_is_written() {
        let mut settings = pb::Settings::default();
        for (path, wrong) in
            [("s3_concurrency", "two"), ("exporter_held", "64"), ("cloudwatch_settle", "5")]
        {
            let item = items().find(|item| item.path == path).unwrap();
            assert!(put(&mut settings, item, wrong).unwrap_err().starts_with("write a"));
        }
    }
}
