//! Settings: what each means, what it may be, and where its value comes from.

mod catalogue;
mod form;
mod values;

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use maud::{Markup, html};
use prost_types::FieldMask;
use weir_rpc::pb;

use crate::http::{Caller, Change, Fields};
use crate::service::clients::SHORT;
use crate::service::state::{Console, Shared};
use crate::view::{Mood, Place, Problem, ProblemKind, csrf, hidden, notice, trouble};
use catalogue::{GROUPS, Item};

const TITLE: &str = "Settings";
const LEAD: &str = "What is set here goes over the file until it is reset, and counts without a \
    restart.";

/// A change that was not made.
struct Draft<'a> {
    fields: &'a Fields,
    problem: Problem,
}

/// The screen.
pub(in crate::service) async fn show(
    State(console): Shared,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    screen(&console, &caller, None).await
}

/// Sets what somebody has changed on the screen, and leaves all else.
pub(in crate::service) async fn save(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let mut settings = pb::Settings::default();
    let mut paths = Vec::new();
    let mut wrong = Vec::new();
    for item in items() {
        if !is_changed(&fields, item) {
            continue;
        }
        paths.push(item.path.to_owned());
        if let Err(advice) = values::put(&mut settings, item, fields.get(item.path)) {
            wrong.push((format!("settings.{}", item.path), advice));
        }
    }
    let saved = match (paths.is_empty(), wrong.is_empty()) {
        (true, _) => {
            return console.done(&caller, "/settings", "Nothing was changed.".to_owned());
        }
        (_, false) => {
            let none = Problem::new(ProblemKind::Refused, "");
            Err(Problem { fields: wrong, ..none })
        }
        _ => update(&console, &caller, settings, paths.clone(), fields.get("etag")).await,
    };
    match saved {
        Ok(()) => {
            let names = items().filter(|item| paths.iter().any(|path| path == item.path));
            let names: Vec<_> = names.map(|item| item.label).collect();
            console.done(&caller, "/settings", format!("Set: {}.", names.join(", ")))
        }
        Err(problem) => screen(&console, &caller, Some(Draft { fields: &fields, problem })).await,
    }
}

/// Takes one setting back to what the file says.
pub(in crate::service) async fn reset(State(console): Shared, change: Change) -> Response<Body> {
    let Change { caller, fields } = change;
    let path = fields.get("reset").to_owned();
    let etag = fields.get("etag");
    let saved = update(&console, &caller, pb::Settings::default(), vec![path.clone()], etag).await;
    match saved {
        Ok(()) => {
            let label = items().find(|item| item.path == path).map_or("It", |item| item.label);
            let notice = format!("{label} is again what the file says.");
            console.done(&caller, "/settings", notice)
        }
        Err(problem) => screen(&console, &caller, Some(Draft { fields: &fields, problem })).await,
    }
}

async fn update(
    console: &Console,
    caller: &Caller,
    settings: pb::Settings,
    paths: Vec<String>,
    etag: &str,
) -> Result<(), Problem> {
    let subject = paths.join(" ");
    let request = pb::UpdateSettingsRequest {
        settings: Some(settings),
        update_mask: Some(FieldMask { paths }),
        etag: etag.to_owned(),
    };
    let mut client = console.clients.settings()?;
    let call = client.update_settings(request);
    console.change(caller, ("UpdateSettings", &subject), SHORT, call).await.map(drop)
}

fn items() -> impl Iterator<Item = &'static Item> {
    GROUPS.iter().flat_map(|(_, items)| *items)
}

/// The field that tells what somebody saw.
fn was(path: &str) -> String {
    format!("was.{path}")
}

/// Whether somebody has written something else than they saw.
fn is_changed(fields: &Fields, item: &Item) -> bool {
    fields.has(item.path) && fields.get(item.path) != fields.get(&was(item.path))
}

async fn screen(
    console: &Arc<Console>,
    caller: &Caller,
    draft: Option<Draft<'_>>,
) -> Response<Body> {
    let read = async {
        let mut client = console.clients.settings()?;
        console.clients.ask(SHORT, client.get_settings(pb::GetSettingsRequest {})).await
    };
    let read = read.await;
    let shell = console.shell(caller, Place::Settings, TITLE, LEAD);
    let status = draft.as_ref().map_or(StatusCode::OK, |draft| draft.problem.status());
    let content = match &read {
        Err(problem) => trouble("The settings", problem),
        Ok(answer) => content(caller, answer, draft.as_ref()),
    };
    shell.page(status, content)
}

fn content(caller: &Caller, answer: &pb::GetSettingsResponse, draft: Option<&Draft<'_>>) -> Markup {
    let may_change = caller.is_admin() && !answer.is_locked;
    html! {
        @if answer.is_locked {
            (notice(Mood::Warn, html! {
                strong { "The file is authoritative" }
                p { code { "locked = true" } " stands in " code { "[control]" }
                    ": nothing can be changed here, and what was set before does not count." }
            }))
        }
        @if let Some(draft) = draft {
            (form::of_draft(draft, &answer.settings.clone().unwrap_or_default()))
        }
        @if may_change {
            form method="post" action="/settings" {
                (csrf(caller)) (hidden("etag", &answer.etag))
                (form::groups(answer, draft, true))
                div.actions.sticky {
                    button type="submit" {
                        @if draft.is_some_and(|it| it.problem.kind == ProblemKind::Stale) {
                            "Apply my change again"
                        } @else { "Save changes" }
                    }
                    a.button.quiet href="/settings" { "Undo" }
                }
            }
        } @else {
            (form::groups(answer, draft, false))
            @if !caller.is_admin() { p.muted { "Admins can change settings." } }
        }
    }
}
