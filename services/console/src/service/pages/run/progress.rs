//! A sweep on its way.

use maud::{Markup, html};
use weir_rpc::pb;

use super::result;
use crate::service::moments::span_text;
use crate::service::sweep::Sweep;
use crate::view::{Mood, badge, count, mono, or_dash, trouble};

/// A sweep on its way, or what it came to.
pub(super) fn progress(sweep: &Sweep) -> Markup {
    if let Some(summary) = &sweep.summary {
        return html! { (result::result("The sweep has ended", summary)) (regions(sweep)) };
    }
    let is_done = |region: &&pb::RegionProgress| {
        !matches!(region.state(), pb::RegionState::Waiting | pb::RegionState::Reading)
    };
    let done = sweep.regions.values().filter(is_done).count();
    let all = sweep.planned.as_ref().map_or(0, |planned| planned.regions);
    html! {
        h2 { "The sweep" }
        @if let Some(problem) = &sweep.problem { (trouble("The sweep", problem)) }
        @else {
            @if sweep.started.as_ref().is_some_and(|started| started.is_joined) {
                p.muted { "It was under way already." }
            }
            p.progress {
                progress max=(all.max(1)) value=(done) aria-label="Regions that are done" {}
                span { @if all == 0 { "Looking which accounts and regions there are" }
                    @else { (count(done as u64)) " of " (count(all.into())) " regions" } }
            }
        }
        @if let Some(planned) = &sweep.planned { (result::problems(&planned.problems)) }
        (regions(sweep))
    }
}

fn regions(sweep: &Sweep) -> Markup {
    if sweep.regions.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Accounts and regions" }
        div.scroll tabindex="0" role="group" aria-label="A table" {
            table.cards {
                thead { tr {
                    th scope="col" { "Account" }
                    th scope="col" { "Region" }
                    th scope="col" { "State" }
                    th scope="col" { "Found" }
                    th.number scope="col" { "Calls" }
                    th.number scope="col" { "Time" }
                } }
                tbody { @for region in sweep.regions.values() { (region_row(region)) } }
            }
        }
    }
}

fn region_row(region: &pb::RegionProgress) -> Markup {
    let (mood, state) = match region.state() {
        pb::RegionState::Fresh => (Mood::Good, "read"),
        pb::RegionState::Stale => (Mood::Bad, "failed"),
        pb::RegionState::Excluded => (Mood::Plain, "closed"),
        pb::RegionState::Reading => (Mood::Warn, "is read"),
        pb::RegionState::Waiting | pb::RegionState::Unspecified => (Mood::Plain, "waits"),
    };
    let found = region.found.iter().filter(|each| each.count > 0);
    let found: Vec<_> = found.map(|each| format!("{} {}", each.what, count(each.count))).collect();
    html! {
        tr {
            th scope="row" data-label="Account" { (mono(&region.account_id)) }
            td data-label="Region" { (region.region) }
            td data-label="State" {
                (badge(mood, state))
                @if !region.cause.is_empty() { p.hint { (region.cause) } }
            }
            td data-label="Found" { (or_dash(&found.join(" · "))) }
            td.number data-label="Calls" { (count(region.calls)) }
            td.number data-label="Time" { (or_dash(&span_text(region.duration.as_ref()))) }
        }
    }
}
