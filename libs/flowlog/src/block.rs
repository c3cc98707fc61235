//! Reads blocks of lines.

use crate::flow_line::FlowLine;
use crate::format::LogFormat;
use crate::index::{IndexedLine, LineIndex};
use crate::outcome::{Line, LineOutcome, NoFlow, RejectReason};
use crate::scan::contains;

/// The longest line that is read, in bytes without its line end. A line with every field and
/// long tags is a few KiB.
pub const MAX_LINE_LENGTH: usize = 16 * 1024;

/// How much text is indexed at once: text and index stay in the processor's cache.
const PIECE_LENGTH: usize = 64 * 1024;

/// Reads blocks of lines. Keep one and use it again: it holds the memory of its index, so that
/// nothing is allocated for a line.
#[derive(Debug, Default)]
pub struct BlockParser {
    index: LineIndex,
}

impl BlockParser {
    /// A parser that holds no memory yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows each line of `text` that is not blank to `visit`, in order.
    ///
    /// Lines end with a line feed, or with a carriage return and a line feed; the last may lack
    /// it.
    #[inline]
    pub fn parse<'t>(
        &mut self,
        format: &LogFormat,
        text: &'t [u8],
        mut visit: impl FnMut(LineOutcome<'_, 't>),
    ) {
        let mut flow = FlowLine::new();
        let mut line_index = 0;
        let mut rest = text;
        while !rest.is_empty() {
            let piece = &rest[..rest.len().min(PIECE_LENGTH)];
            self.index.build(piece, piece.len() == rest.len());
            let is_regular = self.index.is_regular();
            for line in self.index.lines() {
                let reading = read_line(&mut flow, format, piece, &line, is_regular);
                if let Some(line) = reading.into_line(&flow, || line.of(piece)) {
                    visit(LineOutcome { index: line_index, line });
                }
                line_index += 1;
            }
            rest = match self.index.complete() {
                0 => {
                    let (line, after) = split_long_line(rest, piece.len());
                    if let Some(line) = refuse_long_line(line).into_line(&flow, || line) {
                        visit(LineOutcome { index: line_index, line });
                    }
                    line_index += 1;
                    after
                }
                complete => &rest[complete..],
            };
        }
    }
}

/// What became of a line; the values of a flow are in the [`FlowLine`].
enum Reading {
    Blank,
    Flow,
    WithoutFlow(NoFlow),
    Rejected(RejectReason),
}

impl Reading {
    #[inline]
    fn into_line<'a, 't>(
        self,
        flow: &'a FlowLine<'t>,
        text: impl FnOnce() -> &'t [u8],
    ) -> Option<Line<'a, 't>> {
        match self {
            Reading::Blank => None,
            Reading::Flow => Some(Line::Flow(flow)),
            Reading::WithoutFlow(no_flow) => Some(Line::WithoutFlow(no_flow)),
            Reading::Rejected(reason) => {
                Some(Line::Rejected { reason, text: without_return(text()) })
            }
        }
    }
}

impl From<Result<Option<NoFlow>, RejectReason>> for Reading {
    #[inline]
    fn from(result: Result<Option<NoFlow>, RejectReason>) -> Self {
        match result {
            Ok(None) => Reading::Flow,
            Ok(Some(no_flow)) => Reading::WithoutFlow(no_flow),
            Err(reason) => Reading::Rejected(reason),
        }
    }
}

fn read_line<'t>(
    flow: &mut FlowLine<'t>,
    format: &LogFormat,
    piece: &'t [u8],
    line: &IndexedLine<'_>,
    is_regular: bool,
) -> Reading {
    let has_all_columns = line.token_count() == format.plan().len();
    if is_regular && has_all_columns && line.length() <= MAX_LINE_LENGTH {
        return flow.read(format, piece, line.tokens()).into();
    }
    read_irregular_line(flow, format, piece, line)
}

/// Reads a line of which nothing is known yet.
fn read_irregular_line<'t>(
    flow: &mut FlowLine<'t>,
    format: &LogFormat,
    piece: &'t [u8],
    line: &IndexedLine<'_>,
) -> Reading {
    let text = without_return(line.of(piece));
    if text.iter().all(|byte| is_blank(*byte)) {
        return Reading::Blank;
    }
    if text.len() > MAX_LINE_LENGTH {
        return Reading::Rejected(RejectReason::LineTooLong);
    }
    if let Err(reason) = check_characters(text) {
        return Reading::Rejected(reason);
    }
    let tokens = || line.tokens().filter(|token| token.length() > 0);
    if format.is_undecided() {
        return Reading::Rejected(RejectReason::AmbiguousFormat);
    }
    if tokens().count() != format.plan().len() {
        return Reading::Rejected(RejectReason::WrongFieldCount);
    }
    flow.read(format, piece, tokens()).into()
}

/// Only UTF-8 without control characters can be handed on as text.
fn check_characters(line: &[u8]) -> Result<(), RejectReason> {
    if contains(line, |byte| byte.is_ascii_control() & (byte != b'\t')) {
        return Err(RejectReason::InvalidCharacter);
    }
    if line.is_ascii() {
        return Ok(());
    }
    let text = str::from_utf8(line).map_err(|_| RejectReason::InvalidUtf8)?;
    let has_control = text.chars().any(|character| character.is_control() && character != '\t');
    if has_control { Err(RejectReason::InvalidCharacter) } else { Ok(()) }
}

/// A line that is longer than a piece of text is only looked at to find its end.
fn refuse_long_line(line: &[u8]) -> Reading {
    match without_return(line).iter().all(|byte| is_blank(*byte)) {
        true => Reading::Blank,
        false => Reading::Rejected(RejectReason::LineTooLong),
    }
}

/// The first line of `text` without its line feed, and what follows it. The line feed is not
/// among the first `searched` bytes.
fn split_long_line(text: &[u8], searched: usize) -> (&[u8], &[u8]) {
    match text[searched..].iter().position(|byte| *byte == b'\n') {
        Some(end) => (&text[..searched + end], &text[searched + end + 1..]),
        None => (text, &[]),
    }
}

/// A carriage return belongs to the line end only right before it.
fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
