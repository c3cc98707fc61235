//! Texts that many flows share, each kept once.

use std::hash::BuildHasher as _;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Texts by number. What a VPC's flows have in common is stored once for all of them.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    octets: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: RandomState,
}

/// What a text takes beside its octets, about.
const OVERHEAD: usize = size_of::<usize>() + 2 * size_of::<u32>();

impl Texts {
    /// The number of `text`, which is kept from now on.
    pub(crate) fn keep(&mut self, text: &[u8]) -> u32 {
        let Self { octets, ends, numbers, hasher } = self;
        let hash = hasher.hash_one(text);
        if let Some(number) = numbers.find(hash, |number| get(octets, ends, *number) == text) {
            return *number;
        }
        let number = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        octets.extend_from_slice(text);
        ends.push(octets.len());
        numbers.insert_unique(hash, number, |number| hasher.hash_one(get(octets, ends, *number)));
        number
    }

    /// The text with this number.
    pub(crate) fn get(&self, number: u32) -> &[u8] {
        get(&self.octets, &self.ends, number)
    }

    /// About what the texts take in memory.
    pub(crate) fn octets(&self) -> usize {
        self.octets.len() + self.ends.len() * OVERHEAD
    }
}

fn get<'a>(octets: &'a [u8], ends: &[usize], number: u32) -> &'a [u8] {
    let number = number as usize;
    let start = number.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    let end = ends.get(number).copied().unwrap_or(start);
    octets.get(start..end).unwrap_or_default()
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
}
