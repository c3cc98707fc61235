//! What a Parquet file says of itself at its end: columns, row groups, and where they are.
//!
//! The field numbers are those of
//! <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>.

use std::io::{Read, Seek};

use crate::failure::Failure;

use super::file::File;
use super::thrift::{Kind, Malformed, Reader};

/// Octets of metadata, at most: a hundred row groups of all fields take half a MiB.
const MAX_LENGTH: u64 = 8 * 1024 * 1024;

/// Columns, at most: no flow log has more.
const MAX_COLUMNS: usize = 256;

/// How a Parquet file starts and ends.
pub(super) const MAGIC: &[u8] = b"PAR1";

/// Octets after the metadata: its length and [`MAGIC`].
const TAIL_LENGTH: u64 = 8;

/// A file's metadata.
pub(super) struct Footer {
    pub(super) columns: Vec<ColumnKind>,
    pub(super) groups: Vec<RowGroup>,
}

/// What a column holds.
#[derive(Clone, Debug)]
pub(super) struct ColumnKind {
    pub(super) name: Vec<u8>,
    pub(super) physical: Physical,
    /// Whether values may be absent.
    pub(super) is_optional: bool,
    /// Whether integers have no sign.
    pub(super) is_unsigned: bool,
}

/// How a value is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Physical {
    Boolean,
    Int32,
    Int64,
    Float,
    Double,
    ByteArray,
    /// Also the 12 octets of INT96.
    Fixed(usize),
}

/// Some rows of all columns.
#[derive(Default)]
pub(super) struct RowGroup {
    pub(super) rows: u64,
    pub(super) chunks: Vec<Chunk>,
}

/// A column's pages in a row group.
#[derive(Clone, Copy, Default)]
pub(super) struct Chunk {
    /// The number of the codec (`CompressionCodec`).
    pub(super) codec: i64,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Footer {
    pub(super) fn read<R: Read + Seek>(file: &mut File<R>) -> Result<Self, Failure> {
        let tail_start = file.length().checked_sub(TAIL_LENGTH).ok_or(Failure::Truncated)?;
        let mut tail = [0; TAIL_LENGTH as usize];
        file.read_at(tail_start, &mut tail)?;
        let [length @ .., _, _, _, _] = tail;
        if !tail.ends_with(MAGIC) {
            // All else that ends in other octets was cut off.
            return Err(Failure::Truncated);
        }
        let length = u64::from(u32::from_le_bytes(length));
        let start = tail_start.checked_sub(length).ok_or_else(too_short)?;
        if length > MAX_LENGTH {
            return Err(Failure::Memory { limit: MAX_LENGTH });
        }
        let mut octets = vec![0; length as usize];
        file.read_at(start, &mut octets)?;
        Self::parse(&octets)?.check(start)
    }

    fn parse(octets: &[u8]) -> Result<Self, Failure> {
        let mut elements = Vec::new();
        let mut groups = Vec::new();
        let parsed = Reader::new(octets).fields(|reader, field| match field {
            (2, Kind::List) => reader.structs(|reader| {
                elements.push(Element::read(reader)?);
                if elements.len() > MAX_COLUMNS + 1 { Err(Malformed) } else { Ok(()) }
            }),
            (4, Kind::List) => reader.structs(|reader| {
                groups.push(RowGroup::read(reader)?);
                Ok(())
            }),
            (_, kind) => reader.skip(kind),
        });
        if elements.len() > MAX_COLUMNS + 1 {
            return Err(Failure::Unsupported("a Parquet file with more than 256 columns"));
        }
        parsed.map_err(|Malformed| malformed())?;
        Ok(Self { columns: columns(&elements)?, groups })
    }

    /// Every row group has all columns, and their pages lie before the metadata.
    fn check(self, metadata_start: u64) -> Result<Self, Failure> {
        let is_within = |chunk: &Chunk| chunk.start <= chunk.end && chunk.end <= metadata_start;
        let is_sound = |group: &RowGroup| {
            group.chunks.len() == self.columns.len() && group.chunks.iter().all(is_within)
        };
        if self.groups.iter().all(is_sound) { Ok(self) } else { Err(malformed()) }
    }
}

fn malformed() -> Failure {
    Failure::corrupt("the footer makes no sense")
}

fn too_short() -> Failure {
    Failure::corrupt("the footer is longer than the file")
}

/// The columns of a schema: its root, then its leaves.
fn columns(elements: &[Element<'_>]) -> Result<Vec<ColumnKind>, Failure> {
    let (root, leaves) = elements.split_first().ok_or_else(malformed)?;
    if leaves.iter().any(|leaf| leaf.children > 0 || leaf.repetition == REPEATED) {
        return Err(Failure::Unsupported("a Parquet file with nested columns"));
    }
    if leaves.is_empty() || root.children != leaves.len() as i64 {
        return Err(malformed());
    }
    leaves.iter().map(|leaf| leaf.column().ok_or_else(malformed)).collect()
}

/// An element of the schema (`SchemaElement`).
#[derive(Default)]
struct Element<'a> {
    physical: Option<i64>,
    length: usize,
    repetition: i64,
    name: &'a [u8],
    children: i64,
    converted: i64,
}

/// `FieldRepetitionType`.
const OPTIONAL: i64 = 1;
const REPEATED: i64 = 2;

impl<'a> Element<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let mut element = Self::default();
        reader.fields(|reader, field| {
            match field {
                (1, Kind::Integer) => element.physical = Some(reader.integer()?),
                (2, Kind::Integer) => element.length = reader.length()?,
                (3, Kind::Integer) => element.repetition = reader.integer()?,
                (4, Kind::Binary) => element.name = reader.binary()?,
                (5, Kind::Integer) => element.children = reader.integer()?,
                (6, Kind::Integer) => element.converted = reader.integer()?,
                (_, kind) => reader.skip(kind)?,
            }
            Ok(())
        })?;
        Ok(element)
    }

    fn column(&self) -> Option<ColumnKind> {
        let physical = match self.physical? {
            0 => Physical::Boolean,
            1 => Physical::Int32,
            2 => Physical::Int64,
            3 => Physical::Fixed(12),
            4 => Physical::Float,
            5 => Physical::Double,
            6 => Physical::ByteArray,
            7 if self.length > 0 => Physical::Fixed(self.length),
            _ => return None,
        };
        Some(ColumnKind {
            name: self.name.to_vec(),
            physical,
            is_optional: self.repetition == OPTIONAL,
            // `ConvertedType`: UINT_8 to UINT_64.
            is_unsigned: matches!(self.converted, 11..=14),
        })
    }
}

