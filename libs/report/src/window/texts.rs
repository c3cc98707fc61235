//! Texts that many flows share, each kept once.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use super::index::spread;

/// Texts by number. What a VPC's flows have in common is stored once for all of them.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Each text behind its length, at a multiple of [`UNIT`].
    octets: Vec<u8>,
    /// A part of each text's hash beside its number: most others are told apart without a look at
    /// them.
    numbers: HashTable<(u32, u32)>,
    hasher: RandomState,
}

/// Numbers count these octets, so that 32 bits reach 16 GiB.
const UNIT: usize = 4;
/// Octets of a text's length.
const LENGTH: usize = 4;

/// A text as a record has it: in parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a> {
    head: [u8; MAX_HEAD],
    head_length: usize,
    strings: [&'a [u8]; STRINGS],
}

/// The most octets of what stands before the strings of a text.
const MAX_HEAD: usize = 18;
const STRINGS: usize = 4;

/// A text that is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sought<'a> {
    parts: Parts<'a>,
    hash: u32,
    /// The number that it may have.
    guessed: Option<u32>,
}

impl<'a> Parts<'a> {
    #[inline]
    pub(crate) fn new(head: &[u8], strings: [&'a [u8]; STRINGS]) -> Self {
        let mut padded = [0; MAX_HEAD];
        padded[..head.len()].copy_from_slice(head);
        Self { head: padded, head_length: head.len(), strings }
    }

    #[inline]
    fn head(&self) -> &[u8] {
        &self.head[..self.head_length]
    }

    fn len(&self) -> usize {
        self.head_length + self.strings.iter().map(|part| part.len()).sum::<usize>()
    }

    /// Whether they make `text`.
    #[inline]
    fn make(&self, text: &[u8]) -> bool {
        let mut rest = text.strip_prefix(self.head());
        for part in self.strings {
            rest = rest.and_then(|rest| rest.strip_prefix(part));
        }
        rest.is_some_and(<[u8]>::is_empty)
    }
}

impl Texts {
    /// Looks for a text. What is looked for together before any of it is kept waits for memory
    /// together.
    #[inline]
    pub(crate) fn seek<'a>(&self, parts: Parts<'a>) -> Sought<'a> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(parts.head());
        parts.strings.iter().for_each(|part| hasher.write(part));
        let hash = hasher.finish() as u32;
        Sought { parts, hash, guessed: self.find(hash, |_| true) }
    }

    /// Brings what was found into the cache. What is returned means nothing.
    #[inline]
    pub(crate) fn touch(&self, sought: &Sought<'_>) -> u8 {
        sought.guessed.map_or(0, |number| self.get(number).last().copied().unwrap_or(0))
    }

    /// The number of the text, which is kept from now on.
    #[inline]
    pub(crate) fn keep(&mut self, sought: &Sought<'_>) -> u32 {
        match sought.guessed {
            Some(number) if sought.parts.make(self.get(number)) => number,
            _ => self.keep_unguessed(sought),
        }
    }

    fn keep_unguessed(&mut self, sought: &Sought<'_>) -> u32 {
        let found = self.find(sought.hash, |number| sought.parts.make(self.get(number)));
        found.unwrap_or_else(|| self.push(sought))
    }

    #[inline]
    fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let is_it = |(part, number): &(u32, u32)| *part == hash && is_it(*number);
        self.numbers.find(spread(hash), is_it).map(|(_, number)| *number)
    }

    fn push(&mut self, sought: &Sought<'_>) -> u32 {
        let Self { octets, numbers, .. } = self;
        let number = u32::try_from(octets.len() / UNIT).unwrap_or(u32::MAX);
        let length = u32::try_from(sought.parts.len()).unwrap_or(u32::MAX);
        octets.extend_from_slice(&length.to_le_bytes());
        octets.extend_from_slice(sought.parts.head());
        sought.parts.strings.iter().for_each(|part| octets.extend_from_slice(part));
        octets.resize(octets.len().next_multiple_of(UNIT), 0);
        let hash = sought.hash;
        numbers.insert_unique(spread(hash), (hash, number), |(hash, _)| spread(*hash));
        number
    }

    /// The number of a text of `old`, which is kept here too from now on.
    pub(crate) fn adopt(&mut self, number: u32, old: &Self) -> u32 {
        self.keep(&self.seek(Parts::new(&[], [old.get(number), &[], &[], &[]])))
    }

    /// The text with this number.
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        get(&self.octets, number)
    }

    /// About what the texts take in memory.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len() + self.numbers.allocation_size()
    }
}

fn get(octets: &[u8], number: u32) -> &[u8] {
    let text = octets.get(number as usize * UNIT..).and_then(<[u8]>::split_first_chunk::<LENGTH>);
    let Some((length, text)) = text else { return &[] };
    text.get(..u32::from_le_bytes(*length) as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(texts: &mut Texts, text: &[u8]) -> u32 {
        texts.keep(&texts.seek(Parts::new(b"", [text, b"", b"", b""])))
    }

    #[test]
    fn a_text_is_kept_once_and_found_by_its_number() {
        let mut texts = Texts::default();
        let words: Vec<_> = (0..1000).map(|number: u32| number.to_string()).collect();
        let numbers: Vec<_> = words.iter().map(|word| keep(&mut texts, word.as_bytes())).collect();
        let again: Vec<_> = words.iter().map(|word| keep(&mut texts, word.as_bytes())).collect();
        assert_eq!(numbers, again);
        for (word, number) in words.iter().zip(numbers) {
            assert_eq!(texts.get(number), word.as_bytes());
        }
        let empty = keep(&mut texts, b"");
        assert_eq!(texts.get(empty), b"");
        assert_eq!(texts.get(u32::MAX), b"");
    }

    #[test]
    fn an_empty_text_is_one_too() {
        let mut texts = Texts::default();
        let empty = keep(&mut texts, b"");
        let other = keep(&mut texts, b"a");
        assert_ne!(empty, other);
        assert_eq!((texts.get(empty), texts.get(other)), (&b""[..], &b"a"[..]));
    }

    #[test]
    fn texts_that_are_looked_for_together_are_kept_once() {
        let mut texts = Texts::default();
        let sought = [0, 1].map(|_| texts.seek(Parts::new(&[1, 2], [b"vpc-", b"", b"7", b""])));
        let numbers = sought.map(|sought| texts.keep(&sought));
        assert_eq!(numbers[0], numbers[1]);
        assert_eq!(texts.get(numbers[0]), b"\x01\x02vpc-7");
        assert_ne!(keep(&mut texts, b"\x01\x02vpc-"), numbers[0]);
        assert_ne!(keep(&mut texts, b"\x01\x02vpc-77"), numbers[0]);
    }
}
