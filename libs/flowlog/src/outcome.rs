//! What a line turned out to be.

use crate::flow_line::FlowLine;

/// A line of the text and what it holds.
#[derive(Debug)]
pub struct LineOutcome<'a, 't> {
    /// The line's place in the text, counted from 0; blank lines count too.
    pub index: usize,
    /// What the line holds.
    pub line: Line<'a, 't>,
}

/// What a line holds.
#[derive(Debug)]
pub enum Line<'a, 't> {
    /// A flow.
    Flow(&'a FlowLine<'t>),
    /// A valid line that tells of no flow.
    WithoutFlow(NoFlow),
    /// A line that cannot be read.
    Rejected {
        /// What is wrong with it.
        reason: RejectReason,
        /// The line without its line end.
        text: &'t [u8],
    },
}

/// Why a valid line tells of no flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoFlow {
    /// There was no traffic in the aggregation interval.
    NoData,
    /// Flow log records were skipped, by an internal capacity limit or error of AWS. One such
    /// line may stand for many flows.
    SkipData,
}

/// Why a line is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// The line has more or fewer values than its format has columns.
    WrongFieldCount,
    /// A number has other characters than digits, or is out of its field's range.
    InvalidNumber,
    /// An address is neither IPv4 nor IPv6.
    InvalidAddress,
    /// `srcaddr` and `dstaddr` are of different families.
    MixedAddressFamilies,
    /// `action` is neither `ACCEPT` nor `REJECT`.
    InvalidAction,
    /// `log-status` is none of `OK`, `NODATA` and `SKIPDATA`.
    InvalidStatus,
    /// `flow-direction` is neither `ingress` nor `egress`.
    InvalidDirection,
    /// The line holds a control character.
    InvalidCharacter,
    /// The line is not UTF-8.
    InvalidUtf8,
    /// The line is longer than [`MAX_LINE_LENGTH`](crate::MAX_LINE_LENGTH).
    LineTooLong,
    /// The line can be read under several formats of the flow logs that it may be of, as
    /// different flows.
    AmbiguousFormat,
}

impl RejectReason {
    /// How many reasons there are.
    pub const COUNT: usize = 11;

    /// All reasons, each at the place of its number.
    pub const ALL: [RejectReason; RejectReason::COUNT] = [
        RejectReason::WrongFieldCount,
        RejectReason::InvalidNumber,
        RejectReason::InvalidAddress,
        RejectReason::MixedAddressFamilies,
        RejectReason::InvalidAction,
        RejectReason::InvalidStatus,
        RejectReason::InvalidDirection,
        RejectReason::InvalidCharacter,
        RejectReason::InvalidUtf8,
        RejectReason::LineTooLong,
        RejectReason::AmbiguousFormat,
    ];

    /// The reason as a label of counters and outputs.
    pub const fn name(self) -> &'static str {
        match self {
            RejectReason::WrongFieldCount => "wrong_field_count",
            RejectReason::InvalidNumber => "invalid_number",
            RejectReason::InvalidAddress => "invalid_address",
            RejectReason::MixedAddressFamilies => "mixed_address_families",
            RejectReason::InvalidAction => "invalid_action",
            RejectReason::InvalidStatus => "invalid_status",
            RejectReason::InvalidDirection => "invalid_direction",
            RejectReason::InvalidCharacter => "invalid_character",
            RejectReason::InvalidUtf8 => "invalid_utf8",
            RejectReason::LineTooLong => "line_too_long",
            RejectReason::AmbiguousFormat => "ambiguous_format",
        }
    }
}
