//! Records as JSON lines.

use std::io::Write as _;
use std::net::IpAddr;
use std::ops::Range;

use weir_ipfix::{LayoutPair, RecordView};

use crate::field::{FLOW_REPORT, FLOW_REPORT_ID};
use crate::plan::{ReportPlan, Value};

/// Writes each record as one JSON object on a line of its own: the keys of report 20201 in its
/// order, numbers unquoted, keys without a value left out.
#[derive(Debug)]
pub struct JsonWriter {
    v4: ReportPlan,
    v6: ReportPlan,
    v4_revision: weir_ipfix::LayoutRevision,
    strings: Vec<Range<usize>>,
}

impl JsonWriter {
    /// A writer for records of these layouts.
    pub fn new(layouts: &LayoutPair) -> Self {
        Self {
            v4: ReportPlan::new(&layouts.v4, &FLOW_REPORT),
            v6: ReportPlan::new(&layouts.v6, &FLOW_REPORT),
            v4_revision: layouts.v4.revision(),
            strings: Vec::new(),
        }
    }

    /// Appends the line of `record`.
    pub fn write(&mut self, record: &RecordView<'_>, out: &mut Vec<u8>) {
        let is_v4 = record.layout().revision() == self.v4_revision;
        let plan = if is_v4 { &self.v4 } else { &self.v6 };
        out.extend_from_slice(b"{\"nfc_id\":");
        push_number(out, u64::from(FLOW_REPORT_ID));
        plan.read(record, &mut self.strings, |key, value| {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            match value {
                Value::Number(number) => push_number(out, number),
                Value::Address(address) => push_address(out, address),
                Value::Text(text) => push_string(out, text),
            }
        });
        out.extend_from_slice(b"}\n");
    }
}

fn push_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    out.push(b'"');
    match address {
        IpAddr::V4(address) => {
            for (position, octet) in address.octets().into_iter().enumerate() {
                if position > 0 {
                    out.push(b'.');
                }
                out.extend_from_slice(itoa::Buffer::new().format(octet).as_bytes());
            }
        }
        // Writing to a Vec cannot fail.
        IpAddr::V6(address) => drop(write!(out, "{address}")),
    }
    out.push(b'"');
}

/// Writes `text` as a JSON string (RFC 8259 section 7). Octets that are no UTF-8 become U+FFFD.
fn push_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        push_escaped(out, chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    out.push(b'"');
}

fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    let needs_escape = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\' | 0x7f);
    let mut rest = text;
    while let Some(position) = rest.iter().position(needs_escape) {
        let (plain, after) = rest.split_at(position);
        out.extend_from_slice(plain);
        let Some((byte, after)) = after.split_first() else { return };
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            control => drop(write!(out, "\\u{control:04x}")),
        }
        rest = after;
    }
    out.extend_from_slice(rest);
}
