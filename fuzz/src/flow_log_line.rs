//! Flow log lines, from the text to all outputs.

mod reading;
mod writing;

use weir_flowlog::{BlockParser, Line, LogFormat};

use reading::Reading;
use writing::Outputs;

/// Reads text as flow log lines. The first line tells the format: `v2` to `v11`, `tgw`, or a list
/// of fields; without it the format is AWS's default.
///
/// - Each line that is not blank has one outcome, in order, and the outcome is that of a plain
///   reading of the line.
/// - Each flow becomes one record, which every output can write and a collector read back.
///
/// # Panics
/// When one of these does not hold.
pub fn flow_log_line(data: &[u8]) {
    let (format, text) = split_format(data);
    let mut expected = reading::read(&format, text).into_iter();
    let mut outputs = None;
    let mut flows = 0;
    BlockParser::new().parse(&format, text, |outcome| {
        let (index, expected) = expected.next().expect("an outcome without a line");
        assert_eq!(outcome.index, index, "the line's place");
        if let Line::Flow(flow) = &outcome.line {
            outputs.get_or_insert_with(Outputs::new).add(flow);
            flows += 1;
        }
        assert_eq!(Reading::of(&format, &outcome.line), expected, "line {index}");
    });
    assert_eq!(expected.next(), None, "a line without an outcome");
    if let Some(outputs) = outputs {
        outputs.finish(flows);
    }
}

/// The format that the first line asks for, and the text after it.
fn split_format(data: &[u8]) -> (LogFormat, &[u8]) {
    let end = data.iter().position(|octet| *octet == b'\n').unwrap_or(data.len());
    let (first, rest) = data.split_at(end);
    let first = str::from_utf8(first).unwrap_or_default();
    let version = first.strip_prefix('v').and_then(|version| version.parse().ok());
    let format = match (first, version) {
        ("tgw", _) => Some(LogFormat::transit_gateway_default()),
        (_, Some(version)) => LogFormat::up_to_version(version),
        _ => LogFormat::parse(first).ok(),
    };
    match format {
        Some(format) => (format, rest.strip_prefix(b"\n").unwrap_or(rest)),
        None => (LogFormat::vpc_default(), data),
    }
}
