//! Ranges of hash keys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A range of hash keys, both ends belong to it. The ranges of a stream's open shards cover all of
/// 0 to 2^128 - 1 (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_HashKeyRange.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HashRange {
    /// The first key.
    pub first: u128,
    /// The last key.
    pub last: u128,
}

impl HashRange {
    /// All keys.
    pub const ALL: Self = Self { first: 0, last: u128::MAX };

    /// Whether a key belongs to both.
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// What of all keys none of these ranges has, sorted.
    pub fn holes(ranges: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut ranges: Vec<_> = ranges.into_iter().collect();
        ranges.sort_unstable();
        let (mut holes, mut next) = (Vec::new(), Some(0_u128));
        for range in ranges {
            let Some(first) = next else { break };
            if range.first > first {
                holes.push(Self { first, last: range.first - 1 });
            }
            if range.last >= first {
                next = range.last.checked_add(1);
            }
        }
        holes.extend(next.map(|first| Self { first, last: u128::MAX }));
        holes
    }
}

impl fmt::Display for HashRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl FromStr for HashRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').ok_or("give FIRST-LAST")?;
        let number = |text: &str| text.parse::<u128>().map_err(|error| error.to_string());
        Ok(Self { first: number(first)?, last: number(last)? })
    }
}

impl TryFrom<String> for HashRange {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<HashRange> for String {
    fn from(range: HashRange) -> Self {
        range.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: u128, last: u128) -> HashRange {
        HashRange { first, last }
    }

    #[test]
    fn ranges_that_cover_all_keys_leave_no_hole() {
        let half = u128::MAX / 2;
        assert_eq!(HashRange::holes([HashRange::ALL]), []);
        assert_eq!(HashRange::holes([range(half + 1, u128::MAX), range(0, half)]), []);
        assert_eq!(HashRange::holes([range(0, half), range(9, u128::MAX), range(3, 5)]), []);
    }

    #[test]
    fn holes_are_what_no_range_has() {
        assert_eq!(HashRange::holes([]), [HashRange::ALL]);
        let holes = HashRange::holes([range(10, 19), range(30, 39)]);
        assert_eq!(holes, [range(0, 9), range(20, 29), range(40, u128::MAX)]);
        assert_eq!(HashRange::holes([range(0, 5), range(2, 3)]), [range(6, u128::MAX)]);
    }

    #[test]
    fn a_range_is_read_as_it_is_written() {
        for each in [HashRange::ALL, range(3, 4)] {
            assert_eq!(each.to_string().parse(), Ok(each));
        }
        assert!("3".parse::<HashRange>().is_err());
    }
}
