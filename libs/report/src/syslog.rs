//! Records as syslog messages of key=value pairs.
//!
//! The frame is RFC 5424 as NetFlow Optimizer writes it: APP-NAME `NFO`, PROCID `nfc_srv`, no
//! MSGID, no structured data, then the source id and the pairs. Parsers of its messages read
//! these.

use std::fmt::{Display, Write as _};
use std::io::Write as _;

use weir_ipfix::{LayoutPair, RecordView};

use crate::field::{Report, ReportField};
use crate::number::{push_address, push_number};
use crate::plan::{FieldReader, Value};

/// Facility local0, severity informational (RFC 5424 section 6.2.1).
const PRIORITY: u8 = 16 * 8 + 6;

/// NetFlow Optimizer's default "NFv9 Source ID".
pub const DEFAULT_SOURCE_ID: &str = "ff:ff:00:01";

/// The longest HOSTNAME (RFC 5424 section 6).
const MAX_HOSTNAME: usize = 255;

/// The part of a message before its pairs.
#[derive(Clone, Debug)]
pub struct SyslogHeader {
    hostname: String,
    source_id: String,
}

impl SyslogHeader {
    /// A header with this HOSTNAME, in which all but printable ASCII is replaced by `?` (RFC 5424
    /// section 6); `-` when it is empty.
    pub fn new(hostname: &str, source_id: &str) -> Self {
        let printable = |text: &str| -> String {
            let replaced =
                text.chars().map(|each| if each.is_ascii_graphic() { each } else { '?' });
            replaced.take(MAX_HOSTNAME).collect()
        };
        let hostname = printable(hostname);
        let hostname = if hostname.is_empty() { "-".to_owned() } else { hostname };
        Self { hostname, source_id: printable(source_id) }
    }
}

/// Writes each record as the MSG of one syslog message, without a frame around it: RFC 5426 wants
/// none over UDP, RFC 6587 wants the length in front over TCP.
///
/// The rule for values: one that consists of printable characters other than blank, `"`, `=`,
/// `\` and `,` stands as it is. Any other is written in double quotes, with `"` and `\` behind a
/// `\`, and control characters and octets that are no UTF-8 as `\xHH`. So no value can end its
/// pair, its quotes or its line.
#[derive(Debug)]
pub struct SyslogWriter {
    header: SyslogHeader,
    report: Report,
    fields: FieldReader,
    prefix: String,
}

impl SyslogWriter {
    /// A writer of `fields` of `report` for records of these layouts.
    pub fn new(
        layouts: &LayoutPair,
        report: Report,
        fields: &[ReportField],
        header: SyslogHeader,
    ) -> Self {
        Self { header, report, fields: FieldReader::new(layouts, fields), prefix: String::new() }
    }

    /// Sets the time that the next messages carry, in the form of RFC 3339.
    pub fn set_timestamp(&mut self, timestamp: &dyn Display) {
        self.prefix.clear();
        let SyslogHeader { hostname, source_id } = &self.header;
        let number = self.report.number();
        // Writing to a String cannot fail.
        let written = write!(
            self.prefix,
            "<{PRIORITY}>1 {timestamp} {hostname} NFO nfc_srv - - {source_id} nfc_id={number}"
        );
        debug_assert!(written.is_ok());
    }

    /// Appends the message of `record`.
    pub fn write(&mut self, record: &RecordView<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(self.prefix.as_bytes());
        self.fields.read(record, |key, value| {
            out.push(b' ');
            out.extend_from_slice(key.as_bytes());
            out.push(b'=');
            match value {
                Value::Number(number) => push_number(out, number),
                Value::Address(address) => push_address(out, address),
                Value::Text(text) => push_value(out, text),
            }
        });
    }
}

fn push_value(out: &mut Vec<u8>, text: &[u8]) {
    let is_plain = |byte: &u8| byte.is_ascii_graphic() && !b"\"=\\,".contains(byte);
    if text.iter().all(is_plain) {
        out.extend_from_slice(text);
    } else {
        push_quoted(out, text);
    }
}

fn push_quoted(out: &mut Vec<u8>, text: &[u8]) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for character in chunk.valid().chars() {
            push_character(out, character);
        }
        for octet in chunk.invalid() {
            push_escaped(out, *octet);
        }
    }
    out.push(b'"');
}

fn push_character(out: &mut Vec<u8>, character: char) {
    let mut octets = [0; 4];
    let octets = character.encode_utf8(&mut octets).as_bytes();
    match character {
        '"' | '\\' => out.extend_from_slice(&[b'\\', character as u8]),
        // Line separators end a line for some readers.
        _ if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') => {
            octets.iter().for_each(|octet| push_escaped(out, *octet));
        }
        _ => out.extend_from_slice(octets),
    }
}

fn push_escaped(out: &mut Vec<u8>, octet: u8) {
    // Writing to a Vec cannot fail.
    drop(write!(out, "\\x{octet:02x}"));
}
