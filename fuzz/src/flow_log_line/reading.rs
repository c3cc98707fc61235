//! A plain reading of flow log lines, slow and obvious, to hold the parser against.

use std::net::IpAddr;

use weir_flowlog::{
    Action, Direction, Field, FieldKind, FlowLine, Line, LogFormat, MAX_LINE_LENGTH, NoFlow,
    RejectReason,
};

/// What a line holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading<'t> {
    /// The values of the present fields.
    Flow(Vec<(Field, Value<'t>)>),
    WithoutFlow(NoFlow),
    Rejected(RejectReason, &'t [u8]),
}

/// A value as it stands in the line, and what was read of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value<'t> {
    text: &'t [u8],
    number: Option<u64>,
    address: Option<IpAddr>,
}

impl<'t> Reading<'t> {
    /// What the parser made of a line.
    pub(super) fn of(format: &LogFormat, line: &Line<'_, 't>) -> Self {
        match line {
            Line::Flow(flow) => Self::Flow(values_of(format, flow)),
            Line::WithoutFlow(no_flow) => Self::WithoutFlow(*no_flow),
            Line::Rejected { reason, text } => Self::Rejected(*reason, text),
        }
    }
}

fn values_of<'t>(format: &LogFormat, flow: &FlowLine<'t>) -> Vec<(Field, Value<'t>)> {
    assert_eq!(flow.action().is_some(), flow.present().contains(Field::Action));
    assert_eq!(flow.direction().is_some(), flow.present().contains(Field::FlowDirection));
    let value = |field| {
        let text = flow.text(field)?;
        check_word(field, text, flow);
        let (number, address) = (flow.number(field), flow.address(field));
        Some((field, Value { text, number, address }))
    };
    format.columns().flatten().filter_map(value).collect()
}

/// Holds the fields with a closed list of values against their texts.
fn check_word(field: Field, text: &[u8], flow: &FlowLine<'_>) {
    match field {
        Field::Action => {
            let action = if text == b"ACCEPT" { Action::Accept } else { Action::Reject };
            assert_eq!(flow.action(), Some(action));
        }
        Field::FlowDirection => {
            let direction = if text == b"ingress" { Direction::Ingress } else { Direction::Egress };
            assert_eq!(flow.direction(), Some(direction));
        }
        _ => {}
    }
}

/// The places and readings of all lines that are not blank.
pub(super) fn read<'t>(format: &LogFormat, text: &'t [u8]) -> Vec<(usize, Reading<'t>)> {
    let lines = text.split(|octet| *octet == b'\n').enumerate();
    let lines = lines.map(|(index, line)| (index, line.strip_suffix(b"\r").unwrap_or(line)));
    let is_blank = |line: &[u8]| line.iter().all(|octet| is_separator(*octet));
    let lines = lines.filter(|(_, line)| !is_blank(line));
    lines
        .map(|(index, line)| {
            let reading = read_line(format, line);
            (index, reading.unwrap_or_else(|reason| Reading::Rejected(reason, line)))
        })
        .collect()
}

fn read_line<'t>(format: &LogFormat, line: &'t [u8]) -> Result<Reading<'t>, RejectReason> {
    check_text(line)?;
    let tokens = || line.split(|octet| is_separator(*octet)).filter(|token| !token.is_empty());
    if tokens().count() != format.columns().count() {
        return Err(RejectReason::WrongFieldCount);
    }
    let columns = format.columns().zip(tokens());
    let present = columns.filter_map(|(field, text)| Some((field?, text)));
    let present = present.filter(|(_, text)| *text != b"-");
    let values = present.map(|(field, text)| Ok((field, read_value(field, text)?)));
    let values = values.collect::<Result<Vec<_>, _>>()?;
    check_families(&values)?;
    Ok(match without_flow(format, &values) {
        Some(no_flow) => Reading::WithoutFlow(no_flow),
        None => Reading::Flow(values),
    })
}

fn check_text(line: &[u8]) -> Result<(), RejectReason> {
    if line.len() > MAX_LINE_LENGTH {
        return Err(RejectReason::LineTooLong);
    }
    if line.iter().any(|octet| octet.is_ascii_control() && *octet != b'\t') {
        return Err(RejectReason::InvalidCharacter);
    }
    let text = str::from_utf8(line).map_err(|_| RejectReason::InvalidUtf8)?;
    match text.chars().any(|character| character.is_control() && character != '\t') {
        true => Err(RejectReason::InvalidCharacter),
        false => Ok(()),
    }
}

fn read_value(field: Field, text: &[u8]) -> Result<Value<'_>, RejectReason> {
    let mut value = Value { text, number: None, address: None };
    let word = |words: &[&[u8]], reason| if words.contains(&text) { Ok(()) } else { Err(reason) };
    match field.kind() {
        FieldKind::Text => {}
        FieldKind::Action => word(&[b"ACCEPT", b"REJECT"], RejectReason::InvalidAction)?,
        FieldKind::LogStatus => {
            word(&[b"OK", b"NODATA", b"SKIPDATA"], RejectReason::InvalidStatus)?;
        }
        FieldKind::Direction => word(&[b"ingress", b"egress"], RejectReason::InvalidDirection)?,
        FieldKind::Number { max } => {
            let digits = text.iter().all(u8::is_ascii_digit).then_some(text);
            let number = digits.and_then(|digits| str::from_utf8(digits).ok()?.parse().ok());
            let number = number.filter(|number| *number <= max);
            value.number = Some(number.ok_or(RejectReason::InvalidNumber)?);
        }
        FieldKind::Address => {
            let address = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            value.address = Some(address.ok_or(RejectReason::InvalidAddress)?);
        }
    }
    Ok(value)
}

fn check_families(values: &[(Field, Value<'_>)]) -> Result<(), RejectReason> {
    let family = |wanted| {
        let (_, value) = values.iter().find(|(field, _)| *field == wanted)?;
        value.address.map(|address| address.is_ipv6())
    };
    match (family(Field::SrcAddr), family(Field::DstAddr)) {
        (Some(source), Some(destination)) if source != destination => {
            Err(RejectReason::MixedAddressFamilies)
        }
        _ => Ok(()),
    }
}

/// What a line's status says; without one, a line that could tell of traffic but does not.
fn without_flow(format: &LogFormat, values: &[(Field, Value<'_>)]) -> Option<NoFlow> {
    let status = values.iter().find(|(field, _)| *field == Field::LogStatus);
    match status.map(|(_, value)| value.text) {
        Some(b"NODATA") => Some(NoFlow::NoData),
        Some(b"SKIPDATA") => Some(NoFlow::SkipData),
        Some(_) => None,
        None => {
            let is_traffic = |field: &Field| {
                matches!(field, Field::SrcAddr | Field::DstAddr | Field::SrcPort | Field::DstPort)
                    || matches!(field, Field::Protocol | Field::Packets | Field::Bytes)
            };
            let could_tell = format.columns().flatten().any(|field| is_traffic(&field));
            let tells = values.iter().any(|(field, _)| is_traffic(field));
            (could_tell && !tells).then_some(NoFlow::NoData)
        }
    }
}

fn is_separator(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}
