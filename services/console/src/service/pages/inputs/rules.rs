//! Rules that enable inputs by their names.

use maud::{Markup, html};
use weir_rpc::pb;

use super::Draft;
use crate::http::{Caller, Fields};
use crate::view::{Mood, TextField, badge, csrf, empty, hidden, mono, or_dash};

/// The fields of the form, as they are in a request.
pub(super) const PATHS: [&str; 7] = [
    "rule.name",
    "rule.kind",
    "rule.pattern",
    "rule.account_id",
    "rule.region",
    "rule.enhanced_fan_out",
    "rule.start",
];

/// The kinds as forms name them.
const KINDS: [(&str, &str, pb::InputKind); 3] = [
    ("stream", "Kinesis streams", pb::InputKind::Kinesis),
    ("group", "CloudWatch log groups", pb::InputKind::LogGroup),
    ("bucket", "S3 buckets with one queue", pb::InputKind::Bucket),
];

/// The rule of a form.
pub(super) fn rule_of(fields: &Fields) -> pb::InputRule {
    let asked = fields.get("kind");
    let kind = KINDS.iter().find(|(name, ..)| *name == asked);
    let start = match fields.get("start") {
        "oldest" => pb::StreamStart::TrimHorizon,
        _ => pb::StreamStart::Latest,
    };
    let is_stream = asked == "stream";
    pb::InputRule {
        name: fields.get("name").to_owned(),
        kind: kind.map_or(pb::InputKind::Unspecified, |(.., kind)| *kind).into(),
        pattern: fields.get("pattern").to_owned(),
        account_id: fields.get("account_id").to_owned(),
        region: fields.get("region").to_owned(),
        enhanced_fan_out: fields.has("enhanced_fan_out"),
        // Only streams begin somewhere.
        start: if is_stream { start } else { pb::StreamStart::Unspecified }.into(),
    }
}

/// The rules, and a form for one more.
pub(super) fn rules(
    caller: &Caller,
    answer: &pb::ListRulesResponse,
    draft: Option<&Draft<'_>>,
) -> Markup {
    html! {
        p.muted { "A rule enables what sweeps find by its name, at once and later; never again what \
            somebody has disabled." }
        @if answer.rules.is_empty() {
            (empty("There is no rule", html! { "Without rules each input is enabled by hand." }))
        } @else {
            div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
                thead { tr {
                    th scope="col" { "Rule" }
                    th scope="col" { "Enables" }
                    th scope="col" { "Pattern" }
                    th scope="col" { "Account" }
                    th scope="col" { "Region" }
                    @if caller.is_admin() { th scope="col" { "Actions" } }
                } }
                tbody { @for rule in &answer.rules { (row(caller, rule, &answer.etag)) } }
            } }
        }
        @if caller.is_admin() { (form(caller, &answer.etag, draft)) }
    }
}

fn row(caller: &Caller, rule: &pb::InputRule, etag: &str) -> Markup {
    let kind = KINDS.iter().find(|(.., kind)| *kind == rule.kind());
    html! {
        tr {
            th scope="row" data-label="Rule" { (rule.name) }
            td data-label="Enables" {
                (kind.map_or("–", |(_, title, _)| title))
                @if rule.enhanced_fan_out { " " (badge(Mood::Plain, "fan-out")) }
            }
            td data-label="Pattern" { (mono(&rule.pattern)) }
            td data-label="Account" { (or_dash(&rule.account_id)) }
            td data-label="Region" { (or_dash(&rule.region)) }
            @if caller.is_admin() {
                td data-label="Actions" {
                    form method="post" action="/inputs/rules/delete"
                        data-confirm={ "Delete rule " (rule.name) "?" } {
                        (csrf(caller)) (hidden("name", &rule.name)) (hidden("etag", etag))
                        button.small.risky type="submit" aria-label={ "Delete rule " (rule.name) } {
                            "Delete"
                        }
                    }
                }
            }
        }
    }
}

fn form(caller: &Caller, etag: &str, draft: Option<&Draft<'_>>) -> Markup {
    let draft = draft.filter(|draft| draft.action == "/inputs/rules/set");
    let value = |name: &str| draft.map_or("", |draft| draft.fields.get(name));
    let error = |path: &str| draft.and_then(|draft| draft.problem.of(path));
    let field = |name: &'static str, label, path: &str, hint| TextField {
        hint,
        error: error(path),
        ..TextField::new(name, label, value(name))
    };
    let name = field("name", "Name", "rule.name", "1 to 64 letters, digits, - and _.");
    let pattern = field(
        "pattern",
        "Pattern",
        "rule.pattern",
        "* is any text, ? any character, […] any of these.",
    );
    let pattern = TextField { placeholder: "flow-*", is_required: true, ..pattern };
    let account =
        field("account_id", "Account", "rule.account_id", "Twelve digits; empty is every one.");
    let region = field("region", "Region", "rule.region", "Such as eu-west-1; empty is every one.");
    let fan_out = draft.is_some_and(|draft| draft.fields.has("enhanced_fan_out"));
    html! {
        section.panel {
            h2 { "Add or change a rule" }
            form.fields method="post" action="/inputs/rules/set" {
                (csrf(caller)) (hidden("etag", etag))
                (TextField { is_required: true, ..name }.render())
                div.field {
                    label for="kind" { "Enables" }
                    select id="kind" name="kind" {
                        @for (key, title, _) in KINDS {
                            option value=(key) selected[value("kind") == key] { (title) }
                        }
                    }
                    @if let Some(error) = error("rule.kind") { p.error { (error) } }
                }
                (pattern.render()) (account.render()) (region.render())
                div.field {
                    label for="start" { "Streams begin with" }
                    select id="start" name="start" {
                        option value="latest" { "what arrives from now on" }
                        option value="oldest" selected[value("start") == "oldest"] {
                            "the oldest that they keep"
                        }
                    }
                }
                div.check {
                    input type="checkbox" id="rule-fan-out" name="enhanced_fan_out" value="yes"
                        checked[fan_out];
                    label for="rule-fan-out" { "Streams with enhanced fan-out" }
                    @if let Some(error) = error("rule.enhanced_fan_out") { p.error { (error) } }
                }
                div.actions { button type="submit" { "Set rule" } }
            }
        }
    }
}
