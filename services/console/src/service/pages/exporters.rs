//! IPFIX exporters: the address and name that each VPC and transit gateway has.

mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use maud::{Markup, html};
use prost_types::FieldMask;
use weir_rpc::pb;

use crate::http::{Caller, Change, Fields};
use crate::service::clients::SHORT;
use crate::service::state::{Console, Shared};
use crate::view::{Place, Problem, ProblemKind, apply_again, empty, more, trouble};
use table::Draft;

/// Exporters on a screen: each has a form.
const PAGE: u32 = 40;

/// The most pages of VPCs whose flow logs are looked up.
const VPC_PAGES: usize = 10;

const TITLE: &str = "IPFIX exporters";
const LEAD: &str = "Each VPC and transit gateway sends as an exporter of its own. Give it the \
    address and the name that your collectors show.";

/// Which exporters are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    All,
    Assigned,
    Colliding,
}

impl Filter {
    fn of(fields: &Fields) -> Self {
        match fields.get("show") {
            "assigned" => Self::Assigned,
            "colliding" => Self::Colliding,
            _ => Self::All,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::All => "",
            Self::Assigned => "assigned",
            Self::Colliding => "colliding",
        }
    }
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

/// Assigns an address and a name; what is left empty is taken back.
pub(in crate::service) async fn set(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let id = fields.get("id").to_owned();
    let paths = ["ipv4", "ipv6", "name"].map(str::to_owned).to_vec();
    let request = pb::SetAssignmentRequest {
        id: id.clone(),
        exporter: Some(pb::AssignedExporter {
            ipv4: fields.get("ipv4").to_owned(),
            ipv6: fields.get("ipv6").to_owned(),
            name: fields.get("name").to_owned(),
        }),
        update_mask: Some(FieldMask { paths }),
        etag: fields.get("etag").to_owned(),
    };
    let set = async {
        let mut client = console.clients.assignments()?;
        let call = client.set_assignment(request);
        console.change(&caller, ("SetAssignment", &id), SHORT, call).await
    };
    match set.await {
        Ok(_) => {
            let notice = format!("{id} was changed. Collectors see it within two seconds.");
            console.done(&caller, "/exporters", notice)
        }
        Err(problem) => {
            let draft = Draft { action: "/exporters/set", fields: &fields, problem };
            screen(&console, &caller, &fields, Some(draft)).await
        }
    }
}

/// Takes back what was assigned.
pub(in crate::service) async fn clear(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let id = fields.get("id").to_owned();
    let request =
        pb::ClearAssignmentRequest { id: id.clone(), etag: fields.get("etag").to_owned() };
    let cleared = async {
        let mut client = console.clients.assignments()?;
        let call = client.clear_assignment(request);
        console.change(&caller, ("ClearAssignment", &id), SHORT, call).await
    };
    match cleared.await {
        Ok(_) => {
            let notice = format!("{id} has its default address and name again.");
            console.done(&caller, "/exporters", notice)
        }
        Err(problem) => {
            let draft = Draft { action: "/exporters/clear", fields: &fields, problem };
            screen(&console, &caller, &fields, Some(draft)).await
        }
    }
}

async fn screen(
    console: &Arc<Console>,
    caller: &Caller,
    query: &Fields,
    draft: Option<Draft<'_>>,
) -> Response<Body> {
    let filter = Filter::of(query);
    let listed = list(console, filter, query.get("page")).await;
    let shell = console.shell(caller, Place::Exporters, TITLE, LEAD);
    let status = draft.as_ref().map_or(StatusCode::OK, |draft| draft.problem.status());
    let content = html! {
        (filters(filter))
        @match &listed {
            Err(problem) => { (trouble("The exporters", problem)) }
            Ok((answer, flow_logs)) => {
                @if let Some(draft) = &draft { (of_draft(caller, draft, &answer.etag)) }
                @if answer.assignments.is_empty() { (nothing(filter)) }
                @else { (table::table(caller, answer, flow_logs, draft.as_ref())) }
                (more("/exporters", &[("show", filter.name())], &answer.next_page_token,
                    query.get("page").is_empty()))
            }
        }
    };
    shell.page(status, content)
}

/// What came of a change that was not made.
fn of_draft(caller: &Caller, draft: &Draft<'_>, etag: &str) -> Markup {
    match draft.problem.kind {
        ProblemKind::Stale => apply_again(caller, draft.action, "/exporters", draft.fields, etag),
        _ if draft.problem.beside(&table::PATHS).is_empty() => html! {},
        _ => trouble(draft.fields.get("id"), &draft.problem),
    }
}

fn filters(filter: Filter) -> Markup {
    let all = [
        (Filter::All, "All", "/exporters"),
        (Filter::Assigned, "Assigned", "/exporters?show=assigned"),
        (Filter::Colliding, "Sharing an address", "/exporters?show=colliding"),
    ];
    html! {
        nav.tabs aria-label="Which exporters" {
            @for (each, title, address) in all {
                a href=(address) aria-current=[(each == filter).then_some("page")] { (title) }
            }
        }
    }
}

fn nothing(filter: Filter) -> Markup {
    match filter {
        Filter::All => empty(
            "No VPC was found yet",
            html! {
                "Add an account under " a href="/accounts" { "Accounts" } ", then "
                a href="/run" { "run discovery" } "."
            },
        ),
        Filter::Assigned => {
            empty("Nothing is assigned", html! { "All exporters are as they are by default." })
        }
        Filter::Colliding => empty(
            "No two exporters share an address",
            html! { "Collectors can tell all of them apart." },
        ),
    }
}

/// A page of exporters, and the flow logs of each VPC.
async fn list(
    console: &Console,
    filter: Filter,
    page_token: &str,
) -> Result<(pb::ListAssignmentsResponse, BTreeMap<String, Vec<String>>), Problem> {
    let mut client = console.clients.assignments()?;
    let request = pb::ListAssignmentsRequest {
        only_assigned: filter == Filter::Assigned,
        only_colliding: filter == Filter::Colliding,
        page_size: PAGE,
        page_token: page_token.to_owned(),
        ..Default::default()
    };
    let answer = console.clients.ask(SHORT, client.list_assignments(request)).await?;
    // The exporters are worth showing without them.
    let flow_logs = flow_logs(console).await.unwrap_or_default();
    Ok((answer, flow_logs))
}

async fn flow_logs(console: &Console) -> Result<BTreeMap<String, Vec<String>>, Problem> {
    let mut client = console.clients.sweeps()?;
    let (mut all, mut page_token) = (BTreeMap::<String, Vec<String>>::new(), String::new());
    for _ in 0..VPC_PAGES {
        let request = pb::ListVpcsRequest { page_size: 1000, page_token, ..Default::default() };
        let answer = console.clients.ask(SHORT, client.list_vpcs(request)).await?;
        for vpc in answer.vpcs {
            all.entry(vpc.id).or_default().extend(vpc.flow_log_ids);
        }
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(all)
}
