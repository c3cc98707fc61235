//! Objects of gzip-compressed text.

use std::fs::File;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use weir_flowlog::Field;

use super::object_file::Sizes;
use super::text::{push_address, push_number};
use super::value::Value;

/// The level that gzip itself takes, so that the objects unpack as others do.
pub(super) const GZIP_LEVEL: u32 = 6;

/// Lines of fields with blanks between, below a line of the fields' names.
pub(super) struct TextObject<'a> {
    columns: &'a [Field],
    gzip: GzEncoder<File>,
    text: Vec<u8>,
    text_bytes: u64,
}

impl<'a> TextObject<'a> {
    pub(super) fn new(file: File, columns: &'a [Field]) -> Self {
        let gzip = GzEncoder::new(file, Compression::new(GZIP_LEVEL));
        let mut object = Self { columns, gzip, text: Vec::new(), text_bytes: 0 };
        object.record(|field| Value::Text(field.name()));
        object
    }

    pub(super) fn record<'v>(&mut self, value_of: impl Fn(Field) -> Value<'v>) {
        for (position, &field) in self.columns.iter().enumerate() {
            if position > 0 {
                self.text.push(b' ');
            }
            push_value(&mut self.text, value_of(field));
        }
        self.text.push(b'\n');
    }

    /// Compresses the records so far.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.gzip.write_all(&self.text)?;
        self.text_bytes += self.text.len() as u64;
        self.text.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> io::Result<Sizes> {
        self.flush()?;
        let packed = self.gzip.finish()?.metadata()?.len();
        Ok(Sizes { packed, unpacked: self.text_bytes })
    }
}

fn push_value(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Absent => out.push(b'-'),
        Value::Number(number) => push_number(out, number),
        Value::Text(text) => out.extend_from_slice(text.as_bytes()),
        Value::Address(address) => push_address(out, address),
    }
}
