//! Values with units and ranges.

use std::fmt;
use std::time::Duration;

/// The units of a time and their milliseconds, the longest first.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// The whole numbers that a setting accepts. It is displayed as advice: what to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberRange {
    /// The smallest.
    pub least: u64,
    /// The largest; `u64::MAX` stands for no bound.
    pub most: u64,
    /// What is counted; may be empty.
    pub unit: &'static str,
}

impl NumberRange {
    /// Whether `number` is accepted.
    pub fn contains(&self, number: u64) -> bool {
        (self.least..=self.most).contains(&number)
    }

    /// Reads a number, as of the command line.
    ///
    /// # Errors
    ///
    /// What to give instead.
    pub fn parse(&self, text: &str) -> Result<u64, String> {
        let number = text.parse().ok().filter(|number| self.contains(*number));
        number.ok_or_else(|| self.to_string())
    }
}

impl fmt::Display for NumberRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, most, unit } = self;
        match *most {
            u64::MAX => write!(f, "give {least} or more")?,
            most => write!(f, "give {least} to {most}")?,
        }
        if unit.is_empty() { Ok(()) } else { write!(f, " {unit}") }
    }
}

/// The decimal numbers that a setting accepts. It is displayed as advice: what to give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecimalRange {
    /// The smallest.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl DecimalRange {
    /// Whether `number` is accepted; what is no number is not.
    pub fn contains(&self, number: f64) -> bool {
        (self.least..=self.most).contains(&number)
    }
}

impl fmt::Display for DecimalRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "give {} to {}, such as 0.1", self.least, self.most)
    }
}

/// The units of sizes and their octets, the longest first.
const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// The sizes that a setting accepts, in octets. It is displayed as advice: what to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OctetRange {
    /// The smallest.
    pub least: u64,
    /// The largest.
    pub most: u64,
}

impl OctetRange {
    /// Reads a whole number with one of the units B, KiB, MiB, GiB: `64MiB`.
    ///
    /// # Errors
    ///
    /// What to give instead.
    pub fn parse(&self, text: &str) -> Result<u64, String> {
        let of = |(unit, octets): (&str, u64)| {
            text.strip_suffix(unit)?.trim_end().parse::<u64>().ok()?.checked_mul(octets)
        };
        let size = SIZES.into_iter().find_map(of);
        let accepted = size.filter(|size| (self.least..=self.most).contains(size));
        accepted.ok_or_else(|| self.to_string())
    }
}

impl fmt::Display for OctetRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (octets_text(self.least), octets_text(self.most));
        write!(f, "give a size from {least} to {most}, such as {least}")
    }
}

/// A size in the longest unit that is exact: `64MiB`.
pub fn octets_text(octets: u64) -> String {
    let fits = |(_, unit): &&(&str, u64)| octets >= *unit && octets.is_multiple_of(*unit);
    let (name, unit) = SIZES.iter().find(fits).unwrap_or(&("B", 1));
    format!("{}{name}", octets / unit)
}

/// The times that a setting accepts. It is displayed as advice: what to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurationRange {
    /// The shortest.
    pub least: Duration,
    /// The longest.
    pub most: Duration,
}

impl DurationRange {
    /// Reads a whole number with one of the units ms, s, m, h, d: `600s`, `10m`.
    ///
    /// # Errors
    ///
    /// What to give instead.
    pub fn parse(&self, text: &str) -> Result<Duration, String> {
        let number_of = |(unit, milliseconds): (&str, u64)| {
            text.strip_suffix(unit)?.parse::<u64>().ok()?.checked_mul(milliseconds)
        };
        let time = UNITS.into_iter().find_map(number_of).map(Duration::from_millis);
        let accepted = time.filter(|time| (self.least..=self.most).contains(time));
        accepted.ok_or_else(|| self.to_string())
    }
}

impl fmt::Display for DurationRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = (duration_text(self.least), duration_text(self.most));
        write!(f, "give a time from {least} to {most}, such as 600s or 10m")
    }
}

/// A time in the longest unit that is exact: `10m` for 600 seconds. Fractions of a millisecond
/// are left out.
pub fn duration_text(time: Duration) -> String {
    let milliseconds = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let fits = |(_, unit): &&(&str, u64)| milliseconds >= *unit && milliseconds % unit == 0;
    let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("s", 1000));
    format!("{}{name}", milliseconds / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_needs_a_unit_and_reads_back_as_it_is_written() {
        let range = OctetRange { least: 1 << 20, most: 4 << 30 };
        for text in ["1MiB", "1536KiB", "4GiB", "1048577B"] {
            assert_eq!(octets_text(range.parse(text).unwrap()), text);
        }
        for text in ["", "64", "1KiB", "5GiB", "-1MiB", "1.5MiB", "99999999999999999999GiB"] {
            let advice = range.parse(text).unwrap_err();
            assert_eq!(advice, "give a size from 1MiB to 4GiB, such as 1MiB");
        }
    }
}
