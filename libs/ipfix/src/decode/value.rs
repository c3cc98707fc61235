//! Values as their data type reads them.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::element::DataType;

/// The abstract data types of RFC 7012 section 3.1, without the sizes, which templates state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueType {
    /// octetArray, the structured types of RFC 6313, and whatever is not known.
    Octets,
    /// unsigned8 to unsigned64.
    Unsigned,
    /// signed8 to signed64.
    Signed,
    /// float32 and float64.
    Float,
    /// 1 true, 2 false.
    Boolean,
    /// Six octets.
    MacAddress,
    /// UTF-8.
    Text,
    /// dateTimeSeconds.
    Seconds,
    /// dateTimeMilliseconds.
    Milliseconds,
    /// dateTimeMicroseconds, in the NTP form.
    Microseconds,
    /// dateTimeNanoseconds, in the NTP form.
    Nanoseconds,
    /// Four octets.
    Ipv4Address,
    /// Sixteen octets.
    Ipv6Address,
}

impl ValueType {
    /// The type with this number in IANA's registry of data types (RFC 5610 section 3.1).
    pub const fn from_number(number: u64) -> Self {
        match number {
            1..=4 => Self::Unsigned,
            5..=8 => Self::Signed,
            9 | 10 => Self::Float,
            11 => Self::Boolean,
            12 => Self::MacAddress,
            13 => Self::Text,
            14 => Self::Seconds,
            15 => Self::Milliseconds,
            16 => Self::Microseconds,
            17 => Self::Nanoseconds,
            18 => Self::Ipv4Address,
            19 => Self::Ipv6Address,
            _ => Self::Octets,
        }
    }
}

impl From<DataType> for ValueType {
    fn from(data_type: DataType) -> Self {
        Self::from_number(u64::from(data_type.number()))
    }
}

