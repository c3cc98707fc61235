//! What one collector gets of a layout: its template and how a record is copied into it.

use std::ops::Range;

use crate::element::{FieldSpecifier, InformationElement, PADDING_OCTETS};
use crate::layout::Layout;
use crate::string::{cut_at_character, prefix_length, push_prefix, skip_strings, split_string};

/// A choice of a layout's elements, in the layout's order.
#[derive(Clone, Debug)]
pub struct Projection {
    specifiers: Vec<FieldSpecifier>,
    fixed: Vec<Range<usize>>,
    fixed_length: usize,
    layout_fixed_length: usize,
    string_runs: Vec<StringRun>,
    is_whole: bool,
    is_padded: bool,
}

/// Strings that are wanted and follow each other, so that they are copied in one piece.
#[derive(Clone, Copy, Debug)]
struct StringRun {
    /// Strings between the run before and this one.
    skipped: usize,
    wanted: usize,
}

impl Projection {
    /// All elements of `layout`: a record is then copied in one piece.
    pub fn whole(layout: &Layout) -> Self {
        Self::of_elements(layout, |_| true)
    }

    /// The elements of `layout` that `is_wanted` accepts.
    pub fn of_elements(layout: &Layout, is_wanted: impl Fn(&InformationElement) -> bool) -> Self {
        let wanted: Vec<bool> = layout.elements().iter().map(is_wanted).collect();
        let mut fixed: Vec<Range<usize>> = Vec::new();
        for (slot, _) in layout.slots().iter().zip(&wanted).filter(|(_, wanted)| **wanted) {
            let start = usize::from(slot.offset);
            let end = start + usize::from(slot.length);
            match fixed.last_mut().filter(|last| last.end == start) {
                Some(last) => last.end = end,
                None => fixed.push(start..end),
            }
        }
        let strings = wanted.get(layout.slots().len()..).unwrap_or_default();
        let specifiers = layout.specifiers().iter().zip(&wanted);
        Self {
            specifiers: specifiers.filter(|(_, wanted)| **wanted).map(|(each, _)| *each).collect(),
            fixed_length: fixed.iter().map(ExactSizeIterator::len).sum(),
            fixed,
            layout_fixed_length: layout.fixed_length(),
            is_whole: wanted.iter().all(|wanted| *wanted),
            string_runs: string_runs(strings),
            is_padded: false,
        }
    }

    /// Adds paddingOctets as the last element, so that the packer can make messages equally long.
    pub fn padded(mut self) -> Self {
        if !self.is_padded {
            self.specifiers.push(PADDING_OCTETS.specifier(0));
            self.is_padded = true;
        }
        self
    }

    /// Whether each record ends in paddingOctets.
    pub(crate) fn is_padded(&self) -> bool {
        self.is_padded
    }

    /// The fields of the template.
    pub fn specifiers(&self) -> &[FieldSpecifier] {
        &self.specifiers
    }

    /// Octets of a record whose strings are all empty.
    pub fn shortest_record(&self) -> usize {
        let strings: usize = self.string_runs.iter().map(|run| run.wanted).sum();
        self.fixed_length + strings + usize::from(self.is_padded)
    }

    /// Octets that the record `data` takes, paddingOctets not counted in.
    pub(crate) fn length_of(&self, data: &[u8]) -> usize {
        if self.is_whole {
            return data.len();
        }
        self.fixed_length + self.encoded_strings_of(data).map(<[u8]>::len).sum::<usize>()
    }

    /// Appends the record `data`, which takes [`Self::length_of`] octets.
    pub(crate) fn append(&self, data: &[u8], out: &mut Vec<u8>) {
        if self.is_whole {
            out.extend_from_slice(data);
            return;
        }
        self.append_fixed(data, out);
        for strings in self.encoded_strings_of(data) {
            out.extend_from_slice(strings);
        }
    }

    /// Appends the record `data` with each string cut to at most `limit` octets. Returns how
    /// many were cut.
    pub(crate) fn append_cut(&self, data: &[u8], limit: usize, out: &mut Vec<u8>) -> u32 {
        self.append_fixed(data, out);
        let mut cut = 0;
        for text in self.strings_of(data) {
            let kept = cut_at_character(text, limit);
            push_prefix(out, kept.len());
            out.extend_from_slice(kept);
            cut += u32::from(kept.len() < text.len());
        }
        cut
    }

    /// The largest string length with which the record `data` takes at most `room` octets.
    ///
    /// Cutting all strings to one length takes from the longest first: short identifiers
    /// survive a name of hundreds of octets.
    pub(crate) fn string_limit(&self, data: &[u8], room: usize) -> usize {
        let fits = |limit: usize| {
            let strings = self.strings_of(data).map(|text| text.len().min(limit));
            let length: usize = strings.map(|length| prefix_length(length) + length).sum();
            self.fixed_length + length <= room
        };
        let (mut low, mut high) = (0, room);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if fits(middle) { low = middle } else { high = middle - 1 }
        }
        low
    }

    fn append_fixed(&self, data: &[u8], out: &mut Vec<u8>) {
        for range in &self.fixed {
            out.extend_from_slice(data.get(range.clone()).unwrap_or_default());
        }
    }

    fn strings_of<'a>(&'a self, data: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.encoded_strings_of(data).flat_map(|mut rest| {
            std::iter::from_fn(move || {
                let (text, after) = split_string(rest)?;
                rest = after;
                Some(text)
            })
        })
    }

    /// The runs of wanted strings with their length prefixes.
    fn encoded_strings_of<'a>(&'a self, data: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = data.get(self.layout_fixed_length..).unwrap_or_default();
        self.string_runs.iter().map_while(move |run| {
            let start = skip_strings(rest, run.skipped)?;
            rest = skip_strings(start, run.wanted)?;
            start.get(..start.len() - rest.len())
        })
    }
}

/// The runs of `true` in `wanted`.
fn string_runs(wanted: &[bool]) -> Vec<StringRun> {
    let mut runs: Vec<StringRun> = Vec::new();
    let mut skipped = 0;
    for is_wanted in wanted {
        match runs.last_mut() {
            _ if !is_wanted => skipped += 1,
            Some(run) if skipped == 0 => run.wanted += 1,
            _ => runs.push(StringRun { skipped: std::mem::take(&mut skipped), wanted: 1 }),
        }
    }
    runs
}
