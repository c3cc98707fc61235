//! Leases, each with what can be done to it.

use maud::{Markup, html};
use weir_rpc::pb;

use super::Draft;
use crate::http::Caller;
use crate::service::moments::{since, span_text};
use crate::view::{Mood, TextField, badge, csrf, duration, hidden, mono, or_dash};

pub(super) fn table(caller: &Caller, leases: &[pb::Lease], draft: Option<&Draft<'_>>) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
            thead { tr {
                th scope="col" { "Shard or log group" }
                th scope="col" { "State" }
                th scope="col" { "Owner" }
                th scope="col" { "Committed up to" }
                th.number scope="col" { "Lag" }
                th.number scope="col" { "Fence" }
                @if caller.is_admin() { th scope="col" { "Actions" } }
            } }
            tbody {
                @for lease in leases {
                    (row(caller, lease, draft.filter(|draft| draft.fields.get("id") == lease.id)))
                }
            }
        } }
    }
}

fn row(caller: &Caller, lease: &pb::Lease, draft: Option<&Draft<'_>>) -> Markup {
    let lag = span_text(lease.lag.as_ref());
    html! {
        tr {
            th scope="row" data-label="Shard or log group" {
                (mono(&lease.input))
                p { span.muted { (lease.kind) } @if lease.part != "all" { " " (mono(&lease.part)) } }
                @if !lease.parents.is_empty() { p.hint { "after " (lease.parents.join(", ")) } }
                @if !lease.children.is_empty() { p.hint { "then " (lease.children.join(", ")) } }
            }
            td data-label="State" {
                (state(lease))
                @if !lease.last_error.is_empty() { p.hint { (lease.last_error) } }
            }
            td data-label="Owner" {
                (or_dash(&lease.owner))
                @if let Some(renewed) = since(lease.renewed_at.as_ref()) {
                    p.hint { "renewed " (duration(renewed)) " ago" }
                }
                @if !lease.hand_over_to.is_empty() { p.hint { "goes to " (lease.hand_over_to) } }
            }
            td data-label="Committed up to" {
                (mono(&lease.position))
                @if lease.times_set > 0 {
                    p.hint { "set by hand" @if lease.times_set > 1 { ", " (lease.times_set) " times" } }
                }
            }
            td.number data-label="Lag" { (or_dash(&lag)) }
            td.number data-label="Fence" { (lease.fence) }
            @if caller.is_admin() { td data-label="Actions" { (actions(caller, lease, draft)) } }
        }
    }
}

fn state(lease: &pb::Lease) -> Markup {
    let (mood, word) = match lease.state() {
        pb::LeaseState::Held => (Mood::Good, "held"),
        pb::LeaseState::Expired => (Mood::Bad, "expired"),
        pb::LeaseState::Free => (Mood::Warn, "free"),
        pb::LeaseState::Waiting => (Mood::Plain, "waits for its parents"),
        pb::LeaseState::Finished => (Mood::Plain, "finished"),
        pb::LeaseState::Unspecified => (Mood::Plain, "not told"),
    };
    badge(mood, word)
}

fn actions(caller: &Caller, lease: &pb::Lease, draft: Option<&Draft<'_>>) -> Markup {
    let fence = lease.fence.to_string();
    let id = format!("position-{}", lease.id);
    let common = || html! { (csrf(caller)) (hidden("id", &lease.id)) (hidden("etag", &fence)) };
    let position = TextField {
        hint: "TRIM_HORIZON, LATEST, a time such as 2026-03-01T12:00:00Z, or a sequence number.",
        error: draft.and_then(|draft| draft.problem.of("position")),
        is_required: true,
        id: &id,
        ..TextField::new(
            "position",
            "Read on from",
            draft.map_or("", |draft| draft.fields.get("position")),
        )
    };
    html! {
        @if matches!(lease.state(), pb::LeaseState::Held | pb::LeaseState::Expired) {
            form method="post" action="/leases/release"
                data-confirm={ "Take the lease from " (lease.owner) "? What is not committed is read again." } {
                (common())
                button.small.quiet type="submit" aria-label={ "Release " (lease.id) } { "Release" }
            }
        }
        details open[draft.is_some()] {
            summary aria-label={ "Set the position of " (lease.id) } { "Set position" }
            form.stack method="post" action="/leases/position"
                data-confirm="Read on from there? What was exported already may be exported again, and what is skipped is lost." {
                (common())
                (position.render())
                button.small.risky type="submit" { "Set position" }
            }
        }
    }
}
