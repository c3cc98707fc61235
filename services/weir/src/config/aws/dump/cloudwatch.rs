//! `[ingest_cloudwatch]` as TOML.

use serde::Serialize;
use weir_ingest_cloudwatch::GroupInput;
use weir_runtime::config::duration_text;

use super::super::ingest_cloudwatch::{IngestCloudWatchSettings, start_text};
use super::access_role;
use crate::config::accepted;
use crate::config::source_service::SourceServiceDump;

#[derive(Serialize)]
pub(super) struct IngestCloudWatch {
    #[serde(flatten)]
    service: SourceServiceDump,
    interval: String,
    overlap: String,
    settle: String,
    rate: f64,
    without_leases: &'static str,
    groups: Vec<GroupDump>,
}

#[derive(Serialize)]
struct GroupDump {
    group: String,
    role: Option<String>,
    log_formats: Vec<String>,
    start: String,
}

pub(super) fn ingest_cloudwatch(settings: &IngestCloudWatchSettings) -> IngestCloudWatch {
    IngestCloudWatch {
        service: (&settings.service).into(),
        interval: duration_text(settings.inputs.interval),
        overlap: duration_text(settings.inputs.overlap),
        settle: duration_text(settings.inputs.settle),
        rate: settings.rate,
        without_leases: accepted::without_leases_text(settings.may_begin),
        groups: settings.inputs.groups.iter().map(group).collect(),
    }
}

fn group(input: &GroupInput) -> GroupDump {
    let role = access_role(&input.access);
    let formats = input.formats.iter().map(|each| each.format().to_string());
    let (log_formats, start) = (formats.collect(), start_text(input.start));
    GroupDump { group: input.group.arn(), role, log_formats, start }
}
