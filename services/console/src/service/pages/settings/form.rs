//! The settings as a form, or as a list for who may not change them.

use maud::{Markup, html};
use weir_rpc::pb;

use super::catalogue::{Form, GROUPS, Item};
use super::{Draft, is_changed, items, values, was};
use crate::view::{Kind, Mood, ProblemKind, TextField, badge, hidden, mono, notice, trouble};

pub(super) fn groups(
    answer: &pb::GetSettingsResponse,
    draft: Option<&Draft<'_>>,
    may_change: bool,
) -> Markup {
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

/// What came of a change that was not made, with ways to the fields that it is about.
pub(super) fn of_draft(draft: &Draft<'_>, settings: &pb::Settings) -> Markup {
    let Draft { fields, problem } = draft;
    let paths: Vec<_> = items().map(|item| (item, format!("settings.{}", item.path))).collect();
    let known: Vec<_> = paths.iter().map(|(_, path)| path.as_str()).collect();
    let wrong = paths.iter().filter_map(|(item, path)| Some((*item, problem.of(path)?)));
    match problem.kind {
        ProblemKind::Stale => notice(
            Mood::Warn,
            html! {
                strong { "Somebody else changed settings since you read them" }
                p { "Nothing was changed by you. Look whether your change still makes sense, then \
                    apply it again, or "
                    a href="/settings" { "leave the settings as they are now" } "." }
                ul { @for item in items().filter(|item| is_changed(fields, item)) {
                    li {
                        a href={ "#" (item.path) } { (item.label) } ": yours is "
                        (shown(fields.get(item.path))) ", now it is "
                        (shown(&values::text(settings, item)))
                    }
                } }
            },
        ),
        _ if problem.beside(&known).is_empty() => notice(
            Mood::Bad,
            html! {
                strong { "Nothing was changed" }
                ul { @for (item, advice) in wrong {
                    li { a href={ "#" (item.path) } { (item.label) } ": " (advice) }
                } }
            },
        ),
        _ => trouble("The change", problem),
    }
}

fn shown(value: &str) -> Markup {
    if value.is_empty() {
        html! { "none" }
    } else {
        mono(value)
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
    let kind = match item.form {
        Form::Choice(all) => Kind::Choice(all),
        _ => Kind::Line,
    };
    let field = TextField {
        kind,
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
