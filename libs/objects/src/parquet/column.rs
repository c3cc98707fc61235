//! The values of a column of a row group, in order.

use std::io::{Read, Seek};

use crate::failure::Failure;

use super::budget::Budget;
use super::file::File;
use super::footer::{Chunk, ColumnKind};
use super::hybrid::Hybrid;
use super::page::{Content, Levels, PageHeader, PageUnpacker};
use super::value::ABSENT;
use super::values::{Dictionary, Values};

/// Octets that hold most headers of pages, and the longest: they may have the least and the
/// greatest value in them.
const HEADER_LENGTHS: [u64; 2] = [256, 64 * 1024];

/// Reads pages, for all columns.
pub(super) struct Loader<R> {
    pub(super) file: File<R>,
    pub(super) budget: Budget,
    pub(super) unpacker: PageUnpacker,
    /// A page as it is in the file.
    pub(super) packed: Vec<u8>,
}

/// Reads the values of a chunk, one after the other.
///
/// Its kind is an argument of each call, the same one each time.
pub(super) struct Column {
    /// The pages to come.
    chunk: Chunk,
    page: Vec<u8>,
    /// Values of the page to come, absent ones counted in.
    left: u64,
    levels: Option<Hybrid>,
    values: Values,
    dictionary: Option<Dictionary>,
}

impl Column {
    pub(super) fn new(chunk: Chunk) -> Self {
        let values = Values::Plain(0);
        Self { chunk, page: Vec::new(), left: 0, levels: None, values, dictionary: None }
    }

    /// Writes the next value.
    #[inline]
    pub(super) fn append<R: Read + Seek>(
        &mut self,
        kind: &ColumnKind,
        loader: &mut Loader<R>,
        line: &mut Vec<u8>,
    ) -> Result<(), Failure> {
        while self.left == 0 {
            self.load(kind, loader)?;
        }
        self.left -= 1;
        match self.append_next(kind, line) {
            Some(()) => Ok(()),
            None => Err(Failure::corrupt("a page has fewer values than it says")),
        }
    }

    /// Gives its memory back.
    pub(super) fn close(self, budget: &mut Budget) {
        budget.give_back(self.page.capacity());
        budget.give_back(self.dictionary.map_or(0, |dictionary| dictionary.memory()));
    }

    #[inline]
    fn append_next(&mut self, kind: &ColumnKind, line: &mut Vec<u8>) -> Option<()> {
        if let Some(levels) = &mut self.levels
            && levels.next(&self.page)? == 0
        {
            line.push(ABSENT);
            return Some(());
        }
        self.values.append(kind, &self.page, self.dictionary.as_ref(), line)
    }

    /// Reads the next page.
    #[cold]
    fn load<R: Read + Seek>(
        &mut self,
        kind: &ColumnKind,
        loader: &mut Loader<R>,
    ) -> Result<(), Failure> {
        let page = loader.next_page(&mut self.chunk)?;
        match page.header.content {
            Content::Other => Ok(()),
            Content::Dictionary { values, encoding: 0 | 2 } if self.dictionary.is_none() => {
                self.dictionary = Some(loader.dictionary(kind, &page, values)?);
                Ok(())
            }
            Content::Dictionary { .. } => {
                Err(Failure::corrupt("a dictionary is not where it should be"))
            }
            Content::Values { values, encoding, levels } => {
                loader.unpack(&page, &mut self.page)?;
                let position = self.open_levels(kind, levels)?;
                if matches!(encoding, DELTA_LENGTHS | DELTA_STRINGS) {
                    // Their lengths are read twice.
                    loader.budget.unpack(usize::try_from(values).unwrap_or(usize::MAX))?;
                }
                self.values = Values::open(encoding, kind, &self.page, position, values)?;
                self.left = values;
                Ok(())
            }
        }
    }

    /// Goes to where the page tells which values are absent. Returns where the values start.
    fn open_levels(&mut self, kind: &ColumnKind, levels: Levels) -> Result<usize, Failure> {
        let (start, end) = match levels {
            Levels::Apart { length, .. } => (0, length),
            Levels::Prefixed { .. } if !kind.is_optional => (0, 0),
            Levels::Prefixed { encoding: RUNS } => {
                let length = self.page.first_chunk().map(|length| u32::from_le_bytes(*length));
                (4, (length.unwrap_or(u32::MAX) as usize).saturating_add(4))
            }
            Levels::Prefixed { .. } => {
                return Err(Failure::Unsupported("a Parquet file with bit-packed levels"));
            }
        };
        if end > self.page.len() {
            return Err(Failure::corrupt("a page is shorter than its levels"));
        }
        self.levels = if kind.is_optional { Hybrid::new(start, end, 1) } else { None };
        Ok(end)
    }
}

