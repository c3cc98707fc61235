//! The search for the segment around an IPv4 address.

use crate::segments::Segment;

/// Marks a segment outside of all ranges.
const GAP: u32 = u32::MAX;

/// IPv4 segments with a first level by the upper 16 bits, which leaves a handful of starts to
/// search through, mostly none.
pub(super) struct Ipv4Segments {
    starts: Vec<u32>,
    kinds: Vec<u32>,
    /// For each upper half, and one more, the segment around its first address; empty without
    /// ranges.
    first_level: Vec<u32>,
}

impl Ipv4Segments {
    pub(super) fn new(segments: &[Segment<u32>]) -> Ipv4Segments {
        // The end of the last range may lie one past the address space.
        let in_space =
            |segment: &Segment<u32>| Some((u32::try_from(segment.start).ok()?, *segment));
        let (starts, kinds): (Vec<u32>, Vec<u32>) = segments
            .iter()
            .filter_map(in_space)
            .map(|(start, segment)| (start, segment.kind.unwrap_or(GAP)))
            .unzip();
        let first_level =
            if kinds.iter().all(|kind| *kind == GAP) { Vec::new() } else { first_level(&starts) };
        Ipv4Segments { starts, kinds, first_level }
    }

    pub(super) fn find(&self, address: u32) -> Option<u32> {
        let upper = (address >> 16) as usize;
        let &[low, high] = self.first_level.get(upper..)?.first_chunk::<2>()?;
        let mut at = low as usize;
        if low != high {
            let candidates = self.starts.get(at + 1..=high as usize)?;
            at += candidates.partition_point(|start| *start <= address);
        }
        self.kinds.get(at).copied().filter(|kind| *kind != GAP)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let words = self.starts.capacity() + self.kinds.capacity() + self.first_level.capacity();
        words * size_of::<u32>()
    }
}

fn first_level(starts: &[u32]) -> Vec<u32> {
    let mut level = Vec::with_capacity((1 << 16) + 1);
    let mut around = 0;
    for upper in 0..=u32::from(u16::MAX) {
        while starts.get(around + 1).is_some_and(|start| *start <= upper << 16) {
            around += 1;
        }
        // There are fewer segments than addresses.
        level.push(around as u32);
    }
    level.push(starts.len().saturating_sub(1) as u32);
    level
}
