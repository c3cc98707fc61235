//! The last hour.

use maud::{Markup, html};

use crate::history::Sample;
use crate::service::live::Seen;
use crate::view::{Chart, SLOTS, Series, Unit};

/// The charts.
pub(super) fn charts(seen: &Seen) -> Markup {
    let series = |name, value: fn(&Sample) -> Option<f64>| Series {
        name,
        values: seen.history.series(value, SLOTS, seen.instant),
    };
    let records = Chart {
        title: "Records",
        unit: Unit::PerSecond,
        series: vec![series("in", |it| it.lines_in), series("out", |it| it.records_out)],
    };
    let lag = Chart {
        title: "Lag of the slowest source",
        unit: Unit::Seconds,
        series: vec![series("lag", |it| it.lag)],
    };
    let octets = Chart {
        title: "In flight",
        unit: Unit::Octets,
        series: vec![series("octets", |it| it.octets)],
    };
    let rejected = Chart {
        title: "Rejected lines",
        unit: Unit::PerSecond,
        series: vec![series("rejected", |it| it.rejected)],
    };
    html! {
        h2 { "The last hour" }
        div.charts {
            @for chart in [records, lag, octets, rejected] { (chart.render()) }
        }
    }
}
