//! Inventory: everything with an id, a name or an address.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::{Caller, Fields};
use crate::service::clients::SHORT;
use crate::service::state::{Console, Shared};
use crate::view::{Place, Problem, TextField, empty, mono, more, or_dash, trouble};

/// Matches on a screen.
const PAGE: u32 = 100;

const TITLE: &str = "Inventory";
const LEAD: &str = "What sweeps have found: by address, instance, name or interface.";

/// The screen.
pub(in crate::service) async fn show(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Response<Body> {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let asked = query.get("q");
    let found = match asked {
        "" => None,
        _ => Some(search(&console, asked, query.get("page")).await),
    };
    let problem = found.as_ref().and_then(|found| found.as_ref().err());
    let status = problem.map_or(StatusCode::OK, Problem::status);
    let error = problem.and_then(|problem| problem.of("query"));
    let content = html! {
        (form(asked, error))
        @match &found {
            None => {
                (empty("Look for something", html! {
                    "An address is found in interfaces, subnets and VPCs around it; any other text in \
                     ids, names and descriptions."
                }))
            }
            Some(Err(problem)) if problem.beside(&["query"]).is_empty() => {}
            Some(Err(problem)) => { (trouble("The search", problem)) }
            Some(Ok(answer)) => { (matches(asked, answer, query.get("page").is_empty())) }
        }
    };
    console.shell(&caller, Place::Inventory, TITLE, LEAD).page(status, content)
}

async fn search(
    console: &Console,
    query: &str,
    page_token: &str,
) -> Result<pb::SearchInventoryResponse, Problem> {
    let mut client = console.clients.sweeps()?;
    let request = pb::SearchInventoryRequest {
        query: query.to_owned(),
        page_size: PAGE,
        page_token: page_token.to_owned(),
    };
    console.clients.ask(SHORT, client.search_inventory(request)).await
}

fn form(asked: &str, error: Option<&str>) -> Markup {
    let field = TextField {
        hint: "2 to 256 characters, such as 10.0.1.25, i-0a1b2c3d, web- or eni-.",
        error,
        ..TextField::new("q", "Address, id or name", asked)
    };
    html! {
        form.search method="get" action="/inventory" role="search" {
            (field.render())
            button type="submit" { "Search" }
        }
    }
}

fn matches(asked: &str, answer: &pb::SearchInventoryResponse, is_first: bool) -> Markup {
    if answer.matches.is_empty() {
        return empty(
            "Nothing has that",
            html! {
                "The inventory is as old as its last sweep: " a href="/run" { "run discovery" }
                " if it should be there."
            },
        );
    }
    html! {
        div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
            thead { tr {
                th scope="col" { "What" }
                th scope="col" { "Id" }
                th scope="col" { "Name" }
                th scope="col" { "Account" }
                th scope="col" { "Region" }
                th scope="col" { "VPC" }
                th scope="col" { "Matched" }
            } }
            tbody { @for each in &answer.matches { (row(each)) } }
        } }
        (more("/inventory", &[("q", asked)], &answer.next_page_token, is_first))
    }
}

fn row(each: &pb::InventoryMatch) -> Markup {
    let is_address = each.matched.parse::<std::net::IpAddr>().is_ok();
    let mut explain = form_urlencoded::Serializer::new(String::new());
    explain.append_pair("address", &each.matched);
    if !each.vpc_id.is_empty() {
        explain.append_pair("vpc", &each.vpc_id);
    }
    html! {
        tr {
            td data-label="What" { (each.kind) }
            th scope="row" data-label="Id" { (mono(&each.id)) }
            td data-label="Name" { (or_dash(&each.name)) }
            td data-label="Account" { (mono(&each.account_id)) }
            td data-label="Region" { (or_dash(&each.region)) }
            td data-label="VPC" { @if each.vpc_id.is_empty() { (or_dash("")) } @else { (mono(&each.vpc_id)) } }
            td data-label="Matched" {
                @if is_address { a.mono href={ "/explain?" (explain.finish()) } { (each.matched) } }
                @else { (mono(&each.matched)) }
            }
        }
    }
}