/// A decoded value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Whatever has no other form, or not the length that its type asks for.
    Octets(&'a [u8]),
    /// An unsigned number of up to eight octets (reduced-size encoding, RFC 7011 section 6.2).
    Unsigned(u64),
    /// A signed number of up to eight octets.
    Signed(i64),
    /// A float of four or eight octets.
    Float(f64),
    /// A truth value.
    Boolean(bool),
    /// An IEEE 802 address.
    MacAddress([u8; 6]),
    /// Text as it came, without trailing NULs; RFC 7011 asks for UTF-8, exporters may differ.
    Text(&'a [u8]),
    /// Seconds since the Unix epoch.
    Seconds(u32),
    /// Milliseconds since the Unix epoch.
    Milliseconds(u64),
    /// Microseconds since the Unix epoch.
    Microseconds(u64),
    /// Nanoseconds since the Unix epoch.
    Nanoseconds(u64),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6(Ipv6Addr),
}

impl<'a> Value<'a> {
    /// Reads `octets` as `value_type`; octets of a length that the type cannot have stay octets.
    pub fn read(value_type: ValueType, octets: &'a [u8]) -> Self {
        Self::typed(value_type, octets).unwrap_or(Self::Octets(octets))
    }

    fn typed(value_type: ValueType, octets: &'a [u8]) -> Option<Self> {
        match value_type {
            ValueType::Octets => None,
            ValueType::Unsigned => unsigned(octets).map(Self::Unsigned),
            ValueType::Signed => signed(octets).map(Self::Signed),
            ValueType::Float => float(octets).map(Self::Float),
            ValueType::Boolean => boolean(octets).map(Self::Boolean),
            ValueType::MacAddress => octets.try_into().ok().map(Self::MacAddress),
            ValueType::Text => Some(Self::Text(without_trailing_nuls(octets))),
            ValueType::Seconds => exact(octets).map(u32::from_be_bytes).map(Self::Seconds),
            ValueType::Milliseconds => {
                exact(octets).map(u64::from_be_bytes).map(Self::Milliseconds)
            }
            ValueType::Microseconds => ntp_time(octets, 1_000_000).map(Self::Microseconds),
            ValueType::Nanoseconds => ntp_time(octets, 1_000_000_000).map(Self::Nanoseconds),
            ValueType::Ipv4Address => exact::<4>(octets).map(|octets| Self::Ipv4(octets.into())),
            ValueType::Ipv6Address => exact::<16>(octets).map(|octets| Self::Ipv6(octets.into())),
        }
    }
}

fn exact<const N: usize>(octets: &[u8]) -> Option<[u8; N]> {
    octets.try_into().ok()
}

fn unsigned(octets: &[u8]) -> Option<u64> {
    (1..=8)
        .contains(&octets.len())
        .then(|| octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

/// Shifts the sign bit to the top and back, so that it fills the missing octets.
fn signed(octets: &[u8]) -> Option<i64> {
    let number = unsigned(octets)?.cast_signed();
    let missing_bits = 64 - 8 * octets.len();
    Some(number << missing_bits >> missing_bits)
}

fn float(octets: &[u8]) -> Option<f64> {
    match octets.len() {
        4 => exact(octets).map(f32::from_be_bytes).map(f64::from),
        8 => exact(octets).map(f64::from_be_bytes),
        _ => None,
    }
}

fn boolean(octets: &[u8]) -> Option<bool> {
    match octets {
        [1] => Some(true),
        [2] => Some(false),
        _ => None,
    }
}

/// Fixed-length strings are filled up with NULs by many exporters.
fn without_trailing_nuls(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

/// Seconds since 1900 and a binary fraction (RFC 7011 section 6.1.9) as units since 1970.
///
/// The subtraction wraps, so that times after the NTP era ends in 2036 are right as well.
fn ntp_time(octets: &[u8], units_per_second: u64) -> Option<u64> {
    const UNIX_EPOCH_IN_NTP: u32 = 2_208_988_800;
    let number = u64::from_be_bytes(exact(octets)?);
    let seconds = u32::try_from(number >> 32).ok()?.wrapping_sub(UNIX_EPOCH_IN_NTP);
    let fraction = ((number & u64::from(u32::MAX)) * units_per_second) >> 32;
    Some(u64::from(seconds) * units_per_second + fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduced_size_numbers_keep_value_and_sign() {
        assert_eq!(Value::read(ValueType::Unsigned, &[1, 0, 0]), Value::Unsigned(65536));
        assert_eq!(Value::read(ValueType::Unsigned, &[255; 8]), Value::Unsigned(u64::MAX));
        assert_eq!(Value::read(ValueType::Signed, &[255, 254]), Value::Signed(-2));
        assert_eq!(Value::read(ValueType::Signed, &[127]), Value::Signed(127));
        assert_eq!(Value::read(ValueType::Float, &1.5f32.to_be_bytes()), Value::Float(1.5));
    }

    #[test]
    fn values_of_an_impossible_length_stay_octets() {
        for value_type in (0..=22).map(ValueType::from_number) {
            if value_type != ValueType::Text {
                assert_eq!(Value::read(value_type, &[7; 9]), Value::Octets(&[7; 9]));
                assert_eq!(Value::read(value_type, &[]), Value::Octets(&[]));
            }
        }
        assert_eq!(Value::read(ValueType::Boolean, &[3]), Value::Octets(&[3]));
    }

    #[test]
    fn ntp_times_become_unix_times() {
        let half_past = (2_208_988_800u64 + 1_700_000_000) << 32 | 1 << 31;
        let octets = half_past.to_be_bytes();
        assert_eq!(
            Value::read(ValueType::Microseconds, &octets),
            Value::Microseconds(1_700_000_000_500_000)
        );
        assert_eq!(
            Value::read(ValueType::Nanoseconds, &octets),
            Value::Nanoseconds(1_700_000_000_500_000_000)
        );
    }

    #[test]
    fn the_fill_of_fixed_length_text_is_cut() {
        assert_eq!(Value::read(ValueType::Text, b"eth0\0\0\0"), Value::Text(b"eth0"));
        assert_eq!(Value::read(ValueType::Text, b"\0\0"), Value::Text(b""));
    }
}
