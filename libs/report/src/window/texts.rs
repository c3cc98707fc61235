//! Texts that many flows share, each kept once.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Texts by number. What a VPC's flows have in common is stored once for all of them.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    /// Each text behind its length, at a multiple of [`UNIT`].
    octets: Vec<u8>,
    /// A part of each text's hash beside its number: most others are told apart without a look at
    /// them.
    numbers: HashTable<(u32, u32)>,
    hasher: RandomState,
    /// The texts that were kept last: neighbours have much in common.
    recent: [u32; RECENT],
    next_recent: usize,
}

/// Numbers count these octets, so that 32 bits reach 16 GiB.
const UNIT: usize = 4;
/// Octets of a text's length.
const LENGTH: usize = 4;
const RECENT: usize = 4;
/// What a text takes in the index, about.
const OVERHEAD: usize = 2 * size_of::<(u32, u32)>();

impl Texts {
    /// The number of `text`, which is kept from now on.
    pub(crate) fn keep(&mut self, text: &[u8]) -> u32 {
        for number in self.recent {
            if !self.octets.is_empty() && self.get(number) == text {
                return number;
            }
        }
        let number = self.look_up(text);
        self.recent[self.next_recent] = number;
        self.next_recent = (self.next_recent + 1) % RECENT;
        number
    }

    fn look_up(&mut self, text: &[u8]) -> u32 {
        let Self { octets, numbers, hasher, .. } = self;
        let hash = hasher.hash_one(text);
        let part = hash as u32;
        let is_it = |(other, number): &(u32, u32)| *other == part && get(octets, *number) == text;
        if let Some((_, number)) = numbers.find(spread(part), is_it) {
            return *number;
        }
        let number = u32::try_from(octets.len() / UNIT).unwrap_or(u32::MAX);
        octets.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        octets.extend_from_slice(text);
        octets.resize(octets.len().next_multiple_of(UNIT), 0);
        numbers.insert_unique(spread(part), (part, number), |(part, _)| spread(*part));
        number
    }

    /// The text with this number.
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        get(&self.octets, number)
    }

    /// About what the texts take in memory.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len() + self.numbers.len() * OVERHEAD
    }
}

fn get(octets: &[u8], number: u32) -> &[u8] {
    let text = octets.get(number as usize * UNIT..).and_then(<[u8]>::split_first_chunk::<LENGTH>);
    let Some((length, text)) = text else { return &[] };
    text.get(..u32::from_le_bytes(*length) as usize).unwrap_or_default()
}

/// The table takes its groups from low bits of a hash and its tags from the highest.
#[inline]
pub(super) fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_found_by_its_number() {
        let mut texts = Texts::default();
        let words: Vec<_> = (0..1000).map(|number: u32| number.to_string()).collect();
        let numbers: Vec<_> = words.iter().map(|word| texts.keep(word.as_bytes())).collect();
        let again: Vec<_> = words.iter().map(|word| texts.keep(word.as_bytes())).collect();
        assert_eq!(numbers, again);
        for (word, number) in words.iter().zip(numbers) {
            assert_eq!(texts.get(number), word.as_bytes());
        }
        let empty = texts.keep(b"");
        assert_eq!(texts.get(empty), b"");
        assert_eq!(texts.get(u32::MAX), b"");
    }

    #[test]
    fn an_empty_text_is_one_too() {
        let mut texts = Texts::default();
        let empty = texts.keep(b"");
        let other = texts.keep(b"a");
        assert_ne!(empty, other);
        assert_eq!((texts.get(empty), texts.get(other)), (&b""[..], &b"a"[..]));
    }
}
