//! What becomes of it, and why.

use maud::{Markup, html};
use weir_rpc::pb;

use crate::view::{Mood, badge, count, empty, mono, notice, or_dash, pair};

/// What an address stands for.
pub(super) fn address(answer: &pb::LookupAddressResponse) -> Markup {
    html! {
        section.answer {
            h2 { (mono(&answer.address)) }
            @if answer.matches.is_empty() {
                (empty("Nothing is known of it", html! {
                    "No interface, no VPC and none of AWS's published ranges has it."
                }))
            }
            @if answer.vpc_count > 1 {
                p.muted { (count(answer.vpc_count.into())) " VPCs have this address." }
            }
            @for each in &answer.matches { (found(each)) }
        }
    }
}

fn found(each: &pb::AddressMatch) -> Markup {
    let all = [
        ("VPC", &each.vpc_id),
        ("Interface", &each.interface_id),
        ("Instance", &each.instance_id),
        ("Name", &each.instance_name),
        ("Public address", &each.public_address),
        ("Region", &each.region),
        ("Service", &each.service),
    ];
    html! {
        div.match {
            p.rule { (each.rule) }
            dl.facts {
                @for (name, value) in all { @if !value.is_empty() { (pair(name, mono(value))) } }
            }
        }
    }
}

/// What a line becomes.
pub(super) fn line(answer: &pb::ExplainLineResponse) -> Markup {
    html! {
        section.answer {
            h2 { "The line" }
            (outcome(answer))
            @if answer.outcome == "record" {
                dl.facts {
                    (pair("Exporter", html! { (or_dash(&answer.exporter)) p.hint { (answer.exporter_rule) } }))
                    (pair("Observation domain", html! { (answer.observation_domain_id) }))
                    (pair("The interface is the", html! {
                        (answer.interface_side) p.hint { (answer.interface_side_rule) }
                    }))
                    (pair("Source", html! { (answer.source_rule) }))
                    (pair("Destination", html! { (answer.destination_rule) }))
                    (pair("Layout", mono(&answer.layout_revision)))
                }
                (fields(&answer.fields))
            }
        }
    }
}

fn outcome(answer: &pb::ExplainLineResponse) -> Markup {
    match answer.outcome.as_str() {
        "record" => html! { p { (badge(Mood::Good, "record")) " It becomes a record." } },
        "no_data" => {
            notice(Mood::Plain, html! { "NODATA: no flow in its interval, so no record." })
        }
        "skip_data" => notice(
            Mood::Warn,
            html! {
                "SKIPDATA: AWS has left records out of this interval. It is counted."
            },
        ),
        "blank" => notice(Mood::Plain, html! { "A blank line: it counts for nothing." }),
        _ => notice(
            Mood::Bad,
            html! {
                strong { "It is rejected" } p { (answer.reject_reason) }
            },
        ),
    }
}

fn fields(fields: &[pb::ExplainedField]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
            thead { tr {
                th scope="col" { "Element" }
                th scope="col" { "Id" }
                th scope="col" { "Value" }
                th scope="col" { "Rule" }
            } }
            tbody {
                @for field in fields {
                    tr.absent[!field.is_present] {
                        th scope="row" data-label="Element" { (mono(&field.name)) }
                        td data-label="Id" {
                            @if field.enterprise_number > 0 { (field.enterprise_number) "/" }
                            (field.id)
                        }
                        td data-label="Value" {
                            @if field.is_present { (mono(&field.value)) }
                            @else { span.muted { "absent" } }
                        }
                        td data-label="Rule" { (field.rule) }
                    }
                }
            }
        } }
    }
}
