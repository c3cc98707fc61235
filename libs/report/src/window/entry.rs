//! What is counted of one flow or conversation.

use super::count::Count;
use super::flow::Flow;
use super::key::Key;

/// A flow or a conversation in a window: 92 octets, of which there may be millions.
///
/// What most entries have stands in it, as narrow as most have it. The rest is in
/// [`super::contents::Contents`], and the entry has the number of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// The flows from the first end of the key to the second, and back.
    pub(crate) halves: [Half; 2],
    /// The texts of a record: one of the source's interface where that wrote one.
    pub(crate) texts: EntryTexts,
    /// The number of a session that was in a row before, counted from 1; else 0.
    pub(crate) session: u32,
    /// TCP flags of each half.
    pub(crate) flags: [u8; 2],
    pub(crate) marks: u8,
    /// Where the ends lie: bits of [`Flow`].
    pub(crate) places: u8,
}

/// The texts of one record of an entry: see [`super::record_texts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EntryTexts {
    /// Of the interface that wrote it, and of the end that this is.
    pub(crate) own: u32,
    /// Of the other end.
    pub(crate) far: u32,
}

/// A TCP session over many windows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    /// Unix seconds of its first flow's start and its last flow's end.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Monotonic seconds of the last window with a flow of it.
    pub(crate) last_seen: u32,
}

/// The flows one way, as the interfaces at both ends saw them: counters by [`View`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Half {
    /// The number of the view's count where that is [`WIDE`].
    octets: [u32; 2],
    packets: [u32; 2],
    flows: [u16; 2],
    /// Unix seconds.
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What stands for the flows of a view whose counters have outgrown their places.
const WIDE: u16 = u16::MAX;

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
    /// It has waited for its other half, or for what its other end saw.
    pub(crate) const HAS_WAITED: u8 = 4;
    /// It is a session that was in a row before.
    pub(crate) const WAS_REPORTED: u8 = 8;
    /// Records had TCP flags.
    pub(crate) const HAS_FLAGS: u8 = 16;
    /// Its texts are of the source's interface.
    pub(crate) const IS_SEEN_BY_SOURCE: u8 = 32;
    /// The interface that its texts are of is the second end of the key.
    pub(crate) const SECOND_IS_OWN: u8 = 64;

    pub(crate) fn new(key: Key) -> Self {
        Self {
            key,
            halves: [Half::default(); 2],
            texts: EntryTexts::default(),
            session: 0,
            flags: [0; 2],
            marks: 0,
            places: 0,
        }
    }

    pub(crate) fn is(&self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    /// Counts a flow with its key.
    #[inline]
    pub(crate) fn add(&mut self, flow: &Flow, wide: &mut Vec<Count>) {
        let half = usize::from(flow.is_back);
        self.halves[half].add(flow, wide);
        self.flags[half] |= flow.flags;
        self.places |= flow.places;
        self.marks |= bit(flow.has_flags, Self::HAS_FLAGS);
    }

    /// Takes the texts of a record of `flow`.
    #[inline]
    pub(crate) fn put_texts(&mut self, texts: EntryTexts, flow: &Flow) {
        self.texts = texts;
        let second_is_own = flow.is_back != (flow.view == View::Destination);
        self.marks &= !Self::SECOND_IS_OWN;
        self.marks |= bit(second_is_own, Self::SECOND_IS_OWN)
            | bit(flow.view == View::Source, Self::IS_SEEN_BY_SOURCE);
    }

    /// Whether texts of a record of `flow` go over those that it has.
    #[inline]
    pub(crate) fn lacks_texts_of(&self, flow: &Flow) -> bool {
        flow.view == View::Source && !self.is(Self::IS_SEEN_BY_SOURCE)
    }

    /// Brings it into the cache. What is returned means nothing.
    #[inline]
    pub(crate) fn touch(&self) -> u8 {
        self.key.protocol ^ self.places
    }

    pub(crate) fn has_flows(&self) -> bool {
        self.halves.iter().any(Half::has_flows)
    }

    /// Whether what the other end saw may still come: it has an interface in the VPC, which sees
    /// nothing only of what AWS rejects.
    pub(crate) fn lacks_view(&self) -> bool {
        let is_in_one_vpc = self.places & Flow::IS_IN_ONE_VPC != 0;
        let mut halves = self.halves.iter().filter(|half| half.has_flows());
        is_in_one_vpc && !self.key.is_rejected() && halves.any(|half| !half.is_seen_twice())
    }

    /// Has its wide counts in another place from now on.
    pub(crate) fn move_wide(&mut self, from: &[Count], to: &mut Vec<Count>) {
        for half in &mut self.halves {
            for view in [View::Source, View::Destination] {
                if half.flows[view as usize] == WIDE {
                    half.put_wide(view, half.of_view(view, from), to);
                }
            }
        }
    }
}

