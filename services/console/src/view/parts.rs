//! Small pieces that screens share.

use maud::{Markup, PreEscaped, html};

use super::{Problem, ProblemKind};
use crate::http::{Caller, Fields};

/// The most characters of what stays in one line: the id of a VPC has 21.
const WHOLE: usize = 24;

/// What a piece says beside its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Nothing.
    Plain,
    /// All is well.
    Good,
    /// Somebody should look.
    Warn,
    /// It does not work.
    Bad,
}

impl Mood {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// A word in a coloured frame. The word says it all: the colour only helps.
pub(crate) fn badge(mood: Mood, text: &str) -> Markup {
    html! { span class={ "badge " (mood.class()) } { (text) } }
}

/// Something to read before the rest.
pub(crate) fn notice(mood: Mood, content: Markup) -> Markup {
    let role = if mood == Mood::Bad { "alert" } else { "status" };
    html! { div class={ "notice " (mood.class()) } role=(role) { (content) } }
}

/// What stands where there is nothing: what it would be, and what to do.
pub(crate) fn empty(title: &str, advice: Markup) -> Markup {
    html! { div.empty { p.empty-title { (title) } p { (advice) } } }
}

/// What went wrong with a call.
pub(crate) fn trouble(what: &str, problem: &Problem) -> Markup {
    let (mood, title) = match problem.kind {
        ProblemKind::Refused => (Mood::Bad, format!("{what}: not accepted")),
        ProblemKind::Stale => (Mood::Warn, format!("{what}: changed by somebody else")),
        ProblemKind::Absent => (Mood::Plain, format!("{what}: not part of this installation")),
        ProblemKind::Unavailable => (Mood::Bad, format!("{what}: no answer")),
    };
    let lines = problem.beside(&[]);
    notice(mood, html! { strong { (title) } @for line in &lines { p { (line) } } })
}

/// Offers to make a change that came too late once more, and to leave it.
pub(crate) fn apply_again(
    caller: &Caller,
    action: &str,
    back: &str,
    fields: &Fields,
    etag: &str,
) -> Markup {
    let kept = fields.iter().filter(|(name, _)| !matches!(*name, "csrf" | "etag"));
    let content = html! {
        strong { "Somebody else changed this since you read it" }
        p { "Nothing was changed by you. Below is what counts now; look whether your change still \
             makes sense." }
        form.row method="post" action=(action) {
            (csrf(caller))
            (hidden("etag", etag))
            @for (name, value) in kept { (hidden(name, value)) }
            button type="submit" { "Apply my change again" }
            a.button.quiet href=(back) { "Leave it as it is now" }
        }
    };
    notice(Mood::Warn, content)
}

/// What shows that a form is of this session.
pub(crate) fn csrf(caller: &Caller) -> Markup {
    hidden("csrf", &caller.session.csrf)
}

/// A field that people do not see.
pub(crate) fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}

/// An id, an address: something to copy.
pub(crate) fn mono(text: &str) -> Markup {
    // An id stays in one line; an ARN may break anywhere.
    html! { span.mono.whole[text.len() <= WHOLE] { (text) } }
}

/// A text, or a dash where there is none.
pub(crate) fn or_dash(text: &str) -> Markup {
    if text.is_empty() {
        html! { span.muted { "–" } }
    } else {
        html! { (text) }
    }
}

/// A number that people look for first.
pub(crate) fn tile(label: &str, value: &str, unit: &str, mood: Mood, below: Markup) -> Markup {
    html! {
        div class={ "tile " (mood.class()) } {
            p.tile-label { (label) }
            p.tile-value { (value) @if !unit.is_empty() { " " span.unit { (unit) } } }
            p.tile-below { (below) }
        }
    }
}

/// A name and its value in a list of such.
pub(crate) fn pair(name: &str, value: Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// Links between the parts of a screen.
pub(crate) fn tabs(label: &str, here: &str, all: &[(&str, &str, &str)]) -> Markup {
    html! {
        nav.tabs aria-label=(label) {
            @for (name, title, address) in all {
                a href=(address) aria-current=[(*name == here).then_some("page")] { (title) }
            }
        }
    }
}

/// Leads to the next page of a list.
pub(crate) fn more(address: &str, query: &[(&str, &str)], token: &str, is_first: bool) -> Markup {
    let link = |token: Option<&str>| {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
        if let Some(token) = token {
            pairs.append_pair("page", token);
        }
        format!("{address}?{}", pairs.finish())
    };
    if is_first && token.is_empty() {
        return PreEscaped(String::new());
    }
    html! {
        nav.pages aria-label="Pages" {
            @if !is_first { a.button.quiet href=(link(None)) { "First page" } }
            @if !token.is_empty() { a.button.quiet href=(link(Some(token))) { "Next page" } }
        }
    }
}
