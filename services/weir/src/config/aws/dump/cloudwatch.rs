//! `[ingest_cloudwatch]` as TOML.

use std::net::SocketAddr;

use serde::Serialize;
use weir_ingest_cloudwatch::{Access, GroupInput};
use weir_runtime::config::{duration_text, octets_text};

use super::super::ingest_cloudwatch::{IngestCloudWatchSettings, start_text};
use super::super::ingest_s3::role_text;

#[derive(Serialize)]
pub(super) struct IngestCloudWatch {
    enrichers: Vec<String>,
    admin_listen: SocketAddr,
    in_flight: String,
    grace: String,
    interval: String,
    overlap: String,
    settle: String,
    rate: f64,
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
        enrichers: settings.enrichers.iter().map(ToString::to_string).collect(),
        admin_listen: settings.admin_listen,
        in_flight: octets_text(settings.in_flight),
        grace: duration_text(settings.grace),
        interval: duration_text(settings.inputs.interval),
        overlap: duration_text(settings.overlap),
        settle: duration_text(settings.settle),
        rate: settings.rate,
        groups: settings.inputs.groups.iter().map(group).collect(),
    }
}

fn group(input: &GroupInput) -> GroupDump {
    let role = match &input.access {
        Access::Role(role) => Some(role_text(role)),
        Access::Account(_) => None,
    };
    let formats = input.formats.iter().map(|each| each.format().to_string());
    let (log_formats, start) = (formats.collect(), start_text(input.start));
    GroupDump { group: input.group.arn(), role, log_formats, start }
}
