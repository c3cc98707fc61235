//! The frame around all screens.

use axum::body::Body;
use axum::http::{Response, StatusCode};
use maud::{DOCTYPE, Markup, html};

use super::parts::{Mood, csrf, notice};
use super::{Kind, TextField};
use crate::http::{Assets, Caller, page};
use crate::metrics::Refusal;

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Run,
    Accounts,
    Exporters,
    Inputs,
    Leases,
    Inventory,
    Explain,
    Settings,
}

/// A screen with its title and its address.
type Entry = (Place, &'static str, &'static str);

/// The menu in its groups.
const MENU: [(&str, &[Entry]); 3] = [
    (
        "Watch",
        &[
            (Place::Overview, "Overview", "/"),
            (Place::Inputs, "Inputs", "/inputs"),
            (Place::Leases, "Leases", "/leases"),
        ],
    ),
    (
        "Look up",
        &[(Place::Inventory, "Inventory", "/inventory"), (Place::Explain, "Explain", "/explain")],
    ),
    (
        "Set up",
        &[
            (Place::Accounts, "Accounts", "/accounts"),
            (Place::Run, "Run now", "/run"),
            (Place::Exporters, "IPFIX exporters", "/exporters"),
            (Place::Settings, "Settings", "/settings"),
        ],
    ),
];

/// The frame of a screen.
#[derive(Debug)]
pub(crate) struct Shell<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) place: Place,
    pub(crate) title: &'a str,
    /// What the screen is for, in a sentence.
    pub(crate) lead: &'a str,
    /// What the last change came to.
    pub(crate) notice: Option<String>,
    /// Where parts of the screen come from as they change; none for a screen that stays.
    pub(crate) live: Option<&'a str>,
}

impl Shell<'_> {
    /// The screen with its content.
    pub(crate) fn page(&self, status: StatusCode, content: Markup) -> Response<Body> {
        let body = html! {
            a.skip href="#content" { "Skip to the content" }
            div.frame {
                (self.menu())
                main id="content" tabindex="-1" data-live=[self.live] {
                    header.head {
                        h1 { (self.title) }
                        p.lead { (self.lead) }
                    }
                    @if self.live.is_some() {
                        p.stalled id="stalled" role="status" hidden {
                            "The console does not answer: what is shown may be old."
                        }
                    }
                    @if let Some(text) = &self.notice { (notice(Mood::Good, html! { (text) })) }
                    (content)
                }
            }
        };
        page(status, document(self.title, self.live.is_some(), body))
    }

    fn menu(&self) -> Markup {
        let Self { caller, place, .. } = self;
        html! {
            header.menu {
                a.brand href="/" { img src=(Assets::icon()) alt="" width="26" height="26"; "weir" }
                nav aria-label="Screens" {
                    @for (group, entries) in MENU {
                        p.group { (group) }
                        ul {
                            @for (each, title, address) in entries {
                                li {
                                    a href=(address)
                                        aria-current=[(each == place).then_some("page")] {
                                        (title)
                                    }
                                }
                            }
                        }
                    }
                }
                form.who method="post" action="/sign-out" {
                    (csrf(caller))
                    p {
                        @if caller.session.person.is_empty() { "Signed in" }
                        @else { (caller.session.person) }
                        " " span.badge.plain { (caller.session.grant.role.name()) }
                    }
                    button.quiet type="submit" { "Sign out" }
                }
            }
        }
    }
}

/// The page for signing in.
pub(crate) fn sign_in_page(
    status: StatusCode,
    next: &str,
    person: &str,
    error: Option<&str>,
) -> Response<Body> {
    let token = TextField {
        kind: Kind::Secret,
        error,
        hint: "It stands in the file that admin_token_file or viewer_token_file in [console] names.",
        is_required: true,
        ..TextField::new("token", "Token", "")
    };
    let name = TextField {
        hint: "Stands beside your changes in the log.",
        ..TextField::new("person", "Your name, if you like", person)
    };
    let body = html! {
        main.door id="content" {
            p.brand { img src=(Assets::icon()) alt="" width="34" height="34"; "weir" }
            h1 { "Sign in" }
            form method="post" action="/sign-in" {
                input type="hidden" name="next" value=(next);
                (token.render())
                (name.render())
                button type="submit" { "Sign in" }
            }
        }
    };
    page(status, document("Sign in", false, body))
}

/// Says why a request was refused, to who may not have signed in.
pub(crate) fn refused_page(status: StatusCode, refusal: Refusal) -> Response<Body> {
    let (title, advice) = match (status, refusal) {
        (StatusCode::NOT_FOUND, _) => ("There is no such page", "The menu has all there are."),
        (_, Refusal::NoSession) => {
            ("You are not signed in", "Your session has ended: sign in again.")
        }
        (_, Refusal::Forged) => (
            "This form is not of your session",
            "Nothing was changed. Open the page again and fill the form in there.",
        ),
        (_, Refusal::Role) => (
            "You may look, not change",
            "You have signed in as a viewer. Sign in with the token for admins to change things.",
        ),
        (_, Refusal::TooLarge) => ("This form is too large", "At most 256 KiB are read."),
        (_, Refusal::Malformed) => ("This is no form of the console", "Nothing was changed."),
        (_, Refusal::NotTheProxy) => {
            ("Please come through the proxy", "This console answers its trusted proxies alone.")
        }
        (_, Refusal::TooMany) => ("Too much at a time", "Try again a little later."),
    };
    failure_page(status, title, advice)
}

/// A page without a menu.
fn failure_page(status: StatusCode, title: &str, advice: &str) -> Response<Body> {
    let body = html! {
        main.door id="content" {
            p.brand { img src=(Assets::icon()) alt="" width="34" height="34"; "weir" }
            h1 { (title) }
            p { (advice) }
            p { a.button href="/" { "To the overview" } }
        }
    };
    page(status, document(title, false, body))
}

fn document(title: &str, is_live: bool, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · weir" }
                link rel="icon" href=(Assets::icon()) type="image/svg+xml";
                link rel="stylesheet" href=(Assets::style());
                script src=(Assets::script()) defer {}
                // Without scripts a live page shows itself anew as a whole.
                @if is_live { noscript { meta http-equiv="refresh" content="10"; } }
            }
            body { (body) }
        }
    }
}
