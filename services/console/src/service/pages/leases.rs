//! Leases: who reads which shard or log group, and how far.

mod table;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::{Caller, Change, Fields};
use crate::service::clients::SHORT;
use crate::service::state::{Console, Shared};
use crate::view::{Place, Problem, ProblemKind, apply_again, empty, more, trouble};

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
    let released = async {
        let mut client = console.clients.ingest()?;
        let call = client.release_lease(request);
        console.change(&caller, ("ReleaseLease", &id), SHORT, call).await
    };
    match released.await {
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
    let set = async {
        let mut client = console.clients.ingest()?;
        let subject = format!("{id} to {position}");
        let call = client.set_position(request);
        console.change(&caller, ("SetPosition", &subject), SHORT, call).await
    };
    match set.await {
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
                (table::table(caller, &answer.leases, draft.as_ref()))
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
