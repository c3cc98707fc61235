//! Small integers in runs and in bits (RLE / Bit-Packing Hybrid).
//!
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3>

use super::delta::varint;

/// Widest integers.
const MAX_WIDTH: u8 = 32;

/// Reads small integers of a page, one after the other.
///
/// Its page is an argument of each call, the same one each time.
#[derive(Clone, Debug)]
pub(super) struct Hybrid {
    position: usize,
    end: usize,
    width: u8,
    run: Run,
    /// Integers of the run to come.
    left: u64,
}

#[derive(Clone, Copy, Debug)]
enum Run {
    Equal(u32),
    /// Where in the page the next one is, in bits.
    Packed(u64),
}

impl Hybrid {
    /// Reads `page[position..end]`, integers of `width` bits. `None` when they are too wide.
    pub(super) fn new(position: usize, end: usize, width: u8) -> Option<Self> {
        let run = Run::Equal(0);
        (width <= MAX_WIDTH).then_some(Self { position, end, width, run, left: 0 })
    }

    /// The next integer; `None` when there is none or the data makes no sense.
    #[inline]
    pub(super) fn next(&mut self, page: &[u8]) -> Option<u32> {
        while self.left == 0 {
            self.start_run(page)?;
        }
        self.left -= 1;
        match &mut self.run {
            Run::Equal(value) => Some(*value),
            Run::Packed(position) => {
                let value = bits(page.get(..self.end)?, *position, self.width)?;
                *position += u64::from(self.width);
                Some(value as u32)
            }
        }
    }

    #[cold]
    fn start_run(&mut self, page: &[u8]) -> Option<()> {
        let octets = page.get(..self.end)?;
        let header = varint(octets, &mut self.position)?;
        let count = header >> 1;
        if header & 1 == 0 {
            let length = usize::from(self.width.div_ceil(8));
            let value = octets.get(self.position..self.position + length)?;
            self.run =
                Run::Equal(value.iter().rfold(0, |value, octet| (value << 8) | u32::from(*octet)));
            self.position += length;
            self.left = count;
        } else {
            // Eight integers take as many octets as one takes bits. The last run may be cut
            // short, which shows when what is missing is asked for.
            let length = usize::try_from(count.checked_mul(u64::from(self.width))?).ok()?;
            self.run = Run::Packed(self.position as u64 * 8);
            self.position = self.position.saturating_add(length).min(self.end);
            self.left = count.checked_mul(8)?;
        }
        Some(())
    }
}

/// The `width` bits, up to 64, at bit `position` of `octets`, the lowest first.
#[inline]
pub(super) fn bits(octets: &[u8], position: u64, width: u8) -> Option<u64> {
    if width == 0 {
        return Some(0);
    }
    let start = usize::try_from(position / 8).ok()?;
    let shift = (position % 8) as u32;
    let length = (shift as usize + usize::from(width)).div_ceil(8);
    let mask = u64::MAX >> (64 - width);
    if let Some(near) = octets.get(start..).and_then(<[u8]>::first_chunk::<8>)
        && length <= 8
    {
        return Some((u64::from_le_bytes(*near) >> shift) & mask);
    }
    let near = octets.get(start..start.checked_add(length)?)?;
    let value = near.iter().rfold(0_u128, |value, octet| (value << 8) | u128::from(*octet));
    Some((value >> shift) as u64 & mask)
}
