//! A field of a form: its label, what it takes, and what is wrong with it.

use maud::{Markup, html};

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A line of text.
    Line,
    /// A text that nobody should read from the screen.
    Secret,
    /// Several lines.
    Lines,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// A field with a text.
#[derive(Clone, Debug)]
pub(crate) struct TextField<'a> {
    pub(crate) name: &'a str,
    pub(crate) label: &'a str,
    pub(crate) value: &'a str,
    pub(crate) kind: Kind,
    /// What it takes, and what it means.
    pub(crate) hint: &'a str,
    /// What counts where nothing is written.
    pub(crate) placeholder: &'a str,
    /// What is wrong with it.
    pub(crate) error: Option<&'a str>,
    pub(crate) is_required: bool,
    /// Tells fields of the same name apart on one screen.
    pub(crate) id: &'a str,
}

impl<'a> TextField<'a> {
    pub(crate) fn new(name: &'a str, label: &'a str, value: &'a str) -> Self {
        Self {
            name,
            label,
            value,
            kind: Kind::Line,
            hint: "",
            placeholder: "",
            error: None,
            is_required: false,
            id: name,
        }
    }

    /// The field with its label above, and below what it takes and what is wrong.
    pub(crate) fn render(&self) -> Markup {
        let Self { name, label, value, hint, placeholder, error, id, .. } = *self;
        let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
        let mut describers = Vec::new();
        if !hint.is_empty() {
            describers.push(hint_id.as_str());
        }
        if error.is_some() {
            describers.push(error_id.as_str());
        }
        let described = (!describers.is_empty()).then(|| describers.join(" "));
        let invalid = error.map(|_| "true");
        let kind = if self.kind == Kind::Secret { "password" } else { "text" };
        // Nobody's browser offers somebody else's secret.
        let complete = if self.kind == Kind::Secret { "new-password" } else { "off" };
        html! {
            div.field.wrong[error.is_some()] {
                label for=(id) { (label) }
                @if self.kind == Kind::Lines {
                    textarea id=(id) name=(name) rows="4" spellcheck="false"
                        placeholder=(placeholder) required[self.is_required]
                        aria-invalid=[invalid] aria-describedby=[described] { (value) }
                } @else if let Kind::Choice(all) = self.kind {
                    select id=(id) name=(name) aria-invalid=[invalid] aria-describedby=[described] {
                        @for each in all { option selected[*each == value] { (each) } }
                    }
                } @else {
                    input id=(id) name=(name) type=(kind) value=(value) autocomplete=(complete)
                        spellcheck="false" placeholder=(placeholder) required[self.is_required]
                        aria-invalid=[invalid] aria-describedby=[described];
                }
                @if let Some(error) = error { p.error id=(error_id) { (error) } }
                @if !hint.is_empty() { p.hint id=(hint_id) { (hint) } }
            }
        }
    }
}
