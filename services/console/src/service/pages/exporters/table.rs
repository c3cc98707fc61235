//! Exporters, each with its form.

use std::collections::BTreeMap;

use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::{Caller, Fields};
use crate::view::{Mood, Problem, TextField, badge, count, csrf, hidden, mono, or_dash};

/// The fields of a form, as they are in a request.
pub(super) const PATHS: [&str; 3] = ["exporter.ipv4", "exporter.ipv6", "exporter.name"];

/// A change that was not made.
pub(super) struct Draft<'a> {
    pub(super) action: &'static str,
    pub(super) fields: &'a Fields,
    pub(super) problem: Problem,
}

/// The exporters of a page.
pub(super) fn table(
    caller: &Caller,
    answer: &pb::ListAssignmentsResponse,
    flow_logs: &BTreeMap<String, Vec<String>>,
    draft: Option<&Draft<'_>>,
) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
            thead { tr {
                th scope="col" { "VPC or gateway" }
                th scope="col" { "Place" }
                th scope="col" { "Blocks" }
                th scope="col" { "Flow logs" }
                th scope="col" { "Sends as" }
                @if caller.is_admin() { th scope="col" { "Assign" } }
            } }
            tbody {
                @for each in &answer.assignments {
                    @let draft = draft.filter(|draft| draft.fields.get("id") == each.id);
                    @let logs = flow_logs.get(&each.id).map(Vec::as_slice).unwrap_or_default();
                    (row(caller, each, logs, &answer.etag, draft))
                }
            }
        } }
    }
}

fn row(
    caller: &Caller,
    each: &pb::ExporterAssignment,
    flow_logs: &[String],
    etag: &str,
    draft: Option<&Draft<'_>>,
) -> Markup {
    html! {
        tr {
            th scope="row" data-label="VPC or gateway" {
                (mono(&each.id))
                @if each.default_name != each.id && !each.default_name.is_empty() {
                    p.name { (each.default_name) }
                }
                @if each.kind() == pb::ExporterKind::Gone { " " (badge(Mood::Warn, "gone")) }
            }
            td data-label="Place" { (mono(&each.account_id)) p { (each.region) } }
            td data-label="Blocks" {
                @if each.cidrs.is_empty() { (or_dash("")) }
                @for cidr in &each.cidrs { p { (mono(cidr)) } }
            }
            td data-label="Flow logs" {
                @if flow_logs.is_empty() { span.muted { "none of its own" } }
                @for flow_log in flow_logs { p { (mono(flow_log)) } }
            }
            td data-label="Sends as" { (sends_as(each)) }
            @if caller.is_admin() {
                td data-label="Assign" { (form(caller, each, etag, draft)) }
            }
        }
    }
}

fn sends_as(each: &pb::ExporterAssignment) -> Markup {
    let assigned = each.assigned.as_ref();
    let is_default = assigned.is_none_or(|it| it.ipv4.is_empty() && it.name.is_empty());
    let others = each.collides_with.join(", ");
    html! {
        @if each.exporter_ipv4.is_empty() { p { "the fallback's address" } }
        @else { p { (mono(&each.exporter_ipv4)) } }
        @if !each.exporter_ipv6.is_empty() { p { (mono(&each.exporter_ipv6)) } }
        p.name { (each.exporter_name) }
        p.muted { "domain " (each.observation_domain_id) @if is_default { ", by default" } }
        @if each.collisions > 0 {
            p { (badge(Mood::Warn, "shared")) " " span.muted {
                "with " (others)
                @if u64::from(each.collisions) > each.collides_with.len() as u64 {
                    " and " (count(u64::from(each.collisions) - each.collides_with.len() as u64))
                    " more"
                }
            } }
        }
    }
}

fn form(
    caller: &Caller,
    each: &pb::ExporterAssignment,
    etag: &str,
    draft: Option<&Draft<'_>>,
) -> Markup {
    let assigned = each.assigned.clone().unwrap_or_default();
    let ids = ["ipv4", "ipv6", "name"].map(|name| format!("{name}-{}", each.id));
    let value = |name: &str, stored: String| {
        draft.map_or(stored, |draft| draft.fields.get(name).to_owned())
    };
    let error = |path: &str| draft.and_then(|draft| draft.problem.of(path));
    let (ipv4, ipv6) = (value("ipv4", assigned.ipv4), value("ipv6", assigned.ipv6));
    let name = value("name", assigned.name);
    let [ipv4_id, ipv6_id, name_id] = &ids;
    let ipv4 = TextField {
        placeholder: &each.default_ipv4,
        error: error(PATHS[0]),
        id: ipv4_id,
        ..TextField::new("ipv4", "IPv4 address", &ipv4)
    };
    let ipv6 = TextField {
        placeholder: "none",
        error: error(PATHS[1]),
        id: ipv6_id,
        ..TextField::new("ipv6", "IPv6 address", &ipv6)
    };
    let name = TextField {
        placeholder: &each.default_name,
        error: error(PATHS[2]),
        id: name_id,
        ..TextField::new("name", "Name", &name)
    };
    html! {
        details open[draft.is_some()] {
            summary aria-label={ "Change " (each.id) } { "Change" }
            form.stack method="post" action="/exporters/set" {
                (csrf(caller)) (hidden("id", &each.id)) (hidden("etag", etag))
                (ipv4.render()) (ipv6.render()) (name.render())
                p.hint { "What is left empty is as it is by default." }
                button.small type="submit" { "Assign" }
            }
            @if each.assigned.is_some() {
                form method="post" action="/exporters/clear" {
                    (csrf(caller)) (hidden("id", &each.id)) (hidden("etag", etag))
                    button.small.quiet type="submit" { "Take back to the default" }
                }
            }
        }
    }
}
