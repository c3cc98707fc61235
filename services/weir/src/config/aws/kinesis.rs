//! `[ingest_kinesis]`: which streams are read, and how.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use weir_control::settings::MetricsLevel;
use weir_flowlog::LogFormat;
use weir_ingest_kinesis::{Retrieval, StreamConfig};
use weir_lease::InitialPosition;
use weir_runtime::config::{
    DurationRange, NumberRange, OctetRange, Section, duration_text, octets_text,
};

use super::kinesis_metrics::{KinesisMetricsDump, KinesisMetricsSettings};
use crate::config::accepted;
use crate::config::source_service::{SourceService, SourceServiceDump};

/// How long a worker may be silent.
const FAILOVERS: DurationRange =
    DurationRange { least: Duration::from_secs(1), most: Duration::from_secs(600) };
/// The wait where there is nothing new.
const IDLES: DurationRange =
    DurationRange { least: Duration::from_millis(200), most: Duration::from_secs(60) };
/// Log events that are remembered.
const MEMORIES: NumberRange = NumberRange { least: 0, most: 100_000_000, unit: "events" };
/// Records that were fetched and are not read: one read may return 10 MiB.
const FETCHED: OctetRange = OctetRange { least: 16 << 20, most: 64 << 30 };

/// Which streams are read, and how.
#[derive(Clone, Debug)]
pub(crate) struct KinesisSettings {
    /// What it shares with other sources.
    pub(crate) service: SourceService,
    /// After how long without a sign of a worker others take its shards.
    pub(crate) failover: Duration,
    /// The wait between two reads of a shard that had nothing new.
    pub(crate) idle: Duration,
    /// Log events that are remembered.
    pub(crate) remembered_events: u64,
    /// Octets of records that were fetched and are not read.
    pub(crate) max_fetched: u64,
    /// How much is measured of how streams are read.
    pub(crate) metrics_level: MetricsLevel,
    /// What is put to CloudWatch of that.
    pub(crate) cloudwatch: KinesisMetricsSettings,
    /// The consumer that streams are read as with enhanced fan-out.
    pub(crate) consumer: String,
    /// Whether streams without leases begin.
    pub(crate) may_begin: bool,
    /// The streams.
    pub(crate) streams: Vec<StreamConfig>,
}

impl Default for KinesisSettings {
    fn default() -> Self {
        Self {
            service: SourceService::on(4441),
            failover: Duration::from_secs(10),
            idle: Duration::from_secs(1),
            remembered_events: 262_144,
            max_fetched: 128 << 20,
            metrics_level: MetricsLevel::None,
            cloudwatch: KinesisMetricsSettings::default(),
            consumer: "weir".to_owned(),
            may_begin: false,
            streams: Vec::new(),
        }
    }
}

impl KinesisSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let may_begin =
            section.text("without_leases", accepted::without_leases).unwrap_or_default();
        let consumer = section.text("consumer", consumer_name).unwrap_or(default.consumer);
        let streams = section.sections("streams", |section| stream(section, may_begin, &consumer));
        let streams: Vec<_> = streams.unwrap_or_default();
        repeated(&streams, section);
        Self {
            service: default.service.with(section),
            failover: section.duration("failover", &FAILOVERS).unwrap_or(default.failover),
            idle: section.duration("idle", &IDLES).unwrap_or(default.idle),
            remembered_events: section
                .number("remembered_events", &MEMORIES)
                .unwrap_or(default.remembered_events),
            max_fetched: section.octets("max_fetched", &FETCHED).unwrap_or(default.max_fetched),
            metrics_level: section
                .text("metrics_level", str::parse)
                .unwrap_or(default.metrics_level),
            cloudwatch: section.section("cloudwatch", KinesisMetricsSettings::read),
            consumer,
            may_begin,
            streams: streams.into_iter().flatten().collect(),
        }
    }
}

fn stream(section: &mut Section<'_>, may_begin: bool, consumer: &str) -> Option<StreamConfig> {
    section.require("name", "give the name of a stream");
    section.require("region", "give the region's code, such as eu-west-1");
    let name = section.text("name", stream_name);
    let region = section.text("region", region);
    let account_id = section.text("account", account);
    let initial = section.text("initial_position", initial_position);
    let format = section.text("log_format", LogFormat::parse);
    let is_fanned_out = section.switch("enhanced_fan_out").unwrap_or_default();
    let default = StreamConfig::new(region?, name?);
    Some(StreamConfig {
        account_id,
        initial: initial.unwrap_or(default.initial),
        begin: may_begin,
        log_format: format.map(Arc::new).or(default.log_format.clone()),
        retrieval: retrieval(is_fanned_out, consumer),
        ..default
    })
}

