//! Inputs: what is read, which source serves which flow log and why, and rules.

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
use weir_rpc::pb::enable_input_request::Source;

use crate::http::{Caller, Change, Fields};
use crate::service::clients::SHORT;
use crate::service::state::{Console, Shared};
use crate::view::{Mood, Place, Problem, ProblemKind, apply_again, more, notice, tabs, trouble};

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

/// Enables an input, or changes how one is read.
pub(in crate::service) async fn enable(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let id = fields.get("id").to_owned();
    let request =
        pb::EnableInputRequest { source: source(&fields), etag: fields.get("etag").to_owned() };
    let enabled = match console.clients.inputs() {
        Ok(mut client) => {
            let call = client.enable_input(request);
            console.change(&caller, ("EnableInput", &id), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    match enabled {
        Ok(answer) => {
            let name = answer.input.map_or(id, |input| input.name);
            console.done(&caller, "/inputs", format!("{name} is read from now on."))
        }
        Err(problem) => {
            let (action, what) = ("/inputs/enable", "Enabling");
            let draft = Draft { action, what, fields: &fields, problem };
            screen(&console, &caller, &Fields::default(), Some(draft)).await
        }
    }
}

/// What a form enables.
fn source(fields: &Fields) -> Option<Source> {
    let id = fields.get("id");
    match fields.get("kind") {
        "stream" => Some(Source::Stream(pb::StreamInput {
            arn: id.to_owned(),
            enhanced_fan_out: fields.has("enhanced_fan_out"),
            start: start(fields.get("start")).into(),
            start_at: None,
        })),
        "group" => Some(Source::LogGroup(pb::LogGroupInput { arn: id.to_owned() })),
        "bucket" => {
            let (bucket, queue) = id.split_once(' ').unwrap_or((id, ""));
            let (bucket, queue_arn) = (bucket.to_owned(), queue.to_owned());
            Some(Source::Bucket(pb::BucketInput { bucket, queue_arn }))
        }
        _ => None,
    }
}

fn start(text: &str) -> pb::StreamStart {
    match text {
        "oldest" => pb::StreamStart::TrimHorizon,
        _ => pb::StreamStart::Latest,
    }
}

/// Disables an input.
pub(in crate::service) async fn disable(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let id = fields.get("id").to_owned();
    let request = pb::DisableInputRequest { id: id.clone(), etag: fields.get("etag").to_owned() };
    let disabled = match console.clients.inputs() {
        Ok(mut client) => {
            let call = client.disable_input(request);
            console.change(&caller, ("DisableInput", &id), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    match disabled {
        Ok(answer) => {
            let name = answer.input.map_or(id, |input| input.name);
            let notice = format!("{name} is disabled. What ended before is still read.");
            console.done(&caller, "/inputs", notice)
        }
        Err(problem) => {
            let (action, what) = ("/inputs/disable", "Disabling");
            let draft = Draft { action, what, fields: &fields, problem };
            screen(&console, &caller, &Fields::default(), Some(draft)).await
        }
    }
}

/// Makes a rule, or changes one.
pub(in crate::service) async fn set_rule(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let name = fields.get("name").to_owned();
    let request = pb::SetRuleRequest {
        rule: Some(rules::rule_of(&fields)),
        etag: fields.get("etag").to_owned(),
    };
    let set = match console.clients.inputs() {
        Ok(mut client) => {
            let call = client.set_rule(request);
            console.change(&caller, ("SetRule", &name), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    match set {
        Ok(answer) => {
            let notice = match answer.enabled.len() {
                0 => format!("Rule {name} is set. It enables nothing that was found so far."),
                1 => format!("Rule {name} is set and has enabled one input."),
                inputs => format!("Rule {name} is set and has enabled {inputs} inputs."),
            };
            console.done(&caller, "/inputs?tab=rules", notice)
        }
        Err(problem) => {
            let draft =
                Draft { action: "/inputs/rules/set", what: "The rule", fields: &fields, problem };
            screen(&console, &caller, &rules_tab(), Some(draft)).await
        }
    }
}

/// Deletes a rule.
pub(in crate::service) async fn delete_rule(
    State(console): Shared,
    change: Change,
) -> Response<Body> {
    let Change { caller, fields } = change;
    let name = fields.get("name").to_owned();
    let request = pb::DeleteRuleRequest { name: name.clone(), etag: fields.get("etag").to_owned() };
    let deleted = match console.clients.inputs() {
        Ok(mut client) => {
            let call = client.delete_rule(request);
            console.change(&caller, ("DeleteRule", &name), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    match deleted {
        Ok(_) => {
            let notice = format!("Rule {name} is deleted. What it has enabled stays enabled.");
            console.done(&caller, "/inputs?tab=rules", notice)
        }
        Err(problem) => {
            let (action, what) = ("/inputs/rules/delete", "Deleting");
            let draft = Draft { action, what, fields: &fields, problem };
            screen(&console, &caller, &rules_tab(), Some(draft)).await
        }
    }
}

fn rules_tab() -> Fields {
    Fields::parse(b"tab=rules")
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
