//! A data record as one JSON object on a line.

use std::{
    collections::HashMap,
    fmt::Display,
    hash::{BuildHasher, RandomState},
    io::Write,
    net::SocketAddr,
};

use serde::Serialize;
use weir_ipfix::decode::{ElementName, Record, Value};

/// paddingOctets: fill without meaning (RFC 7011 section 3.3.1).
const PADDING_OCTETS: (Option<u32>, u16) = (None, 210);

/// Builds lines in a buffer that is used again.
#[derive(Debug, Default)]
pub(super) struct LineWriter {
    line: Vec<u8>,
    keys: Keys,
}

impl LineWriter {
    /// The line of `record`, with its line end.
    pub(super) fn line(&mut self, exporter: SocketAddr, record: &Record<'_>) -> &[u8] {
        self.line.clear();
        self.keys.clear();
        self.line.push(b'{');
        self.header(exporter, record);
        for field in record.fields() {
            let element = field.element;
            if (element.enterprise_number, element.id) != PADDING_OCTETS {
                self.key(&element.name);
                write_value(&mut self.line, field.value());
            }
        }
        self.line.extend_from_slice(b"}\n");
        &self.line
    }

    fn header(&mut self, exporter: SocketAddr, record: &Record<'_>) {
        self.key(&ElementName::Known("exporter"));
        write_quoted(&mut self.line, &exporter);
        self.key(&ElementName::Known("observationDomainId"));
        write_json(&mut self.line, &record.observation_domain_id);
        self.key(&ElementName::Known("templateId"));
        write_json(&mut self.line, &record.template_id);
        self.key(&ElementName::Known("exportTime"));
        write_json(&mut self.line, &record.export_time);
        if record.is_options() {
            self.key(&ElementName::Known("options"));
            write_json(&mut self.line, &true);
        }
    }

    /// Writes a key; one that the object has already gets a number: `mplsTopLabel#2`.
    fn key(&mut self, name: &ElementName<'_>) {
        if self.line.len() > 1 {
            self.line.push(b',');
        }
        let start = self.line.len();
        match name {
            ElementName::Known(name) => write_json(&mut self.line, name),
            name => write_quoted(&mut self.line, name),
        }
        let occurrence = self.keys.occurrence(self.line.get(start..).unwrap_or_default());
        if occurrence > 1 {
            self.line.pop();
            write_display(&mut self.line, &format_args!("#{occurrence}\""));
        }
        self.line.push(b':');
    }
}

/// How often each key was written into the current object.
#[derive(Debug, Default)]
struct Keys {
    hasher: RandomState,
    occurrences: HashMap<u64, u32>,
}

impl Keys {
    fn clear(&mut self) {
        self.occurrences.clear();
    }

    fn occurrence(&mut self, key: &[u8]) -> u32 {
        let occurrences = self.occurrences.entry(self.hasher.hash_one(key)).or_default();
        *occurrences += 1;
        *occurrences
    }
}

fn write_value(line: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Octets(octets) => write_hex(line, octets, ""),
        Value::MacAddress(octets) => write_hex(line, &octets, ":"),
        Value::Text(text) => write_json(line, &String::from_utf8_lossy(text)),
        Value::Ipv4(address) => write_quoted(line, &address),
        Value::Ipv6(address) => write_quoted(line, &address),
        Value::Boolean(truth) => write_json(line, &truth),
        Value::Float(number) => write_json(line, &number),
        Value::Signed(number) => write_json(line, &number),
        Value::Seconds(number) => write_json(line, &number),
        Value::Unsigned(number)
        | Value::Milliseconds(number)
        | Value::Microseconds(number)
        | Value::Nanoseconds(number) => write_json(line, &number),
    }
}

fn write_hex(line: &mut Vec<u8>, octets: &[u8], separator: &str) {
    line.push(b'"');
    for (at, octet) in octets.iter().enumerate() {
        let separator = if at == 0 { "" } else { separator };
        write_display(line, &format_args!("{separator}{octet:02x}"));
    }
    line.push(b'"');
}

/// For text that needs no escapes.
fn write_quoted(line: &mut Vec<u8>, text: &dyn Display) {
    write_display(line, &format_args!("\"{text}\""));
}

#[allow(clippy::expect_used, reason = "writing into a Vec cannot fail")]
fn write_display(line: &mut Vec<u8>, text: &dyn Display) {
    write!(line, "{text}").expect("a Vec takes all");
}

#[allow(clippy::expect_used, reason = "writing text and numbers into a Vec cannot fail")]
fn write_json(line: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    serde_json::to_writer(line, value).expect("a Vec takes all");
}
