//! Inputs and decisions as calls show them.

use std::collections::BTreeSet;

use weir_control::inputs::{Input, InputSource, Rule, StreamPosition};
use weir_inventory::coverage::{SourceDecision, SourceKind};
use weir_inventory::log_formats::fields_of;
use weir_inventory::region::{FlowLog, TrafficType};
use weir_rpc::pb;

use super::available::Available;
use crate::service::messages::seconds;

/// An input with what was found of it. Its flow logs and their formats are left to the caller.
pub(super) fn input_message(
    id: &str,
    input: Option<&Input>,
    found: Option<&Available>,
) -> pb::Input {
    let source = input.map(|it| &it.source).or(found.map(|it| &it.source));
    let state = match input {
        None => pb::InputState::Available,
        Some(input) if input.is_enabled() => pb::InputState::Enabled,
        Some(input) if input.is_done => pb::InputState::Disabled,
        Some(_) => pb::InputState::Draining,
    };
    let of_input = input.map(|it| (it.account_id.clone(), it.region.clone()));
    let of_found = || Some((found?.place.account_id.clone(), found?.place.region.clone()));
    let (account_id, region) = of_input.or_else(of_found).unwrap_or_default();
    let is_fanned_out = matches!(
        source, Some(InputSource::KinesisStream(stream)) if stream.enhanced_fan_out
    );
    pb::Input {
        id: id.to_owned(),
        kind: source.map_or(pb::InputKind::Unspecified, |it| kind(it.kind())).into(),
        name: found.map(|it| it.name.clone()).or(source.map(name_of)).unwrap_or_default(),
        account_id,
        region,
        state: state.into(),
        since: input.map(|it| seconds(it.since)),
        until: input.and_then(|it| it.until).map(seconds),
        read_since: input.and_then(|it| it.read_since).map(seconds),
        enhanced_fan_out: is_fanned_out,
        rule: input.and_then(|it| it.rule.clone()).unwrap_or_default(),
        is_found: found.is_some(),
        ..pb::Input::default()
    }
}

/// The formats of flow logs, each once.
pub(super) fn log_format_texts<'f>(flow_logs: impl Iterator<Item = &'f FlowLog>) -> Vec<String> {
    let formats: BTreeSet<_> = flow_logs.map(log_format_text).collect();
    formats.into_iter().collect()
}

/// The fields of a flow log's lines; its LogFormat as it stands where that cannot be read.
fn log_format_text(flow_log: &FlowLog) -> String {
    let fields = fields_of(&flow_log.log_format, &flow_log.resource_id);
    fields.map_or_else(|_| flow_log.log_format.clone(), |fields| fields.to_string())
}

/// The name in an ARN of a stream or log group.
fn name_of(source: &InputSource) -> String {
    match source {
        InputSource::KinesisStream(stream) => last(&stream.arn, "stream/"),
        InputSource::LogGroup(group) => last(&group.arn, "log-group:"),
        InputSource::Bucket(bucket) => bucket.bucket.clone(),
    }
}

fn last(arn: &str, separator: &str) -> String {
    arn.split_once(separator).map_or(arn, |(_, name)| name).to_owned()
}

pub(super) fn kind(kind: SourceKind) -> pb::InputKind {
    match kind {
        SourceKind::Kinesis => pb::InputKind::Kinesis,
        SourceKind::CloudWatchLogs => pb::InputKind::LogGroup,
        SourceKind::S3 => pb::InputKind::Bucket,
    }
}

/// A flow log with who serves it.
pub(super) fn flow_log_message(
    flow_log: &FlowLog,
    vpc_id: &str,
    decisions: &[&SourceDecision],
) -> pb::FlowLogSources {
    let traffic = match flow_log.traffic_type {
        Some(TrafficType::Accept) => "ACCEPT",
        Some(TrafficType::Reject) => "REJECT",
        Some(TrafficType::All) | None => "ALL",
    };
    let is_read = |it: &&&SourceDecision| it.until.is_none() && it.passed_over_now().is_none();
    let read: Vec<_> = decisions.iter().filter(is_read).collect();
    let reason = match (read.as_slice(), decisions) {
        ([], []) => "no enabled input has it: enable one that ListInputs shows for it".to_owned(),
        ([], [..]) => "its records come from the better sources of others".to_owned(),
        ([one], _) => format!("read from the {} `{}`", one.kind.name(), one.source.input_id),
        (several, _) => format!("read from {} inputs", several.len()),
    };
    pb::FlowLogSources {
        flow_log_id: flow_log.id.clone(),
        vpc_id: vpc_id.to_owned(),
        resource_id: flow_log.resource_id.clone(),
        traffic_type: traffic.to_owned(),
        sources: decisions.iter().map(|decision| decision_message(decision)).collect(),
        reason,
        log_format: log_format_text(flow_log),
    }
}

fn decision_message(decision: &SourceDecision) -> pb::SourceDecision {
    let by = decision.passed_over_now();
    pb::SourceDecision {
        input_id: decision.source.input_id.clone(),
        kind: kind(decision.kind).into(),
        is_read: decision.until.is_none() && by.is_none(),
        passed_over_by: by.map(|by| by.input_id.clone()).unwrap_or_default(),
        passed_over_by_flow_log: by.map(|by| by.flow_log_id.clone()).unwrap_or_default(),
        passed_over_since: by.map(|by| seconds(by.after)),
        reason: decision.to_string(),
    }
}

pub(super) fn rule_message((name, rule): (&String, &Rule)) -> pb::InputRule {
    let start = match rule.initial_position {
        StreamPosition::TrimHorizon => pb::StreamStart::TrimHorizon,
        StreamPosition::Latest | StreamPosition::AtTimestamp(_) => pb::StreamStart::Latest,
    };
    pb::InputRule {
        name: name.clone(),
        kind: kind(rule.kind).into(),
        pattern: rule.pattern.clone(),
        account_id: rule.account_id.clone(),
        region: rule.region.clone(),
        enhanced_fan_out: rule.enhanced_fan_out,
        start: start.into(),
    }
}
