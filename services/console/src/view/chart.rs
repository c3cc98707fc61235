//! Charts of the last hour, drawn on the server: they need no script.

use maud::{Markup, html};

use super::format::{octets, rate, seconds};

/// How many values a line has: one for each 20 seconds.
pub(crate) const SLOTS: usize = 180;

/// The height and the width of the drawing, in its own units.
const SIZE: (f64, f64) = (720.0, 140.0);

/// What values are counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Something per second.
    PerSecond,
    /// Octets.
    Octets,
    /// Seconds.
    Seconds,
}

impl Unit {
    fn text(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{}/s", rate(value)),
            // No value is negative or above 2^53.
            Self::Octets => octets(value.max(0.0) as u64),
            Self::Seconds => seconds(value),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::PerSecond => "per-second",
            Self::Octets => "octets",
            Self::Seconds => "seconds",
        }
    }

    /// The least end of a scale: what is below looks like nothing much.
    fn least(self) -> f64 {
        match self {
            Self::PerSecond => 10.0,
            Self::Octets => 1_048_576.0,
            Self::Seconds => 60.0,
        }
    }

    /// A round number that `highest` is not above.
    fn ceiling(self, highest: f64) -> f64 {
        let (steps, base): (&[f64], f64) = match self {
            Self::PerSecond => (&[1.0, 2.0, 5.0], 10.0),
            Self::Octets => (&[1.0, 4.0, 16.0, 64.0, 256.0], 1024.0),
            Self::Seconds => (&[1.0, 5.0, 15.0, 30.0], 60.0),
        };
        let mut power = 1.0;
        loop {
            if let Some(step) = steps.iter().find(|step| **step * power >= highest) {
                return step * power;
            }
            power *= base;
        }
    }
}

/// A line.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: &'static str,
    /// The highest value of each slot, the oldest first.
    pub(crate) values: Vec<Option<f64>>,
}

/// Some lines over the last hour.
#[derive(Clone, Debug)]
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    pub(crate) unit: Unit,
    pub(crate) series: Vec<Series>,
}

impl Chart {
    /// The drawing with its numbers.
    pub(crate) fn render(&self) -> Markup {
        let all = self.series.iter().flat_map(|series| &series.values);
        let highest = all.flatten().fold(0.0, |highest: f64, value| highest.max(*value));
        let top = self.unit.ceiling(highest.max(self.unit.least()));
        let (width, height) = SIZE;
        html! {
            figure.chart {
                figcaption {
                    span.chart-title { (self.title) }
                    span.legend {
                        @for (at, series) in self.series.iter().enumerate() {
                            span class={ "key line-" (at) } {
                                (series.name) " " b { (self.latest(series)) }
                            }
                        }
                    }
                }
                div.plot {
                    span.y-top { (self.unit.text(top)) }
                    span.y-mid { (self.unit.text(top / 2.0)) }
                    span.y-low { "0" }
                    svg role="img" aria-label=(self.spoken()) preserveAspectRatio="none"
                        viewBox={ "0 0 " (width) " " (height) }
                        data-top=(top) data-unit=(self.unit.name()) {
                        path.grid d={ "M0 0.5H" (width) "M0 " (height / 2.0) "H" (width)
                            "M0 " (height - 0.5) "H" (width)
                            "M180 0V" (height) "M360 0V" (height) "M540 0V" (height) } {}
                        @for (at, series) in self.series.iter().enumerate() {
                            path class={ "line line-" (at) } d=(path(&series.values, top))
                                data-name=(series.name) {}
                        }
                    }
                    p.x { span { "1 h ago" } span { "45 min" } span { "30 min" }
                        span { "15 min" } span { "now" } }
                }
            }
        }
    }

    fn latest(&self, series: &Series) -> String {
        let latest = series.values.iter().rev().take(3).find_map(|value| *value);
        latest.map_or_else(|| "no data".to_owned(), |value| self.unit.text(value))
    }

    /// The chart for who cannot see it.
    fn spoken(&self) -> String {
        let line = |series: &Series| {
            let values = series.values.iter().flatten();
            let highest = values.fold(0.0, |highest: f64, value| highest.max(*value));
            let (latest, highest) = (self.latest(series), self.unit.text(highest));
            format!("{}: now {latest}, at most {highest}", series.name)
        };
        let lines: Vec<_> = self.series.iter().map(line).collect();
        format!("{}, the last hour. {}.", self.title, lines.join("; "))
    }
}

/// A line with gaps where nothing is known.
fn path(values: &[Option<f64>], top: f64) -> String {
    let (width, height) = SIZE;
    let step = width / values.len().max(1) as f64;
    let (mut path, mut is_drawing) = (String::new(), false);
    for (at, value) in values.iter().enumerate() {
        let Some(value) = value else {
            is_drawing = false;
            continue;
        };
        let x = (at as f64 + 0.5) * step;
        let y = (height - 1.0) * (1.0 - (value / top).clamp(0.0, 1.0)) + 0.5;
        if is_drawing {
            path.push_str(&format!("L{x:.0} {y:.1}"));
        } else {
            // A lone value is a short stroke.
            path.push_str(&format!("M{:.0} {y:.1}H{x:.0}", x - step / 2.0));
        }
        is_drawing = true;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number() {
        let of = |unit: Unit, highest: f64| unit.ceiling(highest);
        assert_eq!([0.3, 7.0, 1234.0].map(|it| of(Unit::PerSecond, it)), [1.0, 10.0, 2000.0]);
        assert_eq!([900.0, 5e6].map(|it| of(Unit::Octets, it)), [1024.0, 16.0 * 1_048_576.0]);
        assert_eq!([4.0, 70.0, 4000.0].map(|it| of(Unit::Seconds, it)), [5.0, 300.0, 18_000.0]);
    }

    #[test]
    fn a_gap_is_left_open() {
        let drawn = path(&[Some(0.0), Some(1.0), None, Some(1.0)], 1.0);
        assert_eq!(drawn, "M0 139.5H90L270 0.5M540 0.5H630");
        assert_eq!(path(&[None; 5], 1.0), "");
    }

    #[test]
    fn a_chart_says_its_numbers_and_without_any_that_there_are_none() {
        let series = |values: Vec<Option<f64>>| vec![Series { name: "in", values }];
        let chart = |values| Chart { title: "Lag", unit: Unit::Seconds, series: series(values) };
        let drawn = chart(vec![Some(90.0), Some(30.0)]).render().into_string();
        assert!(drawn.contains("in: now 30 s, at most 1 min 30 s"), "{drawn}");
        let nothing = chart(vec![None; SLOTS]).render().into_string();
        assert!(nothing.contains("no data"), "{nothing}");
    }
}
