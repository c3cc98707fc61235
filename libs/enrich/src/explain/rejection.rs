//! Which field makes a line unreadable.

use weir_flowlog::{BlockParser, Field, Line, LogFormat, RejectReason};

/// The first field of `line` whose value alone is rejected for the same reason. `None` when it is
/// the line as a whole that is.
pub(super) fn field_of(format: &LogFormat, line: &[u8], reason: RejectReason) -> Option<Field> {
    match reason {
        RejectReason::WrongFieldCount
        | RejectReason::LineTooLong
        | RejectReason::AmbiguousFormat => return None,
        RejectReason::MixedAddressFamilies => return Some(Field::DstAddr),
        _ => {}
    }
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let values = || line.split(is_blank).filter(|value| !value.is_empty());
    if values().count() != format.columns().count() {
        return None;
    }
    let mut pairs = format.columns().zip(values());
    pairs.find_map(|(field, value)| field.filter(|field| is_at_fault(*field, value, reason)))
}

/// Lets the parser read the value as the only one of its line.
fn is_at_fault(field: Field, value: &[u8], reason: RejectReason) -> bool {
    let Ok(format) = LogFormat::parse(field.name()) else { return false };
    let mut found = None;
    BlockParser::new().parse(&format, value, |outcome| {
        if let Line::Rejected { reason, .. } = outcome.line {
            found = Some(reason);
        }
    });
    found == Some(reason)
}
