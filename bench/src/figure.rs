//! Figures as a table and as JSON.

use clap::ValueEnum as _;
use serde_json::{Value as Json, json};

use crate::Section;

/// One line of a table.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    name: String,
    value: Value,
    ratio: Option<Ratio>,
    bar: &'static str,
    note: String,
}

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value {
    /// Nanoseconds of CPU time, user and system, for each record.
    CpuNanoseconds(f64),
    /// Records for each second that has passed.
    RecordsPerSecond(f64),
    /// Octets of memory.
    Memory(u64),
    /// Octets of memory for each of many.
    Octets(f64),
}

/// How many times the CPU time of something else.
#[derive(Clone, Debug)]
struct Ratio {
    factor: f64,
    of: &'static str,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: Value) -> Self {
        Self { name: name.into(), value, ratio: None, bar: "", note: String::new() }
    }

    /// CPU time for each record.
    pub(crate) fn cpu(name: impl Into<String>, nanoseconds: f64) -> Self {
        Self::new(name, Value::CpuNanoseconds(nanoseconds))
    }

    /// Tells how it compares with `nanoseconds` of CPU time, which `of` takes.
    pub(crate) fn beside(self, of: &'static str, nanoseconds: f64) -> Self {
        let factor = match self.value {
            Value::CpuNanoseconds(own) if own > 0.0 => nanoseconds / own,
            _ => return self,
        };
        Self { ratio: Some(Ratio { factor, of }), ..self }
    }

    /// What it is held against.
    pub(crate) fn bar(self, bar: &'static str) -> Self {
        Self { bar, ..self }
    }

    /// Something that a reader should know.
    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    pub(crate) fn to_json(&self, section: Section) -> Json {
        let section = section.to_possible_value().map(|value| value.get_name().to_owned());
        let (unit, value) = match self.value {
            Value::CpuNanoseconds(value) => ("cpu_nanoseconds_per_record", value),
            Value::RecordsPerSecond(value) => ("records_per_second", value),
            Value::Memory(octets) => ("octets", octets as f64),
            Value::Octets(octets) => ("octets_each", octets),
        };
        json!({
            "section": section,
            "name": self.name,
            "unit": unit,
            "value": value,
            "million_records_per_second_and_core": self.million_a_second_and_core(),
            "times_as_fast": self.ratio.as_ref().map(|ratio| ratio.factor),
            "as": self.ratio.as_ref().map(|ratio| ratio.of),
            "bar": self.bar,
            "note": self.note,
        })
    }

    fn million_a_second_and_core(&self) -> Option<f64> {
        match self.value {
            Value::CpuNanoseconds(value) if value > 0.0 => Some(1e3 / value),
            _ => None,
        }
    }

    fn cells(&self) -> [String; 6] {
        let value = match self.value {
            Value::CpuNanoseconds(value) if value < 10.0 => format!("{value:.1} ns CPU"),
            Value::CpuNanoseconds(value) => format!("{value:.0} ns CPU"),
            Value::RecordsPerSecond(value) => format!("{:.2} M/s", value / 1e6),
            Value::Memory(octets) => format!("{:.0} MB", octets as f64 / 1e6),
            Value::Octets(octets) => format!("{octets:.0} octets"),
        };
        let speed = self.million_a_second_and_core();
        let ratio = self.ratio.as_ref();
        [
            self.name.clone(),
            value,
            speed.map_or(String::new(), |speed| format!("{speed:.2}")),
            ratio.map_or(String::new(), |Ratio { factor, of }| format!("{factor:.2} × {of}")),
            self.bar.to_owned(),
            self.note.clone(),
        ]
    }
}

const HEADERS: [&str; 6] = ["", "a record", "M records/s/core", "times as fast", "bar", ""];

/// Prints `figures` under `title`.
pub(crate) fn print_table(title: &str, figures: &[Figure]) {
    let rows: Vec<_> = std::iter::once(HEADERS.map(str::to_owned))
        .chain(figures.iter().map(Figure::cells))
        .collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: [usize; 6] = std::array::from_fn(|column| width(column).unwrap_or(0));
    println!("\n{title}");
    for [name, value, speed, ratio, bar, note] in &rows {
        let [w0, w1, w2, w3, w4, _] = widths;
        let line =
            format!("  {name:w0$}  {value:>w1$}  {speed:>w2$}  {ratio:>w3$}  {bar:w4$}  {note}");
        println!("{}", line.trim_end());
    }
}
