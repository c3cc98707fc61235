//! Prefixes laid out side by side, for the longest prefix around an address.

mod flatten;

pub(crate) use flatten::{Prefix, Segment, flatten};

/// Segments in the order of their first addresses, searched by halving.
pub(crate) struct Segments<A, K> {
    starts: Vec<A>,
    kinds: Vec<Option<K>>,
}

impl<A: Copy + Ord + TryFrom<u128>, K: Copy> Segments<A, K> {
    /// The segments of an address space whose addresses are of type `A`.
    pub(crate) fn new(segments: &[Segment<K>]) -> Segments<A, K> {
        // The end of the last prefix may lie one past the address space.
        let in_space =
            |segment: &Segment<K>| Some((A::try_from(segment.start).ok()?, segment.kind));
        let (starts, kinds) = segments.iter().filter_map(in_space).unzip();
        Segments { starts, kinds }
    }

    /// The kind of the longest prefix around `address`.
    #[inline]
    pub(crate) fn find(&self, address: A) -> Option<K> {
        let after = self.starts.partition_point(|start| *start <= address);
        *self.kinds.get(after.checked_sub(1)?)?
    }

    pub(crate) fn memory_bytes(&self) -> usize {
        self.starts.capacity() * size_of::<A>() + self.kinds.capacity() * size_of::<Option<K>>()
    }
}