impl RowGroup {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut group = Self::default();
        reader.fields(|reader, field| match field {
            (1, Kind::List) => reader.structs(|reader| {
                group.chunks.push(Chunk::read(reader)?);
                if group.chunks.len() > MAX_COLUMNS { Err(Malformed) } else { Ok(()) }
            }),
            (3, Kind::Integer) => {
                group.rows = reader.length()?;
                Ok(())
            }
            (_, kind) => reader.skip(kind),
        })?;
        Ok(group)
    }
}

impl Chunk {
    /// Reads a `ColumnChunk`: its field 3 is the `ColumnMetaData`.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut chunk = None;
        reader.fields(|reader, field| match field {
            (3, Kind::Struct) => {
                chunk = Some(Self::read_metadata(reader)?);
                Ok(())
            }
            (_, kind) => reader.skip(kind),
        })?;
        chunk.ok_or(Malformed)
    }

    fn read_metadata(reader: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut chunk = Self::default();
        let (mut length, mut dictionary) = (0, 0);
        reader.fields(|reader, field| {
            match field {
                (4, Kind::Integer) => chunk.codec = reader.integer()?,
                (7, Kind::Integer) => length = reader.length()?,
                (9, Kind::Integer) => chunk.start = reader.length()?,
                (11, Kind::Integer) => dictionary = reader.length()?,
                (_, kind) => reader.skip(kind)?,
            }
            Ok(())
        })?;
        // Some writers say 0 where there is no dictionary.
        if (1..chunk.start).contains(&dictionary) {
            chunk.start = dictionary;
        }
        chunk.end = chunk.start.checked_add(length).ok_or(Malformed)?;
        Ok(chunk)
    }
}
