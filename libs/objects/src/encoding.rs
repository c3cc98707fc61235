//! Tells what an object holds from its first octets, never from its name.

use crate::error::ObjectError;

/// How an object holds its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// gzip (RFC 1952), one member or several.
    Gzip,
}

/// Octets that are looked at.
pub(crate) const SNIFF_LENGTH: usize = 512;

/// First octets of what people have in buckets beside flow logs.
const OTHERS: [(&[u8], &str); 7] = [
    (b"PAR1", "a Parquet file"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"{", "JSON"),
    (b"[", "JSON"),
];

impl Encoding {
    /// Tells the encoding from the object's first octets, up to 512.
    pub(crate) fn of(start: &[u8]) -> Result<Self, ObjectError> {
        if start.starts_with(b"\x1f\x8b") {
            return Ok(Self::Gzip);
        }
        let other = OTHERS.iter().find(|(magic, _)| start.starts_with(magic));
        if let Some((_, found)) = other {
            return Err(ObjectError::Unsupported { found });
        }
        let is_binary = |byte: &u8| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
        if start.iter().any(is_binary) {
            return Err(ObjectError::Unsupported { found: "binary data" });
        }
        Ok(Self::Plain)
    }
}
