//! The values of one line.

use std::net::{IpAddr, Ipv4Addr};

use crate::address::read_address;
use crate::field::{Field, FieldKind};
use crate::field_set::FieldSet;
use crate::format::{Column, LogFormat, Reader};
use crate::index::Span;
use crate::number::read_number;
use crate::outcome::{NoFlow, RejectReason};
use crate::value::{Action, Direction, LogStatus};

/// The fields that a line without a flow leaves absent.
const TRAFFIC: FieldSet = FieldSet::of(&[
    Field::SrcAddr,
    Field::DstAddr,
    Field::SrcPort,
    Field::DstPort,
    Field::Protocol,
    Field::Packets,
    Field::Bytes,
]);

/// The fields whose value is a number.
const NUMBERS: FieldSet = number_fields();

/// The fields whose value is an address.
const ADDRESSES: FieldSet =
    FieldSet::of(&[Field::SrcAddr, Field::DstAddr, Field::PktSrcAddr, Field::PktDstAddr]);

/// One slot more than there are fields: values of skipped columns go there.
pub(crate) const SLOTS: usize = Field::COUNT + 1;

/// A parsed line. Its values borrow the text `'t`.
///
/// The slots of values are written anew line by line and never cleared: what counts is whether
/// the field is present.
#[derive(Debug)]
pub struct FlowLine<'t> {
    text: &'t [u8],
    present: FieldSet,
    spans: [Span; SLOTS],
    numbers: [u64; SLOTS],
    addresses: [IpAddr; 4],
    action: Action,
    direction: Direction,
}

impl<'t> FlowLine<'t> {
    /// The fields that have a value.
    #[inline]
    pub fn present(&self) -> FieldSet {
        self.present
    }

    /// The value of a number field. `None` when it is absent (`-` or not in the format), and for
    /// fields of another kind.
    #[inline]
    pub fn number(&self, field: Field) -> Option<u64> {
        let is_there = self.present.intersection(NUMBERS).contains(field);
        is_there.then(|| self.numbers[field as usize])
    }

    /// The value of an address field. `None` when it is absent, and for fields of another kind.
    #[inline]
    pub fn address(&self, field: Field) -> Option<IpAddr> {
        let is_there = self.present.intersection(ADDRESSES).contains(field);
        is_there.then(|| self.addresses[usize::from(address_slot(field))])
    }

    /// The value of a field of any kind as it stands in the line: valid UTF-8 without blanks and
    /// control characters. `None` when it is absent.
    #[inline]
    pub fn text(&self, field: Field) -> Option<&'t [u8]> {
        self.present.contains(field).then(|| self.spans[field as usize].of(self.text))
    }

    /// What happened to the traffic.
    #[inline]
    pub fn action(&self) -> Option<Action> {
        self.present.contains(Field::Action).then_some(self.action)
    }

    /// The direction of the flow as its network interface sees it.
    #[inline]
    pub fn direction(&self) -> Option<Direction> {
        self.present.contains(Field::FlowDirection).then_some(self.direction)
    }

    /// Whether `srcaddr`, or `dstaddr` where there is no `srcaddr`, is an IPv6 address.
    #[inline]
    pub fn is_ipv6(&self) -> bool {
        let source = self.address(Field::SrcAddr);
        source.or_else(|| self.address(Field::DstAddr)).is_some_and(|address| address.is_ipv6())
    }
}

// What the block parser does with it.
impl<'t> FlowLine<'t> {
    pub(crate) fn new() -> FlowLine<'t> {
        FlowLine {
            text: &[],
            present: FieldSet::EMPTY,
            spans: [Span::default(); SLOTS],
            numbers: [0; SLOTS],
            addresses: [IpAddr::V4(Ipv4Addr::UNSPECIFIED); 4],
            action: Action::Accept,
            direction: Direction::Ingress,
        }
    }

    /// Reads a line of `text` whose non-empty `tokens` are as many as the format has columns.
    /// The answer tells whether there is a flow in it.
    #[inline]
    pub(crate) fn read(
        &mut self,
        format: &LogFormat,
        text: &'t [u8],
        tokens: impl Iterator<Item = Span>,
    ) -> Result<Option<NoFlow>, RejectReason> {
        self.text = text;
        let mut present = FieldSet::EMPTY;
        let mut status = None;
        for (column, token) in format.plan().iter().zip(tokens) {
            let is_absent = token.length() == 1 && text[token.start()] == b'-';
            let field = if is_absent { FieldSet::EMPTY } else { column.present };
            present = present.union(field);
            self.spans[column.slot as usize] = token;
            // Many values are text, which has nothing to read.
            if !is_absent && column.reader != Reader::Text {
                self.read_value(column, text, token, &mut status)?;
            }
        }
        self.present = present;
        self.check_families()?;
        Ok(self.without_flow(format, status))
    }

    #[inline]
    fn read_value(
        &mut self,
        column: &Column,
        text: &[u8],
        token: Span,
        status: &mut Option<LogStatus>,
    ) -> Result<(), RejectReason> {
        match column.reader {
            Reader::Text => {}
            Reader::Number { max } => {
                let number = read_number(text, token).filter(|number| *number <= max);
                self.numbers[column.slot as usize] = number.ok_or(RejectReason::InvalidNumber)?;
            }
            Reader::Address { slot } => {
                let address = read_address(text, token);
                self.addresses[slot as usize] = address.ok_or(RejectReason::InvalidAddress)?;
            }
            Reader::Action => {
                self.action = Action::read(token.of(text)).ok_or(RejectReason::InvalidAction)?;
            }
            Reader::LogStatus => {
                let read = LogStatus::read(token.of(text));
                *status = Some(read.ok_or(RejectReason::InvalidStatus)?);
            }
            Reader::Direction => {
                let read = Direction::read(token.of(text));
                self.direction = read.ok_or(RejectReason::InvalidDirection)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn check_families(&self) -> Result<(), RejectReason> {
        match (self.address(Field::SrcAddr), self.address(Field::DstAddr)) {
            (Some(source), Some(destination)) if source.is_ipv4() != destination.is_ipv4() => {
                Err(RejectReason::MixedAddressFamilies)
            }
            _ => Ok(()),
        }
    }

    /// What the status says; where there is none, a line without traffic has no flow.
    #[inline]
    fn without_flow(&self, format: &LogFormat, status: Option<LogStatus>) -> Option<NoFlow> {
        let has_no_traffic = || {
            self.present.intersection(TRAFFIC).is_empty()
                && !format.fields().intersection(TRAFFIC).is_empty()
        };
        match status {
            Some(LogStatus::Ok) => None,
            Some(LogStatus::NoData) => Some(NoFlow::NoData),
            Some(LogStatus::SkipData) => Some(NoFlow::SkipData),
            None => has_no_traffic().then_some(NoFlow::NoData),
        }
    }
}

/// The place of an address field's value.
#[inline]
pub(crate) const fn address_slot(field: Field) -> u8 {
    match field {
        Field::SrcAddr => 0,
        Field::DstAddr => 1,
        Field::PktSrcAddr => 2,
        _ => 3,
    }
}

const fn number_fields() -> FieldSet {
    let mut numbers = FieldSet::EMPTY;
    let mut at = 0;
    while at < Field::COUNT {
        if let FieldKind::Number { .. } = Field::ALL[at].kind() {
            numbers = numbers.with(Field::ALL[at]);
        }
        at += 1;
    }
    numbers
}