impl Half {
    #[inline]
    fn add(&mut self, flow: &Flow, wide: &mut Vec<Count>) {
        self.start = if self.has_flows() { self.start.min(flow.start) } else { flow.start };
        self.end = self.end.max(flow.end);
        if self.add_narrow(flow).is_none() {
            self.add_wide(flow, wide);
        }
    }

    /// `None` where the counters have no room for the flow.
    #[inline]
    fn add_narrow(&mut self, flow: &Flow) -> Option<()> {
        let view = flow.view as usize;
        let flows = self.flows[view].checked_add(1).filter(|flows| *flows != WIDE)?;
        let octets = self.octets[view].checked_add(u32::try_from(flow.octets).ok()?)?;
        let packets = self.packets[view].checked_add(u32::try_from(flow.packets).ok()?)?;
        (self.octets[view], self.packets[view], self.flows[view]) = (octets, packets, flows);
        Some(())
    }

    #[cold]
    fn add_wide(&mut self, flow: &Flow, wide: &mut Vec<Count>) {
        let mut count = self.of_view(flow.view, wide);
        count += Count { octets: flow.octets, packets: flow.packets, flows: 1 };
        let is_wide = self.flows[flow.view as usize] == WIDE;
        match wide.get_mut(self.octets[flow.view as usize] as usize).filter(|_| is_wide) {
            Some(place) => *place = count,
            None => self.put_wide(flow.view, count, wide),
        }
    }

    fn put_wide(&mut self, view: View, count: Count, wide: &mut Vec<Count>) {
        // Four for each entry at most.
        self.octets[view as usize] = u32::try_from(wide.len()).unwrap_or(u32::MAX);
        self.flows[view as usize] = WIDE;
        wide.push(count);
    }

    #[inline]
    pub(crate) fn has_flows(&self) -> bool {
        self.flows != [0; 2]
    }

    #[inline]
    fn of_view(&self, view: View, wide: &[Count]) -> Count {
        let view = view as usize;
        let (octets, flows) = (self.octets[view], self.flows[view]);
        if flows == WIDE {
            return wide.get(octets as usize).copied().unwrap_or_default();
        }
        let [octets, packets] = [octets, self.packets[view]].map(u64::from);
        Count { octets, packets, flows: u64::from(flows) }
    }

    #[inline]
    fn is_seen_twice(&self) -> bool {
        self.flows.iter().all(|flows| *flows > 0)
    }

    /// What counts: the source's view where both ends saw it, else all.
    #[inline]
    pub(crate) fn count(&self, wide: &[Count], counts_once: bool) -> Count {
        let mut count = self.of_view(View::Source, wide);
        if !(counts_once && self.is_seen_twice()) {
            count += self.of_view(View::Destination, wide);
        }
        count
    }

    #[inline]
    pub(crate) fn seen_twice(&self, wide: &[Count], counts_once: bool) -> Count {
        let is_left_out = counts_once && self.is_seen_twice();
        if is_left_out { self.of_view(View::Destination, wide) } else { Count::NONE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_takes_no_more_memory_than_it_should() {
        assert_eq!((size_of::<Key>(), size_of::<Entry>()), (20, 92));
    }
}