impl<R: Read + Seek> Loader<R> {
    /// Reads the header of the next page of `chunk` and goes on to the page after that.
    fn next_page(&mut self, chunk: &mut Chunk) -> Result<Page, Failure> {
        let (header, length) = self.header(chunk)?;
        let start = chunk.start + length;
        chunk.start = start.saturating_add(header.packed_length as u64);
        if chunk.start > chunk.end {
            return Err(Failure::corrupt("a page reaches beyond its column"));
        }
        Ok(Page { header, start, codec: chunk.codec })
    }

    fn header(&mut self, chunk: &Chunk) -> Result<(PageHeader, u64), Failure> {
        let available = chunk.end.saturating_sub(chunk.start);
        if available == 0 {
            return Err(Failure::corrupt("a column has fewer values than there are rows"));
        }
        for length in HEADER_LENGTHS.map(|length| length.min(available) as usize) {
            // Any number of row groups may lead through the same pages without a value.
            self.budget.unpack(length)?;
            self.packed.resize(length, 0);
            self.file.read_at(chunk.start, &mut self.packed)?;
            if let Ok((header, length)) = PageHeader::read(&self.packed) {
                return Ok((header, length as u64));
            }
        }
        Err(Failure::corrupt("a page's header makes no sense"))
    }

    /// Unpacks a page. Levels that stand apart are never packed.
    fn unpack(&mut self, page: &Page, output: &mut Vec<u8>) -> Result<(), Failure> {
        let Page { header, start, codec } = page;
        let (apart, codec) = match header.content {
            Content::Values { levels: Levels::Apart { length, is_packed }, .. } => {
                (length, if is_packed { *codec } else { UNCOMPRESSED })
            }
            _ => (0, *codec),
        };
        self.budget.unpack(header.length.saturating_add(header.packed_length))?;
        self.resize(output, header.length)?;
        self.budget.take(header.packed_length)?;
        self.packed.resize(header.packed_length, 0);
        self.file.read_at(*start, &mut self.packed)?;
        self.budget.give_back(header.packed_length);
        let (Some((levels, packed)), Some((unpacked_levels, values))) =
            (self.packed.split_at_checked(apart), output.split_at_mut_checked(apart))
        else {
            return Err(Failure::corrupt("a page is shorter than its levels"));
        };
        unpacked_levels.copy_from_slice(levels);
        if values.is_empty() {
            return Ok(());
        }
        self.unpacker.unpack(codec, packed, values)
    }

    fn dictionary(
        &mut self,
        kind: &ColumnKind,
        page: &Page,
        values: usize,
    ) -> Result<Dictionary, Failure> {
        let mut octets = Vec::new();
        self.unpack(page, &mut octets)?;
        // As text a value is up to three times as long, and its end takes no more than it.
        let most = octets.len().saturating_mul(4);
        self.budget.take(most)?;
        let dictionary = Dictionary::read(kind, &octets, values)
            .ok_or_else(|| Failure::corrupt("a dictionary has fewer values than it says"))?;
        self.budget.give_back(most + octets.capacity());
        self.budget.take(dictionary.memory())?;
        Ok(dictionary)
    }

    fn resize(&mut self, output: &mut Vec<u8>, length: usize) -> Result<(), Failure> {
        if length > output.capacity() {
            self.budget.take(length - output.capacity())?;
            output.reserve_exact(length - output.len());
        }
        output.resize(length, 0);
        Ok(())
    }
}

/// A page that was not read as yet.
struct Page {
    header: PageHeader,
    /// Where its data is in the file.
    start: u64,
    codec: i64,
}

/// `CompressionCodec`.
const UNCOMPRESSED: i64 = 0;

/// `Encoding`.
const RUNS: i64 = 3;
const DELTA_LENGTHS: i64 = 6;
const DELTA_STRINGS: i64 = 7;
