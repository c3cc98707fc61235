//! Inputs: what is read, which source serves which flow log and why, and rules.

mod changes;
mod flow_logs;
mod list;
mod rules;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::{Caller, Fields};
use crate::service::clients::SHORT;
use crate::service::state::{Console, Shared};
use crate::view::{Mood, Place, Problem, ProblemKind, apply_again, more, notice, tabs, trouble};

pub(in crate::service) use changes::{delete_rule, disable, enable, set_rule};

/// Inputs and flow logs on a screen.
const PAGE: u32 = 100;

const TITLE: &str = "Inputs";
const LEAD: &str = "What weir reads. Of several ways to the same flow log the best is taken: a \
    Kinesis stream, then a log group, then a bucket.";

/// A change that was not made.
struct Draft<'a> {
    action: &'static str,
    what: &'static str,
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

async fn screen(
    console: &Arc<Console>,
    caller: &Caller,
    query: &Fields,
    draft: Option<Draft<'_>>,
) -> Response<Body> {
    let is_rules = query.get("tab") == "rules";
    let tab = if is_rules { "rules" } else { "" };
    let status = draft.as_ref().map_or(StatusCode::OK, |draft| draft.problem.status());
    let content = match is_rules {
        true => of_rules(console, caller, draft.as_ref()).await,
        false => of_inputs(console, caller, query, draft.as_ref()).await,
    };
    let shell = console.shell(caller, Place::Inputs, TITLE, LEAD);
    let content = html! {
        (tabs("Inputs and rules", tab, &[
            ("", "Inputs and flow logs", "/inputs"),
            ("rules", "Rules", "/inputs?tab=rules"),
        ]))
        (content)
    };
    shell.page(status, content)
}

/// What came of a change that was not made. `paths` are shown beside their fields.
fn of_draft(
    caller: &Caller,
    draft: Option<&Draft<'_>>,
    (back, etag): (&str, &str),
    paths: &[&str],
) -> Markup {
    let Some(Draft { action, what, fields, problem }) = draft else { return html! {} };
    match problem.kind {
        ProblemKind::Stale => apply_again(caller, action, back, fields, etag),
        _ if problem.beside(paths).is_empty() => html! {},
        _ => trouble(what, problem),
    }
}

async fn of_inputs(
    console: &Console,
    caller: &Caller,
    query: &Fields,
    draft: Option<&Draft<'_>>,
) -> Markup {
    let list = async {
        let mut client = console.clients.inputs()?;
        let request = pb::ListInputsRequest {
            page_size: PAGE,
            page_token: query.get("page").to_owned(),
            ..Default::default()
        };
        console.clients.ask(SHORT, client.list_inputs(request)).await
    };
    match list.await {
        Err(problem) => trouble("The inputs", &problem),
        Ok(answer) => html! {
            (of_draft(caller, draft, ("/inputs", &answer.etag), &[]))
            @if !answer.warnings.is_empty() {
                (notice(Mood::Warn, html! {
                    strong { "Read twice, or with less than it could be" }
                    ul { @for warning in &answer.warnings { li { (warning) } } }
                }))
            }
            (list::inputs(caller, &answer, query.get("page").is_empty()))
            (flow_logs::flow_logs(&answer))
            (more("/inputs", &[], &answer.next_page_token, query.get("page").is_empty()))
        },
    }
}

async fn of_rules(console: &Console, caller: &Caller, draft: Option<&Draft<'_>>) -> Markup {
    let list = async {
        let mut client = console.clients.inputs()?;
        console.clients.ask(SHORT, client.list_rules(pb::ListRulesRequest {})).await
    };
    match list.await {
        Err(problem) => trouble("The rules", &problem),
        Ok(answer) => html! {
            (of_draft(caller, draft, ("/inputs?tab=rules", &answer.etag), &rules::PATHS))
            (rules::rules(caller, &answer, draft))
        },
    }
}
