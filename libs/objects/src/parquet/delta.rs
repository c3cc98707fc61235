//! Integers as differences (DELTA_BINARY_PACKED).
//!
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-encoding-delta_binary_packed--5>

use super::hybrid::bits;

/// Reads integers of a page, one after the other.
///
/// Its page is an argument of each call, the same one each time.
#[derive(Clone, Debug)]
pub(super) struct Delta {
    /// Where the next block, or what comes after the integers, starts in the page.
    position: usize,
    /// Integers to come.
    left: u64,
    /// The next integer.
    value: i64,
    min_delta: i64,
    miniblock: Miniblocks,
    /// Miniblocks of a block.
    miniblocks: usize,
    /// Integers of a miniblock.
    miniblock_length: u64,
}

/// The miniblocks of the block that is being read.
#[derive(Clone, Debug, Default)]
struct Miniblocks {
    /// Where the widths of those to come are.
    widths: usize,
    left: usize,
    width: u8,
    /// Integers of the present one to come, and where the next one is, in bits.
    integers: u64,
    bit: u64,
}

impl Delta {
    /// Reads the header at `position`; `None` when it makes no sense.
    pub(super) fn new(page: &[u8], mut position: usize) -> Option<Self> {
        let block_length = varint(page, &mut position)?;
        let miniblocks = varint(page, &mut position)?;
        let left = varint(page, &mut position)?;
        let value = zigzag(varint(page, &mut position)?);
        let miniblock_length = block_length.checked_div(miniblocks)?;
        if miniblock_length == 0 || miniblock_length % 8 != 0 {
            return None;
        }
        Some(Self {
            position,
            left,
            value,
            min_delta: 0,
            miniblock: Miniblocks::default(),
            miniblocks: usize::try_from(miniblocks).ok()?,
            miniblock_length,
        })
    }

    /// Integers to come.
    pub(super) fn left(&self) -> u64 {
        self.left
    }

    /// The next integer; `None` when there is none or the data makes no sense.
    pub(super) fn next(&mut self, page: &[u8]) -> Option<i64> {
        self.left = self.left.checked_sub(1)?;
        let value = self.value;
        if self.left > 0 {
            self.advance(page)?;
        }
        Some(value)
    }

    /// Where the integers end.
    pub(super) fn end(&self, page: &[u8]) -> Option<usize> {
        let mut rest = self.clone();
        while rest.left > 0 {
            rest.next(page)?;
        }
        Some(rest.position)
    }

    fn advance(&mut self, page: &[u8]) -> Option<()> {
        if self.miniblock.integers == 0 {
            self.start_miniblock(page)?;
        }
        let Miniblocks { bit, width, .. } = self.miniblock;
        let delta = bits(page, bit, width)?;
        self.miniblock.bit += u64::from(width);
        self.miniblock.integers -= 1;
        self.value = self.value.wrapping_add(self.min_delta).wrapping_add(delta as i64);
        Some(())
    }

    fn start_miniblock(&mut self, page: &[u8]) -> Option<()> {
        if self.miniblock.left == 0 {
            self.min_delta = zigzag(varint(page, &mut self.position)?);
            self.miniblock.widths = self.position;
            self.miniblock.left = self.miniblocks;
            self.position = self.position.checked_add(self.miniblocks)?;
        }
        let width = *page.get(self.miniblock.widths)?;
        if width > 64 {
            return None;
        }
        let length = self.miniblock_length.checked_mul(u64::from(width))? / 8;
        self.miniblock.widths += 1;
        self.miniblock.left -= 1;
        self.miniblock.width = width;
        self.miniblock.integers = self.miniblock_length;
        self.miniblock.bit = self.position as u64 * 8;
        // The last miniblock may be cut short.
        self.position = self.position.checked_add(usize::try_from(length).ok()?)?;
        Some(())
    }
}

/// An integer of up to 64 bits, seven in each octet. `None` when it has more or ends early.
pub(super) fn varint(octets: &[u8], position: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let octet = *octets.get(*position)?;
        *position += 1;
        value |= u64::from(octet & 0x7f) << shift;
        if octet & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
