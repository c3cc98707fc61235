//! Tells what an object holds from its first octets, never from its name.

use std::fmt::{self, Display};

use crate::error::ObjectError;

/// How an object holds its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// gzip (RFC 1952), one member or several.
    Gzip,
    /// zstd (RFC 8878), one frame or several, with windows up to 128 MiB.
    Zstd,
    /// Apache Parquet, its rows rendered as lines.
    Parquet,
}

impl Encoding {
    /// Tells the encoding from the object's first octets.
    pub(crate) fn of(start: &[u8]) -> Self {
        if start.starts_with(GZIP) {
            Self::Gzip
        } else if start.starts_with(ZSTD) {
            Self::Zstd
        } else if start.starts_with(PARQUET) {
            Self::Parquet
        } else {
            Self::Plain
        }
    }
}

impl Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Parquet => "Parquet",
        })
    }
}

const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
const PARQUET: &[u8] = b"PAR1";

/// First octets of what people have in buckets beside flow logs, or pack twice.
const NO_TEXT: [(&[u8], &str); 10] = [
    (PARQUET, "a Parquet file within compressed data"),
    (GZIP, "gzip data within compressed data"),
    (ZSTD, "zstd data within compressed data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"Obj\x01", "an Avro file"),
    (b"ORC", "an ORC file"),
    (b"{", "JSON"),
    (b"[", "JSON"),
];

/// Octets of text that are looked at.
pub(crate) const LOOKED_AT: usize = 512;

/// Whether text is JSON documents: then they are envelopes, or no flow log.
pub(crate) fn is_documents(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"{")
}

/// Refuses text that cannot be a flow log, told by its first octets.
///
/// A stray octet is for the parser, which rejects its line alone; a NUL, or a quarter of the
/// octets outside of printable ASCII, is no text at all.
pub(crate) fn refuse_other_content(text: &[u8]) -> Result<(), ObjectError> {
    let start = text.get(..LOOKED_AT).unwrap_or(text);
    if let Some((_, found)) = NO_TEXT.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(ObjectError::Unsupported { found });
    }
    let is_text = |octet: u8| octet.is_ascii_graphic() || octet.is_ascii_whitespace();
    let strange = start.iter().filter(|octet| !is_text(**octet)).count();
    if start.contains(&0) || strange * 4 > start.len() {
        return Err(ObjectError::Unsupported { found: "binary data" });
    }
    Ok(())
}
