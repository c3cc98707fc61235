//! `[ingest_cloudwatch]`: which log groups have flow logs, and how they are read.

use std::sync::Arc;

use jiff::Timestamp;
use weir_aws::Access;
use weir_control::settings::ranges::{OVERLAPS, REQUEST_INTERVALS, SETTLES};
use weir_flowlog::LogFormat;
use weir_ingest_cloudwatch::{CloudWatchConfig, GroupInput, InitialPosition, Inputs, LogGroup};
use weir_inventory::log_formats::FlowLogFormat;
use weir_runtime::config::{DecimalRange, Section};

use crate::config::accepted;
use crate::config::source_service::SourceService;

/// Calls in a second for each account and region.
const RATES: DecimalRange = DecimalRange { least: 0.1, most: 1000.0 };

/// What `weir ingest-cloudwatch` and the same stage of `weir run` are asked to do.
#[derive(Clone, Debug)]
pub(crate) struct IngestCloudWatchSettings {
    /// What it shares with other sources.
    pub(crate) service: SourceService,
    /// See [`CloudWatchConfig`].
    pub(crate) rate: f64,
    /// Whether groups that the store knows nothing of begin.
    pub(crate) may_begin: bool,
    /// What is read.
    pub(crate) inputs: Inputs,
}

impl Default for IngestCloudWatchSettings {
    fn default() -> Self {
        let CloudWatchConfig { rate, .. } = CloudWatchConfig::new("");
        Self { service: SourceService::on(4521), rate, may_begin: false, inputs: Inputs::default() }
    }
}

impl IngestCloudWatchSettings {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        let may_begin = section.text("without_leases", accepted::without_leases);
        let may_begin = may_begin.unwrap_or_default();
        let groups = section.sections("groups", |section| group(section, may_begin));
        let groups = groups.unwrap_or_default();
        same_group(&groups, section);
        let interval = section.duration("interval", &REQUEST_INTERVALS);
        let overlap = section.duration("overlap", &OVERLAPS).unwrap_or(default.inputs.overlap);
        let settle = section.duration("settle", &SETTLES).unwrap_or(default.inputs.settle);
        if settle > overlap {
            section.problem("settle", "is more than overlap: what it leaves out would be missed");
        }
        Self {
            service: default.service.with(section),
            rate: section.decimal("rate", &RATES).unwrap_or(default.rate),
            may_begin,
            inputs: Inputs {
                groups: groups.into_iter().flatten().collect(),
                interval: interval.unwrap_or(default.inputs.interval),
                overlap,
                settle,
            },
        }
    }
}

/// One of `[[ingest_cloudwatch.groups]]`.
fn group(section: &mut Section<'_>, begin: bool) -> Option<GroupInput> {
    let arn = "the log group's ARN, such as arn:aws:logs:eu-west-1:123456789012:log-group:NAME";
    section.require("group", arn);
    let group = section.text("group", str::parse::<LogGroup>);
    let role = section.text("role", accepted::role);
    let formats = section.texts("log_formats", LogFormat::parse).unwrap_or_default();
    let start = section.text("start", start).unwrap_or(InitialPosition::Latest);
    let group = group?;
    let own = || Access::Account(group.account_id().to_owned());
    let access = role.map_or_else(own, Access::Role);
    let formats = if formats.is_empty() { vec![LogFormat::vpc_default()] } else { formats };
    let format = |format| Arc::new(FlowLogFormat::new(Arc::new(format), None));
    let formats = formats.into_iter().map(format).collect();
    Some(GroupInput { group, access, formats, start, begin, covered: Vec::new() })
}

/// Where a group begins that was never read.
fn start(text: &str) -> Result<InitialPosition, String> {
    match text {
        "latest" => Ok(InitialPosition::Latest),
        "oldest" => Ok(InitialPosition::TrimHorizon),
        time => time
            .parse::<Timestamp>()
            .ok()
            .and_then(|time| u64::try_from(time.as_millisecond()).ok())
            .map(InitialPosition::AtTimestamp)
            .ok_or_else(|| {
                "give latest, oldest, or a time such as 2026-01-02T03:04:05Z".to_owned()
            }),
    }
}

/// The same as it stands in a file.
pub(super) fn start_text(start: InitialPosition) -> String {
    match start {
        InitialPosition::Latest => "latest".to_owned(),
        InitialPosition::TrimHorizon => "oldest".to_owned(),
        InitialPosition::AtTimestamp(milliseconds) => {
            let time = i64::try_from(milliseconds).unwrap_or(i64::MAX);
            Timestamp::from_millisecond(time).unwrap_or(Timestamp::MAX).to_string()
        }
    }
}

/// Reports groups that are listed twice.
fn same_group(groups: &[Option<GroupInput>], section: &mut Section<'_>) {
    let group = |at: usize| groups.get(at)?.as_ref().map(|input| &input.group);
    for again in 0..groups.len() {
        let first =
            (0..again).find(|first| group(*first).is_some() && group(*first) == group(again));
        if let Some(first) = first {
            let problem = format!("is the log group of groups[{first}] already: give it once");
            section.problem(&format!("groups[{again}].group"), problem);
        }
    }
}
