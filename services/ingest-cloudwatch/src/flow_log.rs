//! Which fields the lines of a log group have.

use std::sync::Arc;

use memchr::memchr_iter;
use weir_flowlog::{BlockParser, Field, Line, LogFormat};

use crate::log_group::LogGroup;

/// How lines of a flow log are written. CloudWatch Logs has no header lines: who knows the flow
/// log has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLogFormat {
    flow_log_id: Option<String>,
    format: Arc<LogFormat>,
    columns: usize,
    end: Option<usize>,
}

impl FlowLogFormat {
    /// The format of a flow log; `flow_log_id` (`fl-…`) where it is known which.
    pub fn new(format: Arc<LogFormat>, flow_log_id: Option<String>) -> Self {
        let columns = format.columns().count();
        let end = format.columns().position(|field| field == Some(Field::End));
        Self { flow_log_id, format, columns, end }
    }

    /// The flow log, where it is known which.
    pub fn flow_log_id(&self) -> Option<&str> {
        self.flow_log_id.as_deref()
    }

    /// The fields.
    pub fn format(&self) -> &Arc<LogFormat> {
        &self.format
    }

    /// When the record of a line ends, in milliseconds since 1970-01-01 00:00 UTC.
    pub(crate) fn end_of(&self, line: &str) -> Option<u64> {
        let seconds: u64 = line.split(' ').nth(self.end?)?.parse().ok()?;
        seconds.checked_mul(1000)
    }

    /// Whether the parser takes the line for one of these.
    fn reads(&self, parser: &mut BlockParser, line: &str) -> bool {
        let mut is_read = true;
        parser.parse(&self.format, line.as_bytes(), |outcome| {
            is_read &= !matches!(outcome.line, Line::Rejected { .. });
        });
        is_read
    }
}

/// Knows the formats of flow logs: the inventory does.
pub trait Formats: Send + Sync {
    /// The formats of the flow logs that write to this stream, the most probable first; none
    /// where that is not known, which leaves it to the configuration. Several flow logs of one
    /// network interface share a stream. Asked once for each stream of a pass; it answers at
    /// once, from what it knows.
    fn of_stream(&self, group: &LogGroup, stream: &str) -> Vec<Arc<FlowLogFormat>>;
}

/// Leaves it to the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsConfigured;

impl Formats for AsConfigured {
    fn of_stream(&self, _group: &LogGroup, _stream: &str) -> Vec<Arc<FlowLogFormat>> {
        Vec::new()
    }
}

/// The network interface (`eni-…`) that a stream is of: it is called `eni-…-all`, `-accept` or
/// `-reject` (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html>). None for
/// streams of other names.
pub fn network_interface_of(stream: &str) -> Option<&str> {
    let digits = stream.strip_prefix("eni-")?.split('-').next()?;
    let is_hexadecimal = digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    (is_hexadecimal && !digits.is_empty()).then(|| stream.get(.."eni-".len() + digits.len()))?
}

/// Which of the formats a line has: the one with as many columns; of several, the first that can
/// be read. Lines of a stream of flow logs that fit none are left to the first, so that they are
/// rejected with a reason; in other streams they are no flow logs.
pub(crate) fn format_of<'a>(
    formats: &'a [Arc<FlowLogFormat>],
    stream: &str,
    line: &str,
    parser: &mut BlockParser,
) -> Option<&'a Arc<FlowLogFormat>> {
    let line = line.trim_end_matches(['\n', '\r']);
    let columns = memchr_iter(b' ', line.as_bytes()).count() + 1;
    let mut fitting = formats.iter().filter(|each| each.columns == columns);
    let first = fitting.next();
    match (first, fitting.clone().next()) {
        (Some(first), None) => Some(first),
        (Some(first), Some(_)) if first.reads(parser, line) => Some(first),
        (Some(first), Some(_)) => fitting.find(|each| each.reads(parser, line)).or(Some(first)),
        (None, _) if is_of_flow_logs(stream) => formats.first(),
        (None, _) => None,
    }
}

/// Streams are named after what the flow log is of: an interface, or an attachment of a Transit
/// Gateway.
fn is_of_flow_logs(stream: &str) -> bool {
    network_interface_of(stream).is_some() || stream.starts_with("tgw-attach-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 443 5 6 1 40 100 160 ACCEPT OK";

    fn format(text: &str) -> Arc<FlowLogFormat> {
        Arc::new(FlowLogFormat::new(Arc::new(LogFormat::parse(text).unwrap()), None))
    }

    fn default() -> Arc<FlowLogFormat> {
        Arc::new(FlowLogFormat::new(Arc::new(LogFormat::vpc_default()), None))
    }

    fn chosen(formats: &[Arc<FlowLogFormat>], stream: &str, line: &str) -> Option<usize> {
        let chosen = format_of(formats, stream, line, &mut BlockParser::new())?;
        formats.iter().position(|format| Arc::ptr_eq(format, chosen))
    }

    #[test]
    fn the_interface_is_in_the_name_of_the_stream() {
        assert_eq!(network_interface_of("eni-0a1b-all"), Some("eni-0a1b"));
        assert_eq!(network_interface_of("eni-0a1b"), Some("eni-0a1b"));
        for other in ["eni-", "eni-all", "eni-0x1-all", "my-app", ""] {
            assert_eq!(network_interface_of(other), None, "{other}");
        }
    }

    #[test]
    fn a_line_has_the_format_with_as_many_columns() {
        let formats = [format("srcaddr dstaddr"), default(), format("start end bytes")];
        assert_eq!(chosen(&formats, "eni-1-all", LINE), Some(1));
        assert_eq!(chosen(&formats, "eni-1-all", "1 2 3"), Some(2));
        assert_eq!(chosen(&formats, "eni-1-all", "10.0.0.1 10.0.0.2\n"), Some(0));
    }

    #[test]
    fn of_formats_with_as_many_columns_the_one_that_can_be_read_is_taken() {
        let formats = [format("start srcaddr"), format("srcaddr start")];
        assert_eq!(chosen(&formats, "eni-1-all", "100 10.0.0.1"), Some(0));
        assert_eq!(chosen(&formats, "eni-1-all", "10.0.0.1 100"), Some(1));
        assert_eq!(chosen(&formats, "eni-1-all", "neither one"), Some(0), "it is rejected");
    }

    #[test]
    fn what_fits_no_format_is_rejected_in_a_stream_of_flow_logs_and_left_out_elsewhere() {
        assert_eq!(chosen(&[default()], "eni-1-all", "GET / 200"), Some(0));
        assert_eq!(chosen(&[default()], "web-server", "GET / 200"), None);
        assert_eq!(chosen(&[default()], "a-stream-of-ones-own", LINE), Some(0));
    }

    #[test]
    fn the_end_of_a_record_is_read_where_the_format_has_it() {
        assert_eq!(default().end_of(LINE), Some(160_000));
        assert_eq!(format("srcaddr dstaddr").end_of("10.0.0.1 10.0.0.2"), None);
        assert_eq!(format("end").end_of("-"), None);
    }
}