/// How the records of a stream are had.
pub(crate) fn retrieval(is_fanned_out: bool, consumer: &str) -> Retrieval {
    if !is_fanned_out {
        return Retrieval::Polling;
    }
    Retrieval::FanOut { consumer: consumer.to_owned() }
}

/// Reports a stream that is listed twice.
fn repeated(streams: &[Option<StreamConfig>], section: &mut Section<'_>) {
    let place = |stream: &StreamConfig| {
        (stream.account_id.clone(), stream.region.clone(), stream.name.clone())
    };
    let places: Vec<_> = streams.iter().map(|stream| stream.as_ref().map(place)).collect();
    for (index, this) in places.iter().enumerate() {
        if this.is_some() && places.iter().take(index).any(|other| other == this) {
            section.problem(&format!("streams[{index}].name"), "is listed twice: list it once");
        }
    }
}

/// 1 to 128 letters, digits, `_`, `.` and `-`
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>).
fn stream_name(text: &str) -> Result<String, &'static str> {
    name(text).ok_or("give a stream's name, and not its ARN")
}

/// As for a stream
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html>).
fn consumer_name(text: &str) -> Result<String, &'static str> {
    name(text).ok_or("give 1 to 128 letters, digits, `_`, `.` and `-`")
}

fn name(text: &str) -> Option<String> {
    let is_good = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'.' | b'-');
    let is_name = (1..=128).contains(&text.len()) && text.bytes().all(is_good);
    is_name.then(|| text.to_owned())
}

fn region(text: &str) -> Result<String, &'static str> {
    let is_good = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
    let is_region = text.len() <= 32 && text.matches('-').count() >= 2 && text.bytes().all(is_good);
    is_region.then(|| text.to_owned()).ok_or("give a region's code, such as eu-west-1")
}

fn account(text: &str) -> Result<String, &'static str> {
    let is_account = text.len() == 12 && text.bytes().all(|octet| octet.is_ascii_digit());
    is_account.then(|| text.to_owned()).ok_or("give the twelve digits of an account")
}

/// A position by its name in Kinesis, or a time.
fn initial_position(text: &str) -> Result<InitialPosition, &'static str> {
    match text {
        "LATEST" => Ok(InitialPosition::Latest),
        "TRIM_HORIZON" => Ok(InitialPosition::TrimHorizon),
        time => {
            let time: Option<jiff::Timestamp> = time.parse().ok();
            let ms = time.and_then(|time| u64::try_from(time.as_millisecond()).ok());
            let advice = "give LATEST, TRIM_HORIZON or a time such as 2026-11-26T10:00:00Z";
            ms.map(InitialPosition::AtTimestamp).ok_or(advice)
        }
    }
}

fn position_text(initial: InitialPosition) -> String {
    match initial {
        InitialPosition::AtTimestamp(ms) => {
            let time = i64::try_from(ms).ok().map(jiff::Timestamp::from_millisecond);
            time.and_then(Result::ok).map(|time| time.to_string()).unwrap_or_default()
        }
        other => other.to_string(),
    }
}

/// The section as TOML.
#[derive(Serialize)]
pub(super) struct Dump<'a> {
    #[serde(flatten)]
    service: SourceServiceDump,
    failover: String,
    idle: String,
    remembered_events: u64,
    max_fetched: String,
    metrics_level: &'static str,
    consumer: &'a str,
    without_leases: &'static str,
    cloudwatch: KinesisMetricsDump<'a>,
    streams: Vec<StreamDump<'a>>,
}

#[derive(Serialize)]
struct StreamDump<'a> {
    account: Option<&'a str>,
    region: &'a str,
    name: &'a str,
    initial_position: String,
    log_format: Option<String>,
    enhanced_fan_out: bool,
}

impl<'a> From<&'a KinesisSettings> for Dump<'a> {
    fn from(settings: &'a KinesisSettings) -> Self {
        let stream = |stream: &'a StreamConfig| StreamDump {
            account: stream.account_id.as_deref(),
            region: &stream.region,
            name: &stream.name,
            initial_position: position_text(stream.initial),
            log_format: stream.log_format.as_ref().map(ToString::to_string),
            enhanced_fan_out: stream.retrieval != Retrieval::Polling,
        };
        Self {
            service: (&settings.service).into(),
            failover: duration_text(settings.failover),
            idle: duration_text(settings.idle),
            remembered_events: settings.remembered_events,
            max_fetched: octets_text(settings.max_fetched),
            metrics_level: settings.metrics_level.name(),
            consumer: &settings.consumer,
            without_leases: accepted::without_leases_text(settings.may_begin),
            cloudwatch: settings.cloudwatch.dump(&settings.consumer),
            streams: settings.streams.iter().map(stream).collect(),
        }
    }
}
