//! Which of several formats a line has.

use std::sync::{Arc, LazyLock};

use memchr::memchr_iter;
use weir_flowlog::{BlockParser, Line, LogFormat};

use super::FlowLogFormat;

/// What a line of a log stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// A line of this format, or one that is to be rejected under it.
    Format(&'a Arc<FlowLogFormat>),
    /// No flow log.
    NoFlowLog,
}

/// Stands for formats of which nothing tells the one that a line has.
static UNDECIDED: LazyLock<Arc<FlowLogFormat>> =
    LazyLock::new(|| Arc::new(FlowLogFormat::new(Arc::new(LogFormat::undecided()), None)));

/// How a line reads under a format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Flow,
    WithoutFlow,
    None,
}

/// Which of `formats` a line has: see the rule of [the room](super). `resource` is what its log
/// stream is of, if it is one of flow logs ([`resource_of`](super::resource_of)).
pub fn choose<'a>(
    formats: &'a [Arc<FlowLogFormat>],
    resource: Option<&str>,
    line: &str,
    parser: &mut BlockParser,
) -> Choice<'a> {
    let line = line.trim_end_matches(['\n', '\r']);
    let columns = memchr_iter(b' ', line.as_bytes()).count() + 1;
    let mut fitting = formats.iter().filter(|each| each.columns == columns);
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Choice::Format(one),
        (Some(_), Some(_)) => {
            let fitting = formats.iter().filter(|each| each.columns == columns);
            Choice::Format(of_several(fitting, resource, line, parser))
        }
        // It is rejected under it.
        (None, _) if resource.is_some() => {
            formats.first().map_or(Choice::NoFlowLog, Choice::Format)
        }
        (None, _) => Choice::NoFlowLog,
    }
}

/// Of formats with as many columns as the line.
fn of_several<'a>(
    fitting: impl Iterator<Item = &'a Arc<FlowLogFormat>> + Clone,
    resource: Option<&str>,
    line: &str,
    parser: &mut BlockParser,
) -> &'a Arc<FlowLogFormat> {
    let mut readable = fitting
        .clone()
        .map(|format| (format, format.read(resource, line, parser)))
        .filter(|(_, reading)| *reading != Reading::None);
    match readable.next() {
        Some((first, reading)) => {
            // That there was no traffic is the same under each of them.
            let is_same = |other: Reading| other == reading && reading == Reading::WithoutFlow;
            if readable.all(|(_, other)| is_same(other)) { first } else { &UNDECIDED }
        }
        // It is rejected with the reason of the first.
        None => fitting.clone().next().unwrap_or(&UNDECIDED),
    }
}

impl FlowLogFormat {
    /// How the line reads; not at all where it names another interface than its stream's. (That of
    /// a regional NAT gateway is a `-`.)
    fn read(&self, resource: Option<&str>, line: &str, parser: &mut BlockParser) -> Reading {
        let named = self.interface.and_then(|place| line.split(' ').nth(place));
        let is_of_another = |named: &str| resource.is_some_and(|of| of != named && named != "-");
        if named.is_some_and(is_of_another) {
            return Reading::None;
        }
        let mut reading = Reading::None;
        parser.parse(&self.format, line.as_bytes(), |outcome| {
            reading = match outcome.line {
                Line::Flow(_) => Reading::Flow,
                Line::WithoutFlow(_) => Reading::WithoutFlow,
                Line::Rejected { .. } => Reading::None,
            };
        });
        reading
    }
}
