//! Leases: who reads which shard or log group, and how far.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::{Caller, Change, Fields};
use crate::service::clients::SHORT;
use crate::service::moments::{since, span_text};
use crate::service::state::{Console, Shared};
use crate::view::{
    Mood, Place, Problem, ProblemKind, TextField, apply_again, badge, csrf, duration, empty,
    hidden, mono, more, or_dash, trouble,
};

/// Leases on a screen.
const PAGE: u32 = 50;

const TITLE: &str = "Leases";
const LEAD: &str = "Who reads which shard or log group, how far it was committed, and how far \
    behind it is.";

/// A change that was not made.
struct Draft<'a> {
    action: &'static str,
    fields: &'a Fields,
    problem: Problem,
}

/// The screen.
pub(in crate::service) async fn show(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Response<Body> {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    screen(&console, &caller, &query, None).await
}

/// Takes a lease from its owner.
pub(in crate::service) async fn release(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let id = fields.get("id").to_owned();
    let request = pb::ReleaseLeaseRequest { id: id.clone(), fence: fence(&fields) };
    let released = match console.clients.ingest() {
        Ok(mut client) => {
            let call = client.release_lease(request);
            console.change(&caller, ("ReleaseLease", &id), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    match released {
        Ok(_) => {
            console.done(&caller, "/leases", format!("{id} is free: another worker takes it."))
        }
        Err(problem) => {
            let draft = Draft { action: "/leases/release", fields: &fields, problem };
            screen(&console, &caller, &Fields::default(), Some(draft)).await
        }
    }
}

/// Has a shard or log group read from another position.
pub(in crate::service) async fn set_position(
    State(console): Shared,
    change: Change,
) -> Response<Body> {
    let Change { caller, fields } = change;
    let (id, position) = (fields.get("id").to_owned(), fields.get("position").to_owned());
    let request = pb::SetPositionRequest {
        id: id.clone(),
        position: position.clone(),
        fence: fence(&fields),
    };
    let set = match console.clients.ingest() {
        Ok(mut client) => {
            let subject = format!("{id} to {position}");
            let call = client.set_position(request);
            console.change(&caller, ("SetPosition", &subject), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    match set {
        Ok(_) => console.done(&caller, "/leases", format!("{id} is read from {position}.")),
        Err(problem) => {
            let draft = Draft { action: "/leases/position", fields: &fields, problem };
            screen(&console, &caller, &Fields::default(), Some(draft)).await
        }
    }
}

/// The fence that somebody saw.
fn fence(fields: &Fields) -> Option<u64> {
    fields.get("etag").parse().ok()
}

async fn screen(
    console: &Arc<Console>,
    caller: &Caller,
    query: &Fields,
    draft: Option<Draft<'_>>,
) -> Response<Body> {
    let page = query.get("page");
    let list = async {
        let mut client = console.clients.ingest()?;
        let request = pb::ListLeasesRequest {
            page_size: PAGE,
            page_token: page.to_owned(),
            ..Default::default()
        };
        console.clients.ask(SHORT, client.list_leases(request)).await
    };
    let listed = list.await;
    let status = draft.as_ref().map_or(StatusCode::OK, |draft| draft.problem.status());
    let content = html! {
        @if let Some(draft) = &draft { (of_draft(caller, draft)) }
        @match &listed {
            Err(problem) => { (trouble("The leases", problem)) }
            Ok(answer) if answer.leases.is_empty() => {
                (empty("There is no lease", html! {
                    "Leases come with " code { "weir ingest-kinesis" } " and "
                    code { "weir ingest-cloudwatch" } ", once a stream or a log group is enabled under "
                    a href="/inputs" { "Inputs" } "."
                }))
            }
            Ok(answer) => {
                (table(caller, &answer.leases, draft.as_ref()))
                (more("/leases", &[], &answer.next_page_token, page.is_empty()))
            }
        }
    };
    console.shell(caller, Place::Leases, TITLE, LEAD).page(status, content)
}

fn of_draft(caller: &Caller, draft: &Draft<'_>) -> Markup {
    let Draft { action, fields, problem } = draft;
    match (problem.kind, &problem.etag) {
        (ProblemKind::Stale, Some(etag)) => apply_again(caller, action, "/leases", fields, etag),
        _ if problem.beside(&["position"]).is_empty() => html! {},
        _ => trouble(fields.get("id"), problem),
    }
}

fn table(caller: &Caller, leases: &[pb::Lease], draft: Option<&Draft<'_>>) -> Markup {
    html! {
        div.scroll { table.cards {
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
                @if lease.times_set > 0 { p.hint { "set by hand " (lease.times_set) " times" } }
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
