//! How far a unit was read.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A place in a unit: decimal numbers with dots between them, of any length, compared number by
/// number. A sequence number of Kinesis is one, with a sub-sequence number behind a dot; so is a
/// time in milliseconds.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Position(String);

/// A text that is no position or checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no checkpoint; give a sequence number, TRIM_HORIZON, LATEST or AT_TIMESTAMP")]
pub struct InvalidPosition(String);

/// The most digits and dots of a position.
const MAX_LENGTH: usize = 256;

impl Position {
    /// The position with this text.
    ///
    /// # Errors
    ///
    /// When a number is missing, or has something else than digits.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidPosition> {
        let text = text.into();
        let is_number =
            |part: &str| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit());
        if text.len() > MAX_LENGTH || !text.split('.').all(is_number) {
            return Err(InvalidPosition(text.chars().take(64).collect()));
        }
        Ok(Self(text))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Ord for Position {
    fn cmp(&self, other: &Self) -> Ordering {
        let mut parts = (self.0.split('.'), other.0.split('.'));
        loop {
            let (one, two) = match (parts.0.next(), parts.1.next()) {
                (Some(one), Some(two)) => (one, two),
                // Of equal value, the text decides: equal positions have equal texts.
                (None, None) => return self.0.cmp(&other.0),
                (one, two) => return one.is_some().cmp(&two.is_some()),
            };
            let (one, two) = (one.trim_start_matches('0'), two.trim_start_matches('0'));
            let order = one.len().cmp(&two.len()).then_with(|| one.cmp(two));
            if order.is_ne() {
                return order;
            }
        }
    }
}

impl PartialOrd for Position {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Position({})", self.0)
    }
}

/// Where a unit begins that has no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InitialPosition {
    /// At the oldest that there is.
    TrimHorizon,
    /// At what comes from now on.
    Latest,
    /// At what came at this time or later: milliseconds since 1970-01-01 00:00 UTC.
    AtTimestamp(u64),
}

/// How far a unit was read. Its text is what the lease table of the Kinesis Client Library has.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Checkpoint {
    /// Nothing of it was committed.
    Initial(InitialPosition),
    /// All up to and with this place.
    At(Position),
    /// All of it, and nothing more will come.
    End,
}

impl Checkpoint {
    /// Whether going from here to `later` loses nothing that was written.
    pub fn allows(&self, later: &Self) -> bool {
        match (self, later) {
            (Self::Initial(_), Self::At(_)) | (_, Self::End) => true,
            (Self::At(now), Self::At(later)) => later >= now,
            (now, later) => now == later,
        }
    }

    /// Whether nothing of the unit was committed as yet.
    pub fn is_initial(&self) -> bool {
        matches!(self, Self::Initial(_))
    }
}

const AT_TIMESTAMP: &str = "AT_TIMESTAMP:";

impl fmt::Display for InitialPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TrimHorizon => f.write_str("TRIM_HORIZON"),
            Self::Latest => f.write_str("LATEST"),
            Self::AtTimestamp(ms) => write!(f, "{AT_TIMESTAMP}{ms}"),
        }
    }
}

impl FromStr for InitialPosition {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let invalid = || InvalidPosition(text.chars().take(64).collect());
        match text {
            "TRIM_HORIZON" => Ok(Self::TrimHorizon),
            "LATEST" => Ok(Self::Latest),
            other => {
                let ms = other.strip_prefix(AT_TIMESTAMP).and_then(|ms| ms.parse().ok());
                ms.map(Self::AtTimestamp).ok_or_else(invalid)
            }
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Initial(initial) => initial.fmt(f),
            Self::At(position) => position.fmt(f),
            Self::End => f.write_str("SHARD_END"),
        }
    }
}

impl FromStr for Checkpoint {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        if text == "SHARD_END" {
            return Ok(Self::End);
        }
        text.parse().map(Self::Initial).or_else(|_| Position::new(text).map(Self::At))
    }
}

impl TryFrom<String> for Checkpoint {
    type Error = InvalidPosition;

    fn try_from(text: String) -> Result<Self, InvalidPosition> {
        text.parse()
    }
}

impl From<Checkpoint> for String {
    fn from(checkpoint: Checkpoint) -> Self {
        checkpoint.to_string()
    }
}

impl Serialize for InitialPosition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for InitialPosition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Position {
        Position::new(text).unwrap()
    }

    #[test]
    fn positions_are_compared_as_numbers() {
        let sorted = ["0", "9", "9.1", "9.2", "9.10", "10", "123456789012345678901234567890"];
        for (index, one) in sorted.iter().enumerate() {
            for (other, two) in sorted.iter().enumerate() {
                assert_eq!(at(one).cmp(&at(two)), index.cmp(&other), "{one} {two}");
            }
        }
        assert!(at("010") > at("9"));
    }

    #[test]
    fn what_is_no_number_is_no_position() {
        for text in ["", ".", "1.", ".1", "1a", "-1", "1 ", "LATEST"] {
            assert!(Position::new(text).is_err(), "{text}");
        }
        assert!(Position::new("1".repeat(257)).is_err());
    }

    #[test]
    fn a_checkpoint_is_read_as_it_is_written() {
        for text in ["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP:17", "SHARD_END", "42", "42.7"] {
            assert_eq!(text.parse::<Checkpoint>().unwrap().to_string(), text);
        }
        assert!("EARLIEST".parse::<Checkpoint>().is_err());
    }

    #[test]
    fn a_checkpoint_never_goes_back() {
        let [initial, one, two, end] =
            ["LATEST", "1", "2", "SHARD_END"].map(|text| text.parse::<Checkpoint>().unwrap());
        for (now, later) in [(&initial, &one), (&one, &two), (&two, &end), (&two, &two)] {
            assert!(now.allows(later));
            assert_eq!(later.allows(now), now == later);
        }
        assert!(!initial.allows(&"TRIM_HORIZON".parse().unwrap()));
    }
}
