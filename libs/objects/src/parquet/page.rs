//! Pages: their headers, and their data unpacked.

use std::io::Read as _;

use flate2::read::MultiGzDecoder;

use crate::buffers::Inflater;
use crate::failure::Failure;

use super::thrift::{Kind, Malformed, Reader};

/// A page's header (`PageHeader`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// Octets of data as it is in the file.
    pub(super) packed_length: usize,
    /// Octets of data unpacked.
    pub(super) length: usize,
    pub(super) content: Content,
}

/// What a page holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Content {
    /// Something that need not be read.
    #[default]
    Other,
    /// All values that occur in the chunk.
    Dictionary { values: usize, encoding: i64 },
    /// Values, absent ones counted in, with their levels.
    Values { values: u64, encoding: i64, levels: Levels },
}

/// Where a page of values tells which are absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Levels {
    /// In its data, behind their length (`DataPageHeader`).
    Prefixed {
        /// How they are encoded.
        encoding: i64,
    },
    /// Before its data, and never packed (`DataPageHeaderV2`).
    Apart { length: usize, is_packed: bool },
}

impl PageHeader {
    /// Reads a header and tells its own length.
    pub(super) fn read(octets: &[u8]) -> Result<(Self, usize), Malformed> {
        let mut reader = Reader::new(octets);
        let mut header = Self::default();
        reader.fields(|reader, field| {
            match field {
                (2, Kind::Integer) => header.length = reader.length()?,
                (3, Kind::Integer) => header.packed_length = reader.length()?,
                (5, Kind::Struct) => header.content = read_values(reader)?,
                (7, Kind::Struct) => header.content = read_dictionary(reader)?,
                (8, Kind::Struct) => header.content = read_values_v2(reader)?,
                (_, kind) => reader.skip(kind)?,
            }
            Ok(())
        })?;
        Ok((header, octets.len() - reader.remaining()))
    }
}

/// Reads a `DataPageHeader`.
fn read_values(reader: &mut Reader<'_>) -> Result<Content, Malformed> {
    let (mut values, mut encoding, mut levels) = (0, 0, 0);
    reader.fields(|reader, field| {
        match field {
            (1, Kind::Integer) => values = reader.length()?,
            (2, Kind::Integer) => encoding = reader.integer()?,
            (3, Kind::Integer) => levels = reader.integer()?,
            (_, kind) => reader.skip(kind)?,
        }
        Ok(())
    })?;
    Ok(Content::Values { values, encoding, levels: Levels::Prefixed { encoding: levels } })
}

/// Reads a `DictionaryPageHeader`.
fn read_dictionary(reader: &mut Reader<'_>) -> Result<Content, Malformed> {
    let (mut values, mut encoding) = (0, 0);
    reader.fields(|reader, field| {
        match field {
            (1, Kind::Integer) => values = reader.length()?,
            (2, Kind::Integer) => encoding = reader.integer()?,
            (_, kind) => reader.skip(kind)?,
        }
        Ok(())
    })?;
    Ok(Content::Dictionary { values, encoding })
}

/// Reads a `DataPageHeaderV2`.
fn read_values_v2(reader: &mut Reader<'_>) -> Result<Content, Malformed> {
    let (mut values, mut encoding, mut length, mut is_packed) = (0, 0, 0, true);
    reader.fields(|reader, field| {
        match field {
            (1, Kind::Integer) => values = reader.length()?,
            (4, Kind::Integer) => encoding = reader.integer()?,
            (5, Kind::Integer) => length = reader.length()?,
            // Nothing repeats in a flat schema.
            (6, Kind::Integer) if reader.integer()? != 0 => return Err(Malformed),
            (6, Kind::Integer) => {}
            (7, Kind::False) => is_packed = false,
            (_, kind) => reader.skip(kind)?,
        }
        Ok(())
    })?;
    Ok(Content::Values { values, encoding, levels: Levels::Apart { length, is_packed } })
}

/// Unpacks pages.
#[derive(Default)]
pub(super) struct PageUnpacker {
    inflater: Inflater,
    snappy: snap::raw::Decoder,
    zstd: zstd::zstd_safe::DCtx<'static>,
}

impl PageUnpacker {
    /// Fills `page` with what `packed` holds under `codec` (`CompressionCodec`).
    pub(super) fn unpack(
        &mut self,
        codec: i64,
        packed: &[u8],
        page: &mut [u8],
    ) -> Result<(), Failure> {
        let is_whole = match codec {
            0 => {
                packed.len() == page.len() && {
                    page.copy_from_slice(packed);
                    true
                }
            }
            1 => self.snappy.decompress(packed, page) == Ok(page.len()),
            2 => self.inflater.unpack(packed, page) || unpack_members(packed, page),
            6 => self.zstd.decompress(page, packed) == Ok(page.len()),
            _ => return Err(Failure::Unsupported(name_of(codec))),
        };
        if is_whole { Ok(()) } else { Err(Failure::corrupt("a page cannot be unpacked")) }
    }
}

/// Fills `page` with what several gzip members hold. The checksum is looked at where they end.
fn unpack_members(packed: &[u8], page: &mut [u8]) -> bool {
    let mut members = MultiGzDecoder::new(packed);
    members.read_exact(page).is_ok() && matches!(members.read(&mut [0]), Ok(0))
}

fn name_of(codec: i64) -> &'static str {
    match codec {
        3 => "a Parquet file with LZO compression",
        4 => "a Parquet file with Brotli compression",
        5 | 7 => "a Parquet file with LZ4 compression",
        _ => "a Parquet file with unknown compression",
    }
}
