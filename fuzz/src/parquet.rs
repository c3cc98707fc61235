//! Parquet files.

use std::cell::Cell;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use weir_objects::{Encoding, Limits};

use super::blocks::{check_blocks, limits_for, read, read_in_drops};

/// How a Parquet file starts.
const MAGIC: &[u8] = b"PAR1";

/// The most octets of text: a page of a few octets can stand for any number of equal values.
const MAX_TEXT_LENGTH: u64 = 64 * 1024;

/// Octets that are read beside what counts as unpacked: the last page, and the footer.
const MORE_READ: u64 = 1024 * 1024;

/// Reads a Parquet file; the first octets are made those of one.
///
/// - Blocks are within the limits, and the same whether the file can be read out of order or not.
/// - Reading ends, however often row groups lead through the same pages.
/// - Each row is a line with as many words as there are columns, without control characters.
///
/// # Panics
/// When one of these does not hold.
pub fn parquet(data: &[u8]) {
    let mut data = data.to_vec();
    if let Some(start) = data.get_mut(..MAGIC.len()) {
        start.copy_from_slice(MAGIC);
    }
    let limits = limits_for(data.len());
    let reading = read(Cursor::new(&data), limits);
    assert_eq!(read_in_drops(&data, limits), reading, "in drops");
    check_blocks(&reading.blocks, limits);
    check_lines(&data);
}

/// Reads with lines of any length.
fn check_lines(data: &[u8]) {
    let limits = Limits { max_text_length: MAX_TEXT_LENGTH, ..Limits::default() };
    let octets = Cell::new(0);
    let reading = read(Counted { file: Cursor::new(data), octets: &octets }, limits);
    let unpacked = (data.len() as u64 * limits.max_ratio).max(Limits::RATIO_GRACE);
    let octets = octets.get();
    assert!(octets <= unpacked + MORE_READ, "{octets} octets read of {}", data.len());
    if reading.encoding != Some(Encoding::Parquet) {
        return;
    }
    let text: Vec<u8> = reading.blocks.iter().flat_map(|block| block.text.clone()).collect();
    let is_control = |octet: &u8| octet.is_ascii_control() && *octet != b'\n';
    assert!(!text.iter().any(is_control), "control characters");
    let mut lines = text.split_inclusive(|octet| *octet == b'\n');
    let columns = lines.next().map(words).unwrap_or_default();
    // What is longer is cut, and its last words with it.
    for line in lines.filter(|line| line.len() <= limits.max_line_length) {
        assert_eq!(words(line), columns, "{:?}", line.escape_ascii().to_string());
    }
}

fn words(line: &[u8]) -> usize {
    line.split(|octet| *octet == b' ').count()
}

/// A file that counts the octets that are read of it.
struct Counted<'d> {
    file: Cursor<&'d [u8]>,
    octets: &'d Cell<u64>,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.octets.set(self.octets.get() + length as u64);
        Ok(length)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.file.seek(position)
    }
}
