//! What people change about accounts.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use weir_rpc::pb;

use super::forms::Draft;
use super::{Brought, Tab, screen};
use crate::http::Change;
use crate::service::clients::{LONG, SHORT};
use crate::service::state::Shared;

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
    let added = async {
        let mut client = console.clients.accounts()?;
        let call = client.add_profile(request);
        console.change(&caller, ("AddProfile", &subject), SHORT, call).await
    };
    match added.await {
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
    let added = async {
        let mut client = console.clients.accounts()?;
        let subject = arns(&request.role_list);
        let call = client.add_roles(request);
        console.change(&caller, ("AddRoles", &subject), SHORT, call).await
    };
    match added.await {
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
    let tested = async {
        let mut client = console.clients.accounts()?;
        let call = client.test_access(pb::TestAccessRequest { id: id.clone() });
        console.change(&caller, ("TestAccess", &id), LONG, call).await
    };
    let (status, brought) = match tested.await {
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
    let removed = async {
        let mut client = console.clients.accounts()?;
        let call = client.remove_account(pb::RemoveAccountRequest { id: id.clone() });
        console.change(&caller, ("RemoveAccount", &id), SHORT, call).await
    };
    let tab = Tab::of(&fields);
    match removed.await {
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
