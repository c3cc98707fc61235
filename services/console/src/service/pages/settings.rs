//! Settings: what each means, what it may be, and where its value comes from.

mod catalogue;
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
use crate::view::{
    Mood, Place, Problem, ProblemKind, TextField, badge, csrf, hidden, notice, trouble,
};
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
        @if let Some(draft) = draft { (of_draft(draft)) }
        @if may_change {
            form method="post" action="/settings" {
                (csrf(caller)) (hidden("etag", &answer.etag))
                (groups(answer, draft, true))
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
            (groups(answer, draft, false))
            @if !caller.is_admin() { p.muted { "Admins can change settings." } }
        }
    }
}

fn groups(answer: &pb::GetSettingsResponse, draft: Option<&Draft<'_>>, may_change: bool) -> Markup {
    let settings = answer.settings.clone().unwrap_or_default();
    html! {
        @for (title, items) in GROUPS {
            fieldset {
                legend { (title) }
                @for item in *items { (setting(item, &settings, answer, draft, may_change)) }
            }
        }
    }
}

/// What came of a change that was not made.
fn of_draft(draft: &Draft<'_>) -> Markup {
    let paths: Vec<_> = items().map(|item| format!("settings.{}", item.path)).collect();
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();
    let rest = draft.problem.beside(&paths);
    match draft.problem.kind {
        ProblemKind::Stale => notice(
            Mood::Warn,
            html! {
                strong { "Somebody else changed settings since you read them" }
                p { "Nothing was changed by you. What you wrote is still below, beside what counts now. \
                    Look whether it still makes sense, then apply it again, or "
                    a href="/settings" { "leave the settings as they are now" } "." }
            },
        ),
        _ if rest.is_empty() => notice(
            Mood::Bad,
            html! {
                strong { "Nothing was changed" } p { "Look at the fields that are marked." }
            },
        ),
        _ => trouble("The change", &draft.problem),
    }
}

fn setting(
    item: &Item,
    settings: &pb::Settings,
    answer: &pb::GetSettingsResponse,
    draft: Option<&Draft<'_>>,
    may_change: bool,
) -> Markup {
    let now = values::text(settings, item);
    let source = answer.sources.iter().find(|source| source.path == item.path);
    let is_varied = source.is_some_and(|source| source.is_varied);
    let origin = source.map_or(pb::SettingOrigin::Unspecified, pb::SettingSource::origin);
    // What somebody wrote, where the change was not made; what they left as it was follows others.
    let mine = draft.filter(|draft| is_changed(draft.fields, item));
    let mine = mine.map(|draft| draft.fields.get(item.path)).filter(|mine| *mine != now);
    let path = format!("settings.{}", item.path);
    let error = draft.and_then(|draft| draft.problem.of(&path));
    let hint = format!("{} Accepted: {}.", item.meaning, item.accepted());
    let field = TextField {
        hint: &hint,
        placeholder: if is_varied { "each collector has its own" } else { "" },
        error,
        ..TextField::new(item.path, item.label, mine.unwrap_or(&now))
    };
    html! {
        div.setting {
            @if may_change {
                (field.render())
                (hidden(&was(item.path), &now))
            } @else {
                div.field { span.label { (item.label) }
                    p.value { @if is_varied { "each collector has its own" }
                        @else if now.is_empty() { "none" } @else { (now) } }
                    p.hint { (hint) } }
            }
            p.origin {
                (origin_badge(origin))
                @if mine.is_some() { " " span.muted { "counts now: " }
                    @if now.is_empty() { "none" } @else { (now) } }
                @if may_change && origin == pb::SettingOrigin::RunTime {
                    " " button.small.quiet type="submit" formaction="/settings/reset" name="reset"
                        value=(item.path) formnovalidate aria-label={ "Reset to the file: " (item.label) } {
                        "Reset to the file"
                    }
                }
            }
        }
    }
}

fn origin_badge(origin: pb::SettingOrigin) -> Markup {
    match origin {
        pb::SettingOrigin::RunTime => badge(Mood::Good, "set here"),
        pb::SettingOrigin::File => badge(Mood::Plain, "from the file"),
        pb::SettingOrigin::Default | pb::SettingOrigin::Unspecified => {
            badge(Mood::Plain, "default")
        }
    }
}
