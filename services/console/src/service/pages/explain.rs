//! Explain: how an address or a line is enriched, and by which rules.

mod answers;
mod forms;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use maud::html;
use weir_rpc::pb;

use crate::http::{Caller, Fields, Look};
use crate::service::clients::SHORT;
use crate::service::state::{Console, Shared};
use crate::view::{Place, Problem, trouble};

const TITLE: &str = "Explain";
const LEAD: &str = "What an address or a flow log line becomes, by the very code that enriches, \
    and which rule filled each field.";

/// What was asked, and the answer.
enum Asked<'a> {
    Nothing,
    Address(&'a Fields, Result<pb::LookupAddressResponse, Problem>),
    Line(&'a Fields, Result<pb::ExplainLineResponse, Problem>),
}

/// The screen, and the answer about an address.
pub(in crate::service) async fn show(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Response<Body> {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let asked = match query.get("address") {
        "" => Asked::Nothing,
        _ => Asked::Address(&query, lookup(&console, &query).await),
    };
    screen(&console, &caller, &asked)
}

/// The answer about a line. It changes nothing: who may look may ask.
pub(in crate::service) async fn line(State(console): Shared, look: Look) -> Response<Body> {
    let Look { caller, fields } = look;
    let explained = explain(&console, &fields).await;
    screen(&console, &caller, &Asked::Line(&fields, explained))
}

async fn lookup(console: &Console, query: &Fields) -> Result<pb::LookupAddressResponse, Problem> {
    let at = match query.get("at") {
        "" => None,
        text => Some(forms::time(text).map_err(|advice| Problem::of_field("at", advice))?),
    };
    let mut client = console.clients.enricher()?;
    let request = pb::LookupAddressRequest {
        address: query.get("address").to_owned(),
        vpc_id: query.get("vpc").to_owned(),
        subnet_id: query.get("subnet").to_owned(),
        at,
    };
    console.clients.ask(SHORT, client.lookup_address(request)).await
}

async fn explain(console: &Console, fields: &Fields) -> Result<pb::ExplainLineResponse, Problem> {
    let mut client = console.clients.enricher()?;
    let request = pb::ExplainLineRequest {
        line: fields.get("line").to_owned(),
        log_format: fields.get("log_format").to_owned(),
        account_id: fields.get("account_id").to_owned(),
        region: fields.get("region").to_owned(),
    };
    console.clients.ask(SHORT, client.explain_line(request)).await
}

fn screen(console: &Arc<Console>, caller: &Caller, asked: &Asked<'_>) -> Response<Body> {
    let empty = Fields::default();
    let problem = match asked {
        Asked::Address(_, Err(problem)) | Asked::Line(_, Err(problem)) => Some(problem),
        _ => None,
    };
    let status = problem.map_or(StatusCode::OK, Problem::status);
    let (address, line) = match asked {
        Asked::Nothing => (&empty, &empty),
        Asked::Address(fields, _) => (*fields, &empty),
        Asked::Line(fields, _) => (&empty, *fields),
    };
    let is_line = matches!(asked, Asked::Line(..));
    let (of_address, of_line) = if is_line { (None, problem) } else { (problem, None) };
    let content = html! {
        @if let Some(problem) = problem {
            @if !problem.beside(&forms::PATHS).is_empty() { (trouble("The question", problem)) }
        }
        @match asked {
            Asked::Address(_, Ok(answer)) => { (answers::address(answer)) }
            Asked::Line(_, Ok(answer)) => { (answers::line(answer)) }
            _ => {}
        }
        div.halves {
            (forms::address(address, of_address))
            (forms::line(caller, line, of_line))
        }
    };
    console.shell(caller, Place::Explain, TITLE, LEAD).page(status, content)
}
