//! How far each source was read.

use std::time::Duration;

use maud::{Markup, html};
use weir_rpc::pb;

use crate::service::live::Seen;
use crate::service::moments::{span, span_text};
use crate::view::{Mood, badge, count, empty, mono, octets, or_dash, trouble};

/// A worker that has not written for so long has ended.
const SILENT: Duration = Duration::from_secs(60);

/// The sources.
pub(super) fn sources(seen: &Seen) -> Markup {
    html! {
        h2 { "Sources" }
        @match &seen.inputs {
            Err(problem) => { (trouble("Sources", problem)) }
            Ok(inputs) if inputs.is_empty() => {
                (empty("Nothing is read yet", html! {
                    "Start " code { "weir ingest-kinesis" } ", " code { "weir ingest-cloudwatch" }
                    ", " code { "weir ingest-s3" } " or " code { "weir tail" } ", and enable what "
                    "they read under " a href="/inputs" { "Inputs" } "."
                }))
            }
            Ok(inputs) => { (table(inputs)) }
        }
    }
}

fn table(inputs: &[pb::InputStatus]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="A table" {
            table.cards {
                thead { tr {
                    th scope="col" { "Source" }
                    th scope="col" { "Worker" }
                    th.number scope="col" { "Lag" }
                    th.number scope="col" { "Read" }
                    th.number scope="col" { "Runs committed" }
                    th.number scope="col" { "In flight" }
                    th.number scope="col" { "Read again" }
                    th scope="col" { "State" }
                } }
                tbody { @for input in inputs { (row(input)) } }
            }
        }
    }
}

fn row(input: &pb::InputStatus) -> Markup {
    let is_silent = span(input.age.as_ref()).is_some_and(|age| age > SILENT);
    let lag = span_text(input.lag.as_ref());
    html! {
        tr {
            th scope="row" data-label="Source" {
                (mono(&input.name))
                @if input.name != input.kind { " " span.muted { (input.kind) } }
            }
            td data-label="Worker" { (or_dash(&input.worker)) }
            td.number data-label="Lag" { @if lag.is_empty() { "none" } @else { (lag) } }
            td.number data-label="Read" { (octets(input.octets_read)) }
            td.number data-label="Runs committed" { (count(input.runs_committed)) }
            td.number data-label="In flight" { (octets(input.octets_in_flight)) }
            td.number data-label="Read again" { (count(input.rewinds)) }
            td data-label="State" {
                @if is_silent {
                    (badge(Mood::Warn, "silent")) " "
                    span.muted { "for " (span_text(input.age.as_ref())) }
                } @else if input.units_failed > 0 || input.runs_rejected > 0 {
                    (badge(Mood::Warn, "with failures"))
                } @else {
                    (badge(Mood::Good, "reading"))
                }
                @if !input.last_error.is_empty() { p.hint { (input.last_error) } }
            }
        }
    }
}
