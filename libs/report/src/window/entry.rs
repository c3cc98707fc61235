//! What is counted of one flow or conversation.

use super::count::Count;
use super::flow::Flow;
use super::key::Key;

/// A flow or a conversation in a window. Its size decides how many fit the memory: see the test.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// The texts of each end of the key, and of the interface that wrote the record.
    pub(crate) texts: EntryTexts,
    /// The flows from the first end of the key to the second, and back.
    pub(crate) halves: [Half; 2],
    /// TCP flags of each half.
    pub(crate) flags: [u8; 2],
    pub(crate) marks: u8,
    /// One bit for each end that is local, and one for flows of a transit gateway.
    pub(crate) places: u8,
    pub(crate) session: Session,
}

/// Where the texts of an entry are.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EntryTexts {
    pub(crate) ends: [u32; 2],
    pub(crate) interface: u32,
}

/// A TCP session over many windows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Session {
    /// Unix seconds of its first flow's start and its last flow's end.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Monotonic seconds of the last window with a flow of it.
    pub(crate) last_seen: u32,
}

/// The flows one way, as the interfaces at both ends saw them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Half {
    octets: [u64; 2],
    packets: [u64; 2],
    flows: [u32; 2],
    /// Unix seconds.
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Who saw a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// The interface that sent it, or one that is at neither end.
    Source,
    /// The interface that received it.
    Destination,
}

/// `bit` where `is_set`.
#[inline]
pub(crate) fn bit(is_set: bool, bit: u8) -> u8 {
    if is_set { bit } else { 0 }
}

impl Entry {
    /// The client is known, and is the first end with [`Self::FIRST_IS_CLIENT`].
    pub(crate) const CLIENT_IS_KNOWN: u8 = 1;
    pub(crate) const FIRST_IS_CLIENT: u8 = 2;
    /// It has waited for its other half.
    pub(crate) const HAS_WAITED: u8 = 4;
    /// It is a session that was in a row before.
    pub(crate) const WAS_REPORTED: u8 = 8;
    /// Records had TCP flags.
    pub(crate) const HAS_FLAGS: u8 = 16;
    /// [`EntryTexts::interface`] is of the source's interface.
    pub(crate) const IS_SEEN_BY_SOURCE: u8 = 32;

    pub(crate) fn new(key: Key, texts: EntryTexts) -> Self {
        Self {
            key,
            texts,
            halves: [Half::default(); 2],
            flags: [0; 2],
            marks: 0,
            places: 0,
            session: Session::default(),
        }
    }

    pub(crate) fn is(&self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    /// Counts a flow with its key.
    #[inline]
    pub(crate) fn add(&mut self, flow: &Flow) {
        let half = usize::from(flow.is_back);
        self.halves[half].add(flow);
        self.flags[half] |= flow.flags;
        self.places |= flow.places;
        self.marks |= bit(flow.has_flags, Self::HAS_FLAGS);
    }

    pub(crate) fn has_flows(&self) -> bool {
        self.halves.iter().any(Half::has_flows)
    }

    /// What counts of both halves.
    pub(crate) fn count(&self, counts_once: bool) -> Count {
        self.halves.iter().map(|half| half.count(counts_once)).sum()
    }

    /// What does not since both ends saw it.
    pub(crate) fn seen_twice(&self, counts_once: bool) -> Count {
        self.halves.iter().map(|half| half.seen_twice(counts_once)).sum()
    }
}

impl Half {
    #[inline]
    fn add(&mut self, flow: &Flow) {
        let is_first = !self.has_flows();
        let view = flow.view as usize;
        self.octets[view] = self.octets[view].wrapping_add(flow.octets);
        self.packets[view] = self.packets[view].wrapping_add(flow.packets);
        self.flows[view] = self.flows[view].saturating_add(1);
        self.start = if is_first { flow.start } else { self.start.min(flow.start) };
        self.end = self.end.max(flow.end);
    }

    pub(crate) fn has_flows(&self) -> bool {
        self.flows != [0; 2]
    }

    fn of_view(&self, view: View) -> Count {
        let view = view as usize;
        let flows = u64::from(self.flows[view]);
        Count { octets: self.octets[view], packets: self.packets[view], flows }
    }

    fn is_seen_twice(&self) -> bool {
        self.flows.iter().all(|flows| *flows > 0)
    }

    /// What counts: the source's view where both ends saw it, else all.
    pub(crate) fn count(&self, counts_once: bool) -> Count {
        let mut count = self.of_view(View::Source);
        if !(counts_once && self.is_seen_twice()) {
            count += self.of_view(View::Destination);
        }
        count
    }

    fn seen_twice(&self, counts_once: bool) -> Count {
        let is_left_out = counts_once && self.is_seen_twice();
        if is_left_out { self.of_view(View::Destination) } else { Count::NONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_takes_no_more_memory_than_it_should() {
        assert!(size_of::<Entry>() <= 176, "{}", size_of::<Entry>());
    }
}
