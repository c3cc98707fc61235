//! From nested prefixes to segments side by side.

/// A prefix: an address range that any other one contains, is inside of, or does not touch.
pub(crate) struct Prefix<'i, K> {
    pub(crate) first: u128,
    pub(crate) last: u128,
    /// Of equal prefixes the one with the lowest order counts.
    pub(crate) order: (u8, &'i str, &'i str),
    pub(crate) kind: K,
}

/// Addresses from `start` up to the next segment's start; no `kind` in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<K> {
    pub(crate) start: u128,
    pub(crate) kind: Option<K>,
}

/// The segments of the whole address space, in order, the first one at address 0; each has the
/// kind of the longest prefix around it.
pub(crate) fn flatten<K: Copy + Eq>(mut prefixes: Vec<Prefix<'_, K>>) -> Vec<Segment<K>> {
    // The containing prefix comes before the ones inside.
    prefixes.sort_unstable_by(|one, other| {
        let place = one.first.cmp(&other.first).then(other.last.cmp(&one.last));
        place.then_with(|| one.order.cmp(&other.order))
    });
    prefixes.dedup_by_key(|prefix| (prefix.first, prefix.last));
    let mut sweep = Sweep::new();
    for prefix in &prefixes {
        sweep.enter(prefix);
    }
    sweep.leave_before(None);
    sweep.segments
}

/// Walks through the address space and keeps the prefixes around the current address.
struct Sweep<K> {
    segments: Vec<Segment<K>>,
    /// Last address and kind, the innermost prefix at the end.
    around: Vec<(u128, K)>,
}

impl<K: Copy + Eq> Sweep<K> {
    fn new() -> Sweep<K> {
        Sweep { segments: vec![Segment { start: 0, kind: None }], around: Vec::new() }
    }

    fn enter(&mut self, prefix: &Prefix<'_, K>) {
        self.leave_before(Some(prefix.first));
        self.begin(prefix.first, Some(prefix.kind));
        self.around.push((prefix.last, prefix.kind));
    }

    /// Leaves the prefixes that end before `address`, all of them at the end of the space.
    fn leave_before(&mut self, address: Option<u128>) {
        let is_over = |last: u128| address.is_none_or(|address| last < address);
        while let Some((last, _)) = self.around.pop_if(|(last, _)| is_over(*last)) {
            if let Some(next) = last.checked_add(1) {
                self.begin(next, self.around.last().map(|(_, kind)| *kind));
            }
        }
    }

    fn begin(&mut self, start: u128, kind: Option<K>) {
        self.segments.pop_if(|segment| segment.start == start);
        if self.segments.last().is_none_or(|segment| segment.kind != kind) {
            self.segments.push(Segment { start, kind });
        }
    }
}
