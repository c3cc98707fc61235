//! Numbers and times as people read them.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// `12,345`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1,234` from 10 on, `1.2` below.
pub(crate) fn rate(number: f64) -> String {
    if number < 9.95 && number != number.round() {
        format!("{number:.1}")
    } else {
        // Far below 2^64.
        count(number.round().max(0.0) as u64)
    }
}

/// `1.5 MiB`.
pub(crate) fn octets(number: u64) -> String {
    let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let Some((name, unit)) = units.into_iter().find(|(_, unit)| number >= *unit) else {
        return format!("{number} B");
    };
    let value = number as f64 / unit as f64;
    if value < 9.95 { format!("{value:.1} {name}") } else { format!("{value:.0} {name}") }
}

/// `2 d 3 h`, `5 min 2 s`, `340 ms`: the two largest units.
pub(crate) fn duration(time: Duration) -> String {
    const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)];
    let whole = time.as_secs();
    let Some(first) = UNITS.iter().position(|(_, unit)| whole >= *unit) else {
        return if time.is_zero() { "0 s".to_owned() } else { format!("{} ms", time.as_millis()) };
    };
    let mut parts = Vec::new();
    let mut rest = whole;
    for (name, unit) in UNITS.iter().skip(first).take(2) {
        if rest >= *unit {
            parts.push(format!("{} {name}", rest / unit));
        }
        rest %= unit;
    }
    parts.join(" ")
}

/// A number of seconds as [`duration`].
pub(crate) fn seconds(number: f64) -> String {
    duration(Duration::try_from_secs_f64(number).unwrap_or_default())
}

/// `2026-03-01 12:00:00 UTC`.
pub(crate) fn time(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => "beyond all calendars".to_owned(),
    }
}

/// The same of the system's time.
pub(crate) fn time_of(time_of: SystemTime) -> String {
    let since = time_of.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    time(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_are_short() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 0.25, 9.9, 12.3, 4567.8].map(rate), ["0", "0.2", "9.9", "12", "4,568"]);
        assert_eq!([0, 1023, 1536, 64 << 20].map(octets), ["0 B", "1023 B", "1.5 KiB", "64 MiB"]);
        let times = [0, 59, 60, 3601, 90_000].map(|it| duration(Duration::from_secs(it)));
        assert_eq!(times, ["0 s", "59 s", "1 min", "1 h", "1 d 1 h"]);
        assert_eq!(duration(Duration::from_millis(40)), "40 ms");
        assert_eq!(time(1_772_366_400), "2026-03-01 12:00:00 UTC");
        assert_eq!(time(i64::MAX), "beyond all calendars");
    }
}
