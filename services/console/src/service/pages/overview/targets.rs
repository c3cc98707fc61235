//! Where records go, what could not be read, and who enriches.

use maud::{Markup, html};
use weir_rpc::pb;

use crate::service::live::{Said, Seen};
use crate::service::moments::span_text;
use crate::view::{Mood, badge, count, empty, mono, octets, or_dash, rate, trouble};

/// Collectors and outputs.
pub(super) fn outputs(seen: &Seen) -> Markup {
    html! {
        h2 { "Collectors and outputs" }
        @for Said { name, answer } in &seen.exporters {
            @match answer {
                Err(problem) => { (trouble(name, problem)) }
                Ok(status) if status.outputs.is_empty() => {
                    (empty("This exporter has no outputs", html! {
                        "Give it " code { "[[exporter.collectors]]" } " or "
                        code { "[[exporter.outputs]]" } "."
                    }))
                }
                Ok(status) => { (output_table(name, status, seen.exporters.len() > 1)) }
            }
        }
    }
}

fn output_table(name: &str, status: &pb::GetExportStatusResponse, is_named: bool) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="A table" {
            table.cards {
                @if is_named { caption { (name) } }
                thead { tr {
                    th scope="col" { "Output" }
                    th scope="col" { "State" }
                    th.number scope="col" { "Records/s" }
                    th.number scope="col" { "Limit" }
                    th.number scope="col" { "Records" }
                    th.number scope="col" { "Waits" }
                    th.number scope="col" { "Dropped" }
                    th.number scope="col" { "Delayed" }
                } }
                tbody { @for output in &status.outputs { (output_row(output)) } }
            }
        }
    }
}

fn output_row(output: &pb::OutputStatus) -> Markup {
    let limit = match output.records_per_second_limit {
        0 => "none".to_owned(),
        limit => format!("{}/s", count(limit)),
    };
    html! {
        tr {
            th scope="row" data-label="Output" { (mono(&output.name)) }
            td data-label="State" {
                (state(output))
                @if !output.last_error.is_empty() { p.hint { (output.last_error) } }
                @if !output.refused_setting.is_empty() { p.hint { (output.refused_setting) } }
            }
            td.number data-label="Records/s" { (rate(output.records_per_second)) }
            td.number data-label="Limit" { (limit) }
            td.number data-label="Records" { (count(output.records)) }
            td.number data-label="Waits" { (octets(output.octets_waiting)) }
            td.number data-label="Dropped" { (count(output.dropped)) }
            td.number data-label="Delayed" { (or_dash(&span_text(output.delayed.as_ref()))) }
        }
    }
}

fn state(output: &pb::OutputStatus) -> Markup {
    match output.state() {
        pb::OutputState::Up if output.refused > 0 => badge(Mood::Warn, "up, was refused"),
        pb::OutputState::Up => badge(Mood::Good, "up"),
        pb::OutputState::Connecting => badge(Mood::Warn, "connecting"),
        pb::OutputState::Down => {
            let down = span_text(output.down_for.as_ref());
            html! { (badge(Mood::Bad, "down")) " " span.muted { "for " (down) } }
        }
        pb::OutputState::Unspecified => badge(Mood::Plain, "not told"),
    }
}

/// Lines that could not be read, by reason.
pub(super) fn rejects(seen: &Seen) -> Markup {
    let answers = seen.exporters.iter().filter_map(|said| said.answer.as_ref().ok());
    let mut reasons = std::collections::BTreeMap::<&str, u64>::new();
    for rejected in answers.flat_map(|status| &status.rejected) {
        *reasons.entry(&rejected.reason).or_default() += rejected.lines;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
    html! {
        h2 { "Rejected lines" }
        @if reasons.is_empty() {
            p.muted { "No line was rejected since the exporters were started." }
        } @else {
            table.short {
                thead { tr { th scope="col" { "Reason" } th.number scope="col" { "Lines" } } }
                tbody {
                    @for (reason, lines) in reasons {
                        tr { th scope="row" { (mono(reason)) } td.number { (count(lines)) } }
                    }
                }
            }
        }
    }
}

/// The enrichers.
pub(super) fn enrichers(seen: &Seen) -> Markup {
    html! {
        h2 { "Enrichers" }
        @for Said { name, answer } in seen.enrichers.iter().filter(|said| said.answer.is_err()) {
            @if let Err(problem) = answer { (trouble(name, problem)) }
        }
        @let told: Vec<_> = seen.enrichers.iter()
            .filter_map(|said| Some((said.name.as_str(), said.answer.as_ref().ok()?))).collect();
        @if !told.is_empty() {
            div.scroll tabindex="0" role="group" aria-label="A table" {
                table.cards {
                    thead { tr {
                        th scope="col" { "Enricher" }
                        th scope="col" { "State" }
                        th.number scope="col" { "Records" }
                        th.number scope="col" { "In flight" }
                        th.number scope="col" { "Streams" }
                        th.number scope="col" { "Inventory" }
                        th.number scope="col" { "VPCs" }
                        th.number scope="col" { "Interfaces" }
                    } }
                    tbody { @for (name, status) in told { (enricher_row(name, status)) } }
                }
            }
        }
    }
}

fn enricher_row(name: &str, status: &pb::GetEnricherStatusResponse) -> Markup {
    let age = span_text(status.inventory_age.as_ref());
    html! {
        tr {
            th scope="row" data-label="Enricher" { (mono(name)) }
            td data-label="State" {
                @if status.is_ready { (badge(Mood::Good, "ready")) }
                @else {
                    (badge(Mood::Warn, "waits")) " "
                    span.muted { "for " (status.waiting_for.join(", ")) }
                }
                @if !status.inventory_trouble.is_empty() { p.hint { (status.inventory_trouble) } }
                @for exporter in status.exporters.iter().filter(|exporter| exporter.links == 0) {
                    p.hint { "no link to " (exporter.target) }
                }
            }
            td.number data-label="Records" { (count(status.records)) }
            td.number data-label="In flight" { (octets(status.octets_in_flight)) }
            td.number data-label="Streams" { (count(status.streams.into())) }
            td.number data-label="Inventory" { @if age.is_empty() { "none" } @else { (age) " old" } }
            td.number data-label="VPCs" { (count(status.inventory_vpcs)) }
            td.number data-label="Interfaces" { (count(status.inventory_interfaces)) }
        }
    }
}
