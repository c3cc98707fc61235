//! Accounts: access keys and roles, and what was found in them.

mod forms;
mod tables;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri};
use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::{Caller, Change, Fields};
use crate::service::clients::{LONG, SHORT};
use crate::service::state::{Console, Shared};
use crate::view::{Place, Problem, count, tabs, trouble};
use forms::Draft;

/// The most accounts on a screen.
const MOST: u32 = 1000;

const TITLE: &str = "Accounts";
const LEAD: &str = "Which AWS accounts are read, and with which credentials.";

/// The parts of the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Profiles,
    Roles,
    Found,
}

impl Tab {
    fn of(fields: &Fields) -> Self {
        match fields.get("tab") {
            "roles" => Self::Roles,
            "found" => Self::Found,
            _ => Self::Profiles,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Profiles => "profiles",
            Self::Roles => "roles",
            Self::Found => "found",
        }
    }

    fn address(self) -> String {
        format!("/accounts?tab={}", self.name())
    }
}

/// What a request has brought to the screen.
#[derive(Default)]
struct Brought<'a> {
    draft: Option<Draft<'a>>,
    results: Option<Vec<pb::AccessResult>>,
    problem: Option<(&'static str, Problem)>,
}

/// The screen.
pub(in crate::service) async fn show(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Response<Body> {
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    screen(&console, &caller, Tab::of(&query), StatusCode::OK, Brought::default()).await
}

/// Adds an access key. The secret goes to discovery and is never shown again.
pub(in crate::service) async fn add_profile(
    State(console): Shared,
    change: Change,
) -> Response<Body> {
    let Change { caller, fields } = change;
    let request = pb::AddProfileRequest {
        name: fields.get("name").to_owned(),
        access_key_id: fields.get("access_key_id").to_owned(),
        secret_access_key: fields.get("secret_access_key").to_owned(),
        region: fields.get("region").to_owned(),
    };
    let subject = request.name.clone();
    let added = match console.clients.accounts() {
        Ok(mut client) => {
            let call = client.add_profile(request);
            console.change(&caller, ("AddProfile", &subject), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    match added {
        Ok(_) => {
            let notice = format!("{subject} was added. It is read with the next sweep.");
            console.done(&caller, &Tab::Profiles.address(), notice)
        }
        Err(problem) => {
            let status = problem.status();
            let draft = Some(Draft { fields: &fields, problem });
            let brought = Brought { draft, ..Brought::default() };
            screen(&console, &caller, Tab::Profiles, status, brought).await
        }
    }
}

/// Adds roles in the text form.
pub(in crate::service) async fn add_roles(
    State(console): Shared,
    change: Change,
) -> Response<Body> {
    let Change { caller, fields } = change;
    let request =
        pb::AddRolesRequest { roles: Vec::new(), role_list: fields.get("role_list").to_owned() };
    let added = match console.clients.accounts() {
        Ok(mut client) => {
            let subject = arns(&request.role_list);
            let call = client.add_roles(request);
            console.change(&caller, ("AddRoles", &subject), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    match added {
        Ok(added) => {
            let notice = match added.accounts.len() {
                1 => "The role was added. Its account is read with the next sweep.".to_owned(),
                roles => format!("{roles} roles were added. They are read with the next sweep."),
            };
            console.done(&caller, &Tab::Roles.address(), notice)
        }
        Err(problem) => {
            let status = problem.status();
            let draft = Some(Draft { fields: &fields, problem });
            let brought = Brought { draft, ..Brought::default() };
            screen(&console, &caller, Tab::Roles, status, brought).await
        }
    }
}

/// The ARNs of a list, for audits: external ids are shared secrets of a kind.
fn arns(list: &str) -> String {
    let entries = list.split([',', '\n']).map(str::trim);
    entries.filter(|entry| entry.starts_with("arn:")).collect::<Vec<_>>().join(" ")
}

/// Asks AWS whether an account can be reached.
pub(in crate::service) async fn test(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let id = fields.get("id").to_owned();
    let tested = match console.clients.accounts() {
        Ok(mut client) => {
            let call = client.test_access(pb::TestAccessRequest { id: id.clone() });
            console.change(&caller, ("TestAccess", &id), LONG, call).await
        }
        Err(problem) => Err(problem),
    };
    let (status, brought) = match tested {
        Ok(answer) => {
            (StatusCode::OK, Brought { results: Some(answer.results), ..Brought::default() })
        }
        Err(problem) => {
            let status = problem.status();
            let problem = Some(("The test", problem));
            (status, Brought { problem, ..Brought::default() })
        }
    };
    screen(&console, &caller, Tab::of(&fields), status, brought).await
}

/// Removes an account that was added here.
pub(in crate::service) async fn remove(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let id = fields.get("id").to_owned();
    let removed = match console.clients.accounts() {
        Ok(mut client) => {
            let call = client.remove_account(pb::RemoveAccountRequest { id: id.clone() });
            console.change(&caller, ("RemoveAccount", &id), SHORT, call).await
        }
        Err(problem) => Err(problem),
    };
    let tab = Tab::of(&fields);
    match removed {
        Ok(_) => {
            let notice = format!("{id} was removed. What was found goes with the next sweep.");
            console.done(&caller, &tab.address(), notice)
        }
        Err(problem) => {
            let status = problem.status();
            let problem = Some(("Removing", problem));
            let brought = Brought { problem, ..Brought::default() };
            screen(&console, &caller, tab, status, brought).await
        }
    }
}

async fn screen(
    console: &Arc<Console>,
    caller: &Caller,
    tab: Tab,
    status: StatusCode,
    brought: Brought<'_>,
) -> Response<Body> {
    let shell = console.shell(caller, Place::Accounts, TITLE, LEAD);
    let content = html! {
        (tabs("Kinds of accounts", tab.name(), &[
            ("profiles", "Credentials", "/accounts?tab=profiles"),
            ("roles", "IAM roles", "/accounts?tab=roles"),
            ("found", "What was found", "/accounts?tab=found"),
        ]))
        @if let Some((what, problem)) = &brought.problem { (trouble(what, problem)) }
        @if let Some(results) = &brought.results { (tables::results(results)) }
        @match tab {
            Tab::Found => { (found(console).await) }
            Tab::Profiles | Tab::Roles => { (configured(console, caller, tab, &brought).await) }
        }
    };
    shell.page(status, content)
}

async fn found(console: &Console) -> Markup {
    let list = async {
        let mut client = console.clients.sweeps()?;
        let request = pb::ListAccountsRequest { page_size: MOST, ..Default::default() };
        console.clients.ask(SHORT, client.list_accounts(request)).await
    };
    match list.await {
        Err(problem) => trouble("The accounts", &problem),
        Ok(answer) => tables::found(&answer.accounts),
    }
}

async fn configured(console: &Console, caller: &Caller, tab: Tab, brought: &Brought<'_>) -> Markup {
    let list = async {
        let mut client = console.clients.accounts()?;
        let request =
            pb::AccountServiceListAccountsRequest { page_size: MOST, ..Default::default() };
        console.clients.ask(SHORT, client.list_accounts(request)).await
    };
    let kind = match tab {
        Tab::Roles => pb::AccountKind::Role,
        _ => pb::AccountKind::Profile,
    };
    html! {
        @match list.await {
            Err(problem) => { (trouble("The accounts", &problem)) }
            Ok(answer) => {
                @let accounts: Vec<_> =
                    answer.accounts.iter().filter(|it| it.kind() == kind).collect();
                (tables::configured(caller, tab.name(), &accounts))
                @if !answer.next_page_token.is_empty() {
                    p.hint { "Only the first " (count(MOST.into())) " accounts are shown." }
                }
            }
        }
        @if caller.is_admin() {
            @match tab {
                Tab::Roles => { (forms::roles(caller, brought.draft.as_ref())) }
                _ => { (forms::profile(caller, brought.draft.as_ref())) }
            }
        }
    }
}
