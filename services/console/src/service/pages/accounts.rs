//! Accounts: access keys and roles, and what was found in them.

mod changes;
mod forms;
mod tables;

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
use crate::view::{Place, Problem, count, tabs, trouble};
pub(in crate::service) use changes::{add_profile, add_roles, remove, test};
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
