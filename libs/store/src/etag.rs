//! What tells two contents of a key apart.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;
use std::time::SystemTime;

/// What tells two contents of a key apart: it changes with each write, also with one of the same
/// octets, and does not repeat, also not after the key was deleted and made again.
///
/// It says nothing else: neither order nor age. Its text is what to hand to a client.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Etag(u128);

/// A text that no etag has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no etag; give the one that came with the value, or none")]
pub struct InvalidEtag;

/// Digits of an etag's text.
const DIGITS: usize = 32;

impl Etag {
    /// The etag of the write with this number among all of a store's. The epoch keeps apart what
    /// stores number alike: one that began anew, one that was put back to an earlier state.
    pub(crate) fn new(revision: u64, epoch: u64) -> Self {
        Self(u128::from(revision) << 64 | u128::from(epoch))
    }

    pub(crate) fn from_bits(bits: u128) -> Self {
        Self(bits)
    }

    pub(crate) fn to_bits(self) -> u128 {
        self.0
    }
}

/// A number that no other opening of a store has had.
pub(crate) fn new_epoch() -> u64 {
    // The standard library seeds each state from the system's source of random numbers.
    RandomState::new().hash_one(SystemTime::now())
}

impl fmt::Display for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$x}", self.0)
    }
}

impl fmt::Debug for Etag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Etag({self})")
    }
}

impl FromStr for Etag {
    type Err = InvalidEtag;

    fn from_str(text: &str) -> Result<Self, InvalidEtag> {
        let is_digit = |octet: u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != DIGITS || !text.bytes().all(is_digit) {
            return Err(InvalidEtag);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| InvalidEtag)
    }
}
