//! Accounts as lists.

use maud::{Markup, html};
use weir_rpc::pb;

use crate::http::Caller;
use crate::service::moments::{since, when};
use crate::view::{Mood, badge, count, csrf, duration, empty, hidden, mono, notice, or_dash};

/// What AWS said when it was asked.
pub(super) fn results(results: &[pb::AccessResult]) -> Markup {
    html! {
        @if results.is_empty() { (notice(Mood::Warn, html! { "There is no account to test." })) }
        @for result in results {
            @if result.is_reachable {
                (notice(Mood::Good, html! {
                    strong { (result.id) ": AWS lets weir in" }
                    p { "Account " (mono(&result.account_id)) " as " (mono(&result.caller_arn)) }
                }))
            } @else {
                (notice(Mood::Bad, html! {
                    strong { (result.id) ": " (result.kind.replace('_', " ")) }
                    p { (result.problem) }
                }))
            }
        }
    }
}

/// Accounts of one kind.
pub(super) fn configured(
    caller: &Caller,
    tab: &str,
    accounts: &[&pb::ConfiguredAccount],
) -> Markup {
    if accounts.is_empty() {
        let advice = match tab {
            "roles" => "Add roles below that weir's own identity may assume, one for each account.",
            _ => "Add an access key below, or IAM roles, which have no secret to keep.",
        };
        return empty("There is none", html! { (advice) });
    }
    let is_role = tab == "roles";
    html! {
        @if caller.is_admin() {
            form.row method="post" action="/accounts/test" {
                (csrf(caller)) (hidden("tab", tab)) (hidden("id", ""))
                button.quiet type="submit" { "Test access to all accounts" }
            }
        }
        div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
            thead { tr {
                th scope="col" { @if is_role { "Role" } @else { "Profile" } }
                @if is_role { th scope="col" { "Name" } th scope="col" { "Account" }
                    th scope="col" { "External id" } }
                @else { th scope="col" { "Default region" } th scope="col" { "Secret" } }
                th scope="col" { "Comes from" }
                th scope="col" { "State" }
                @if caller.is_admin() { th scope="col" { "Actions" } }
            } }
            tbody { @for account in accounts { (row(caller, tab, account)) } }
        } }
    }
}

fn row(caller: &Caller, tab: &str, account: &pb::ConfiguredAccount) -> Markup {
    let is_role = tab == "roles";
    let secret = match account.sealed_with.as_str() {
        "" => "in the file".to_owned(),
        key => format!("sealed with {key}"),
    };
    html! {
        tr {
            th scope="row" data-label=(if is_role { "Role" } else { "Profile" }) {
                (mono(&account.id))
            }
            @if is_role {
                td data-label="Name" { (or_dash(&account.name)) }
                td data-label="Account" { (mono(&account.account_id)) }
                td data-label="External id" { @if account.has_external_id { "yes" } @else { "no" } }
            } @else {
                td data-label="Default region" { (or_dash(&account.region)) }
                td data-label="Secret" { (secret) }
            }
            td data-label="Comes from" {
                @if account.is_run_time { "here" } @else { "the file" }
            }
            td data-label="State" {
                @if account.problem.is_empty() { (badge(Mood::Plain, "configured")) }
                @else { (badge(Mood::Bad, "cannot be used")) p.hint { (account.problem) } }
            }
            @if caller.is_admin() {
                td.buttons data-label="Actions" {
                    form method="post" action="/accounts/test" {
                        (csrf(caller)) (hidden("tab", tab)) (hidden("id", &account.id))
                        button.small.quiet type="submit" aria-label={ "Test access of " (account.id) } {
                            "Test access"
                        }
                    }
                    @if account.is_run_time {
                        form method="post" action="/accounts/remove"
                            data-confirm={ "Remove " (account.id) "? It is not read any more." } {
                            (csrf(caller)) (hidden("tab", tab)) (hidden("id", &account.id))
                            button.small.risky type="submit" aria-label={ "Remove " (account.id) } {
                                "Remove"
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What sweeps have found.
pub(super) fn found(accounts: &[pb::DiscoveredAccount]) -> Markup {
    if accounts.is_empty() {
        return empty(
            "No account was read yet",
            html! {
                "Add an access key or a role, then " a href="/run" { "run discovery" } "."
            },
        );
    }
    html! { @for account in accounts { (found_account(account)) } }
}

fn found_account(account: &pb::DiscoveredAccount) -> Markup {
    let regions: (Vec<_>, Vec<_>) = account.regions.iter().partition(|region| !region.is_excluded);
    let (open, closed) = regions;
    html! {
        section.panel {
            h2 { (mono(&account.id)) " " (account.name) }
            p.muted { @if !account.configured_as.is_empty() { "Read with " (account.configured_as) } }
            @if !account.problem.is_empty() { (notice(Mood::Bad, html! { (account.problem) })) }
            div.scroll tabindex="0" role="group" aria-label="A table" { table.cards {
                thead { tr {
                    th scope="col" { "Region" } th scope="col" { "State" }
                    th scope="col" { "Read at" } th.number scope="col" { "VPCs" }
                    th.number scope="col" { "Instances" } th.number scope="col" { "Interfaces" }
                } }
                tbody { @for region in open { (region_row(region)) } }
            } }
            @if !closed.is_empty() {
                details {
                    summary { (count(closed.len() as u64)) " regions are closed" }
                    ul.plain { @for region in closed { li { (region.region) ": " (region.cause) } } }
                }
            }
        }
    }
}

fn region_row(region: &pb::DiscoveredRegion) -> Markup {
    html! {
        tr {
            th scope="row" data-label="Region" { (region.region) }
            td data-label="State" {
                @if let Some(stale) = since(region.stale_since.as_ref()) {
                    (badge(Mood::Warn, "stale")) " " span.muted { "for " (duration(stale)) }
                    p.hint { (region.cause) }
                } @else { (badge(Mood::Good, "fresh")) }
            }
            td data-label="Read at" { (or_dash(&when(region.taken_at.as_ref()))) }
            td.number data-label="VPCs" { (count(region.vpcs)) }
            td.number data-label="Instances" { (count(region.instances)) }
            td.number data-label="Interfaces" { (count(region.interfaces)) }
        }
    }
}
