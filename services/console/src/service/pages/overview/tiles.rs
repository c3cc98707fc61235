//! The numbers that people look for first.

use maud::{Markup, html};
use weir_rpc::pb;

use crate::history::Sample;
use crate::service::live::{Said, Seen, slowest};
use crate::service::moments::{span, span_text, when};
use crate::view::{Mood, ProblemKind, count, duration, octets, rate, tile, time_of};

/// The age from which an inventory is worth a look.
const OLD: std::time::Duration = std::time::Duration::from_secs(2 * 3600);

/// The tiles.
pub(super) fn tiles(seen: &Seen) -> Markup {
    let latest = seen.history.latest();
    let of = |value: fn(&Sample) -> Option<f64>| latest.as_ref().and_then(value);
    html! {
        div.tiles {
            (records_in(seen, of(|it| it.lines_in)))
            (records_out(seen, of(|it| it.records_out)))
            (lag(seen))
            (inventory(seen))
            (in_flight(seen, of(|it| it.octets)))
            (outputs(seen))
        }
        p.stamp { "As of " (time_of(seen.at)) }
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), rate)
}

/// Nobody of a kind answers.
fn silent<T>(all: &[Said<T>]) -> bool {
    all.iter().all(|said| said.answer.is_err())
}

fn records_in(seen: &Seen, rate: Option<f64>) -> Markup {
    let answers = seen.enrichers.iter().filter_map(|said| said.answer.as_ref().ok());
    let ready = answers.clone().filter(|status| status.is_ready).count();
    let known = answers.count();
    let all = seen.enrichers.len();
    let mood = match (silent(&seen.enrichers), ready == all) {
        (true, _) => Mood::Bad,
        (_, false) => Mood::Warn,
        _ => Mood::Plain,
    };
    let below = match known {
        0 => "no enricher answers".to_owned(),
        _ => format!("{ready} of {all} enrichers ready"),
    };
    tile("Records in", &number(rate), "/s", mood, html! { (below) })
}

fn records_out(seen: &Seen, rate: Option<f64>) -> Markup {
    let answers = seen.exporters.iter().filter_map(|said| said.answer.as_ref().ok());
    let total = answers.map(|status| status.records_committed).fold(0, u64::saturating_add);
    let is_silent = silent(&seen.exporters);
    let mood = if is_silent { Mood::Bad } else { Mood::Plain };
    let below = match is_silent {
        true => "no exporter answers".to_owned(),
        false => format!("{} since the start", count(total)),
    };
    tile("Records out", &number(rate), "/s", mood, html! { (below) })
}

fn lag(seen: &Seen) -> Markup {
    let (value, mood, below) = match &seen.inputs {
        Err(_) => ("–".to_owned(), Mood::Warn, "nobody tells".to_owned()),
        Ok(inputs) => match slowest(inputs) {
            None => ("–".to_owned(), Mood::Plain, "nothing is read yet".to_owned()),
            Some(lag) => {
                let behind = inputs.iter().max_by_key(|input| span(input.lag.as_ref()));
                let name = behind.map_or("", |input| input.name.as_str());
                (duration(lag), Mood::Plain, name.to_owned())
            }
        },
    };
    tile("Lag of the slowest source", &value, "", mood, html! { span.cut { (below) } })
}

fn inventory(seen: &Seen) -> Markup {
    const LABEL: &str = "Age of the inventory";
    let status = match &seen.discovery {
        Ok(status) => status,
        Err(problem) if problem.kind == ProblemKind::Absent => return of_enrichers(seen),
        Err(_) => {
            return tile(LABEL, "–", "", Mood::Bad, html! { "discovery does not answer" });
        }
    };
    let age = span(status.inventory_age.as_ref());
    let is_old = age.is_some_and(|age| age > OLD);
    let mood = match status {
        _ if !status.store_error.is_empty() => Mood::Bad,
        pb::GetDiscoveryStatusResponse { regions_stale: 1.., .. } => Mood::Warn,
        _ if is_old => Mood::Warn,
        _ => Mood::Plain,
    };
    let value = match age {
        Some(age) if status.revision > 0 => duration(age),
        _ => "none yet".to_owned(),
    };
    let next = when(status.next_run.as_ref());
    let below = html! {
        @if status.running_since.is_some() { a href="/run" { "a sweep is under way" } }
        @else if status.regions_stale > 0 { (count(status.regions_stale.into())) " regions stale" }
        @else if !next.is_empty() { "next sweep " (next) }
        @else { a href="/run" { "run discovery" } }
    };
    tile(LABEL, &value, "", mood, below)
}

/// Where nobody sweeps, enrichers have the inventory from a file.
fn of_enrichers(seen: &Seen) -> Markup {
    let answers = seen.enrichers.iter().filter_map(|said| said.answer.as_ref().ok());
    let oldest = answers.max_by_key(|status| span(status.inventory_age.as_ref()));
    let (age, source) = oldest.map_or_else(Default::default, |status| {
        (span_text(status.inventory_age.as_ref()), status.inventory_source.clone())
    });
    let age = if age.is_empty() { "–" } else { &age };
    tile("Age of the inventory", age, "", Mood::Plain, html! { span.cut { (source) } })
}

fn in_flight(seen: &Seen, octets_now: Option<f64>) -> Markup {
    let answers = seen.exporters.iter().filter_map(|said| said.answer.as_ref().ok());
    let pending = answers.map(|status| status.runs_pending).fold(0, u64::saturating_add);
    // Counted in 64 bits before.
    let value = octets_now.map_or_else(|| "–".to_owned(), |value| octets(value as u64));
    tile("In flight", &value, "", Mood::Plain, html! { (count(pending)) " runs at exporters" })
}

fn outputs(seen: &Seen) -> Markup {
    let answers = seen.exporters.iter().filter_map(|said| said.answer.as_ref().ok());
    let outputs: Vec<_> = answers.flat_map(|status| &status.outputs).collect();
    let up = outputs.iter().filter(|it| it.state() == pb::OutputState::Up).count();
    let dropped = outputs.iter().map(|it| it.dropped).fold(0, u64::saturating_add);
    let mood = if up < outputs.len() { Mood::Bad } else { Mood::Plain };
    let below = match (outputs.is_empty(), dropped) {
        (true, _) => "none is known".to_owned(),
        (_, 0) => "nothing was dropped".to_owned(),
        (_, dropped) => format!("{} records were dropped", count(dropped)),
    };
    let value = format!("{up} of {}", outputs.len());
    tile("Outputs up", &value, "", mood, html! { (below) })
}
