//! What a sweep came to.

use maud::{Markup, html};
use weir_rpc::pb;

use crate::service::moments::{span_text, when};
use crate::view::{Mood, count, mono, notice, or_dash, pair};

/// The most rows of a list.
const ROWS: usize = 100;

/// The summary.
pub(super) fn result(title: &str, summary: &pb::SweepSummary) -> Markup {
    html! {
        h2 { (title) }
        @if !summary.is_published && !summary.publish_error.is_empty() {
            (notice(Mood::Bad, html! {
                strong { "Enrichers do not have it yet" } p { (summary.publish_error) }
            }))
        }
        dl.facts {
            (pair("Began", html! { (when(summary.started_at.as_ref())) }))
            (pair("Took", html! { (span_text(summary.duration.as_ref())) }))
            (pair("Accounts", html! { (count(summary.accounts.into())) }))
            (pair("Regions", html! {
                (count(summary.regions_fresh.into())) " read, "
                (count(summary.regions_stale.into())) " failed, "
                (count(summary.regions_excluded.into())) " closed"
            }))
            (pair("VPCs", html! { a href="/exporters" { (count(summary.vpc_count)) } }))
            (pair("Kinesis streams", html! { (count(summary.kinesis_stream_count)) }))
            (pair("Log groups", html! { (count(summary.log_group_count)) }))
            (pair("Buckets", html! { (count(summary.bucket_count)) }))
        }
        (problems(&summary.problems))
        (denied(&summary.denied))
        (unread(&summary.unread))
        @if !summary.vpcs.is_empty() { (found(summary)) }
    }
}

/// Accounts that cannot be read.
pub(super) fn problems(problems: &[pb::AccountProblem]) -> Markup {
    html! {
        @for problem in problems.iter().take(ROWS) {
            (notice(Mood::Bad, html! {
                strong { (problem.configured_as) @if !problem.account_id.is_empty() {
                    " (" (problem.account_id) ")" } }
                p { (problem.cause) }
            }))
        }
    }
}

fn denied(denied: &[pb::DeniedAction]) -> Markup {
    html! {
        @if !denied.is_empty() {
            h3 { "Permissions that are missing" }
            div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
                thead { tr { th scope="col" { "Account" } th scope="col" { "Region" }
                    th scope="col" { "Action" } th scope="col" { "What AWS said" } } }
                tbody {
                    @for each in denied.iter().take(ROWS) {
                        tr {
                            td data-label="Account" { (mono(&each.account_id)) }
                            td data-label="Region" { (or_dash(&each.region)) }
                            th scope="row" data-label="Action" { (mono(&each.action)) }
                            td data-label="What AWS said" { (each.cause) }
                        }
                    }
                }
            } }
        }
    }
}

fn unread(unread: &[pb::UnreadPart]) -> Markup {
    html! {
        @if !unread.is_empty() {
            h3 { "Parts that could not be read" }
            ul.plain {
                @for each in unread.iter().take(ROWS) {
                    li { (mono(&each.account_id)) " " (each.region) ": " (each.part) ": " (each.cause) }
                }
            }
        }
    }
}

/// The VPCs; the rest has screens of its own.
fn found(summary: &pb::SweepSummary) -> Markup {
    html! {
        details {
            summary { "VPCs that were found" }
            div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
                thead { tr { th scope="col" { "VPC" } th scope="col" { "Name" }
                    th scope="col" { "Account" } th scope="col" { "Region" }
                    th scope="col" { "Blocks" } th scope="col" { "Flow logs" } } }
                tbody {
                    @for vpc in summary.vpcs.iter().take(ROWS) {
                        tr {
                            th scope="row" data-label="VPC" { (mono(&vpc.id)) }
                            td data-label="Name" { (or_dash(&vpc.name)) }
                            td data-label="Account" { (mono(&vpc.account_id)) }
                            td data-label="Region" { (vpc.region) }
                            td data-label="Blocks" { (vpc.cidrs.join(", ")) }
                            td data-label="Flow logs" { (or_dash(&vpc.flow_log_ids.join(", "))) }
                        }
                    }
                }
            } }
            p.hint {
                "Streams, log groups and buckets are under " a href="/inputs" { "Inputs" }
                ", VPCs under " a href="/exporters" { "IPFIX exporters" } "."
            }
        }
    }
}
