//! What people change about inputs and rules.

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use weir_rpc::pb;
use weir_rpc::pb::enable_input_request::Source;

use super::{Draft, rules, screen};
use crate::http::{Change, Fields};
use crate::service::clients::SHORT;
use crate::service::state::Shared;

/// Enables an input, or changes how one is read.
pub(in crate::service) async fn enable(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let id = fields.get("id").to_owned();
    let request =
        pb::EnableInputRequest { source: source(&fields), etag: fields.get("etag").to_owned() };
    let enabled = async {
        let mut client = console.clients.inputs()?;
        let call = client.enable_input(request);
        console.change(&caller, ("EnableInput", &id), SHORT, call).await
    };
    match enabled.await {
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
    let disabled = async {
        let mut client = console.clients.inputs()?;
        let call = client.disable_input(request);
        console.change(&caller, ("DisableInput", &id), SHORT, call).await
    };
    match disabled.await {
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
    let set = async {
        let mut client = console.clients.inputs()?;
        let call = client.set_rule(request);
        console.change(&caller, ("SetRule", &name), SHORT, call).await
    };
    match set.await {
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
    let deleted = async {
        let mut client = console.clients.inputs()?;
        let call = client.delete_rule(request);
        console.change(&caller, ("DeleteRule", &name), SHORT, call).await
    };
    match deleted.await {
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
