//! The forms that add accounts.

use maud::{Markup, html};

use crate::http::{Caller, Fields};
use crate::view::{Kind, Mood, Problem, TextField, csrf, notice};

/// What somebody has filled in, and what is wrong with it.
pub(super) struct Draft<'a> {
    pub(super) fields: &'a Fields,
    pub(super) problem: Problem,
}

/// What no field shows.
fn rest(draft: Option<&Draft<'_>>, paths: &[&str]) -> Markup {
    let lines = draft.map(|draft| draft.problem.beside(paths)).unwrap_or_default();
    html! {
        @if !lines.is_empty() {
            (notice(Mood::Bad, html! {
                strong { "Nothing was added" } @for line in &lines { p { (line) } }
            }))
        }
    }
}

/// Adds an access key.
pub(super) fn profile(caller: &Caller, draft: Option<&Draft<'_>>) -> Markup {
    const PATHS: [&str; 4] = ["name", "access_key_id", "secret_access_key", "region"];
    let value = |name: &str| draft.map_or("", |draft| draft.fields.get(name));
    let error = |name: &str| draft.and_then(|draft| draft.problem.of(name));
    let field = |name: &'static str, label, hint| TextField {
        hint,
        error: error(name),
        ..TextField::new(name, label, value(name))
    };
    let name = TextField {
        is_required: true,
        ..field("name", "Profile name", "1 to 128 characters; what the account is called here.")
    };
    let id = TextField {
        is_required: true,
        ..field("access_key_id", "Access key ID", "16 to 128 letters and digits, as AWS shows it.")
    };
    // What was typed is not sent back: a secret stands in no page.
    let secret = TextField {
        kind: Kind::Secret,
        is_required: true,
        value: "",
        ..field(
            "secret_access_key",
            "Secret access key",
            "Sealed with discovery's key file before it is stored, and never shown again.",
        )
    };
    let region = TextField {
        placeholder: "us-east-1",
        ..field("region", "Default region", "Empty is the partition's first: us-east-1.")
    };
    html! {
        section.panel {
            h2 { "Add an access key" }
            (rest(draft, &PATHS))
            form.fields method="post" action="/accounts/profile" {
                (csrf(caller))
                (name.render()) (id.render()) (secret.render()) (region.render())
                div.actions { button type="submit" { "Add access key" } }
            }
        }
    }
}

/// Adds roles.
pub(super) fn roles(caller: &Caller, draft: Option<&Draft<'_>>) -> Markup {
    let list = TextField {
        kind: Kind::Lines,
        is_required: true,
        placeholder: "arn:aws:iam::111122223333:role/R1, arn:aws:iam::444455556666:role/R2,externalID-2",
        hint: "ARNs separated by commas or line ends; an external id stands behind its ARN, after a \
               comma. All of them are added, or none. weir's own role is not among them.",
        error: draft.and_then(|draft| draft.problem.of("role_list")),
        ..TextField::new(
            "role_list",
            "Roles",
            draft.map_or("", |draft| draft.fields.get("role_list")),
        )
    };
    html! {
        section.panel {
            h2 { "Add IAM roles" }
            (rest(draft, &["role_list"]))
            form.fields.wide method="post" action="/accounts/roles" {
                (csrf(caller))
                (list.render())
                div.actions { button type="submit" { "Add roles" } }
            }
        }
    }
}
