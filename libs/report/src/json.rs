//! Records as JSON lines.

use std::io::Write as _;

use weir_ipfix::{LayoutPair, RecordView};

use crate::field::{Report, ReportField};
use crate::number::{push_address, push_number};
use crate::plan::{FieldReader, Value};

/// Writes each record as one JSON object on a line of its own: `nfc_id`, then the report's keys
/// in its order, numbers unquoted, keys without a value left out.
#[derive(Debug)]
pub struct JsonWriter {
    report: Report,
    fields: FieldReader,
}

impl JsonWriter {
    /// A writer of `fields` of `report` for records of these layouts.
    pub fn new(layouts: &LayoutPair, report: Report, fields: &[ReportField]) -> Self {
        Self { report, fields: FieldReader::new(layouts, fields) }
    }

    /// Appends the line of `record`.
    pub fn write(&mut self, record: &RecordView<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"nfc_id\":");
        push_number(out, u64::from(self.report.number()));
        self.fields.read(record, |key, value| {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            match value {
                Value::Number(number) => push_number(out, number),
                Value::Address(address) => {
                    out.push(b'"');
                    push_address(out, address);
                    out.push(b'"');
                }
                Value::Text(text) => push_string(out, text),
            }
        });
        out.extend_from_slice(b"}\n");
    }
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
