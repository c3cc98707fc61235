//! Which source serves which flow log, and why.

use maud::{Markup, html};
use weir_rpc::pb;

use crate::service::moments::when;
use crate::view::{Mood, badge, mono, or_dash};

/// The flow logs of a page.
pub(super) fn flow_logs(answer: &pb::ListInputsResponse) -> Markup {
    html! {
        @if !answer.flow_logs.is_empty() {
            h2 { "Flow logs and who serves them" }
            div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
                thead { tr {
                    th scope="col" { "Flow log" }
                    th scope="col" { "VPC" }
                    th scope="col" { "Covers" }
                    th scope="col" { "Read from" }
                    th scope="col" { "Why" }
                } }
                tbody { @for each in &answer.flow_logs { (row(each)) } }
            } }
        }
    }
}

fn row(each: &pb::FlowLogSources) -> Markup {
    let is_read = each.sources.iter().any(|source| source.is_read);
    html! {
        tr {
            th scope="row" data-label="Flow log" { (mono(&each.flow_log_id)) }
            td data-label="VPC" { @if each.vpc_id.is_empty() { (or_dash("")) } @else { (mono(&each.vpc_id)) } }
            td data-label="Covers" { (mono(&each.resource_id)) p { (each.traffic_type) } }
            td data-label="Read from" {
                @if !is_read { (badge(Mood::Plain, "not read")) }
                @for source in &each.sources { (decision(source)) }
            }
            td data-label="Why" {
                (each.reason)
                @for source in each.sources.iter().filter(|source| !source.reason.is_empty()) {
                    @if source.reason != each.reason { p.hint { (source.reason) } }
                }
            }
        }
    }
}

fn decision(source: &pb::SourceDecision) -> Markup {
    let kind = match source.kind() {
        pb::InputKind::Kinesis => "Kinesis",
        pb::InputKind::LogGroup => "log group",
        pb::InputKind::Bucket => "bucket",
        pb::InputKind::Unspecified => "input",
    };
    html! {
        div.decision {
            @if source.is_read { (badge(Mood::Good, kind)) }
            @else {
                (badge(Mood::Plain, kind)) " "
                span.muted { @if source.passed_over_by.is_empty() { "no more" } @else { "passed over" } }
            }
            p.hint { (mono(name(&source.input_id))) }
            @if !source.is_read && source.passed_over_since.is_some() {
                p.hint { "since " (when(source.passed_over_since.as_ref())) }
            }
        }
    }
}

/// The end of an id, which tells most.
fn name(id: &str) -> &str {
    let bucket = id.split(' ').next().unwrap_or(id);
    bucket.rsplit_once(":log-group:").or(bucket.rsplit_once('/')).map_or(bucket, |(_, name)| name)
}
