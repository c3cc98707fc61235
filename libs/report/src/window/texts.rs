//! Texts that many flows share, each kept once.

use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::fast::RandomState;

use super::index::Index;

/// Texts by number. What a VPC's flows have in common is stored once for all of them.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Each text behind its length and its hash, at a multiple of [`UNIT`].
    octets: Vec<u8>,
    numbers: Index,
    hasher: RandomState,
}

/// Numbers count these octets, so that 32 bits reach 16 GiB.
const UNIT: usize = 4;

/// A text as a record has it: in parts. The first of its strings and its head should tell which it
/// is: its hash is of these alone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts<'a, const HEAD: usize, const STRINGS: usize> {
    pub(crate) head: [u8; HEAD],
    pub(crate) strings: [&'a [u8]; STRINGS],
}

/// A text that is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sought<P> {
    parts: P,
    hash: u32,
    /// The number that it may have.
    guessed: Option<u32>,
}

/// Octets that a processor loads together.
const CACHE_LINE: usize = 64;

impl<const HEAD: usize, const STRINGS: usize> Parts<'_, HEAD, STRINGS> {
    /// Whether they make `text`.
    #[inline]
    fn make(&self, text: &[u8]) -> bool {
        let mut rest = text.strip_prefix(&self.head);
        // An empty slice may point nowhere, and memcmp with masked loads (AVX-512) is slow there.
        for part in self.strings.iter().filter(|part| !part.is_empty()) {
            rest = rest.and_then(|rest| rest.strip_prefix(*part));
        }
        rest.is_some_and(<[u8]>::is_empty)
    }
}

impl Texts {
    /// Begins to look for a text. What is looked for together, step by step, waits for memory
    /// together: [`Self::guess`], [`Self::touch`], [`Self::keep`].
    #[inline]
    pub(crate) fn seek<'a, const HEAD: usize, const STRINGS: usize>(
        &self,
        parts: Parts<'a, HEAD, STRINGS>,
    ) -> Sought<Parts<'a, HEAD, STRINGS>> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(&parts.head);
        hasher.write(parts.strings.first().copied().unwrap_or_default());
        let hash = hasher.finish() as u32;
        Sought { parts, hash, guessed: None }
    }

    /// Brings what [`Self::guess`] looks at into the cache. What is returned means nothing.
    #[inline]
    pub(crate) fn touch_index<P>(&self, sought: &Sought<P>) -> u32 {
        self.numbers.touch(sought.hash)
    }

    /// Looks what number it may have.
    #[inline]
    pub(crate) fn guess<P>(&self, sought: &mut Sought<P>) {
        sought.guessed = self.numbers.guess(sought.hash);
    }

    /// Brings the text with this number into the cache. What is returned means nothing.
    #[inline]
    pub(crate) fn touch<P>(&self, sought: &Sought<P>) -> u8 {
        let text = sought.guessed.map_or(&[][..], |number| self.get(number));
        text.iter().step_by(CACHE_LINE).chain(text.last()).fold(0, |all, octet| all ^ octet)
    }

    /// The number of the text, which is kept from now on.
    #[inline]
    pub(crate) fn keep<const HEAD: usize, const STRINGS: usize>(
        &mut self,
        sought: &Sought<Parts<'_, HEAD, STRINGS>>,
    ) -> u32 {
        let is_it = |number: u32| sought.parts.make(self.get(number));
        let guessed = sought.guessed.filter(|number| is_it(*number));
        let found = guessed.or_else(|| self.numbers.find(sought.hash, is_it));
        found.unwrap_or_else(|| self.push(sought.hash, &sought.parts.head, &sought.parts.strings))
    }

    fn push(&mut self, hash: u32, head: &[u8], strings: &[&[u8]]) -> u32 {
        let Self { octets, numbers, .. } = self;
        let number = u32::try_from(octets.len() / UNIT).unwrap_or(u32::MAX);
        let length = head.len() + strings.iter().map(|part| part.len()).sum::<usize>();
        // Texts are parts of a record, which has less than 64 KiB.
        octets.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        octets.extend_from_slice(&hash.to_le_bytes());
        octets.extend_from_slice(head);
        strings.iter().for_each(|part| octets.extend_from_slice(part));
        octets.resize(octets.len().next_multiple_of(UNIT), 0);
        numbers.insert(hash, number);
        number
    }

    /// None, to [`Self::adopt`] some of these.
    pub(crate) fn successor(&self) -> Self {
        Self { hasher: self.hasher.clone(), ..Self::default() }
    }

    /// The number of a text of the predecessor, which is kept here too from now on.
    pub(crate) fn adopt(&mut self, number: u32, old: &Self) -> u32 {
        let (hash, text) = old.entry(number);
        let found = self.numbers.find(hash, |number| self.get(number) == text);
        found.unwrap_or_else(|| self.push(hash, &[], &[text]))
    }

    /// The text with this number.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        self.entry(number).1
    }

    /// The hash of a text, and itself.
    #[inline]
    fn entry(&self, number: u32) -> (u32, &[u8]) {
        let entry = self.octets.get(number as usize * UNIT..);
        let Some((length, rest)) = entry.and_then(<[u8]>::split_first_chunk) else {
            return (0, &[]);
        };
        let Some((hash, rest)) = rest.split_first_chunk() else { return (0, &[]) };
        let text = rest.get(..u32::from_le_bytes(*length) as usize).unwrap_or_default();
        (u32::from_le_bytes(*hash), text)
    }

    /// About what the texts take in memory.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len() + self.numbers.octets()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(texts: &mut Texts, text: &[u8]) -> u32 {
        texts.keep(&texts.seek(Parts { head: [], strings: [text] }))
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
    fn texts_are_found_again_where_they_were_adopted() {
        let mut old = Texts::default();
        let parts = Parts { head: [1, 2], strings: [b"vpc-".as_slice(), b"7"] };
        let number = old.keep(&old.seek(parts));
        let mut texts = old.successor();
        let number = texts.adopt(number, &old);
        assert_eq!(texts.get(number), b"\x01\x02vpc-7");
        assert_eq!(texts.keep(&texts.seek(parts)), number);
    }

    #[test]
    fn texts_that_are_looked_for_together_are_kept_once() {
        let mut texts = Texts::default();
        let sought = [0, 1]
            .map(|_| texts.seek(Parts { head: [1, 2], strings: [b"vpc-".as_slice(), b"", b"7"] }));
        let numbers = sought.map(|sought| texts.keep(&sought));
        assert_eq!(numbers[0], numbers[1]);
        assert_eq!(texts.get(numbers[0]), b"\x01\x02vpc-7");
        assert_ne!(keep(&mut texts, b"\x01\x02vpc-"), numbers[0]);
        assert_ne!(keep(&mut texts, b"\x01\x02vpc-77"), numbers[0]);
    }
}
