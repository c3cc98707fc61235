//! Unix seconds as the civil dates in object names.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment in UTC, to the minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UtcMinute {
    pub(super) year: u64,
    pub(super) month: u64,
    pub(super) day: u64,
    pub(super) hour: u64,
    pub(super) minute: u64,
}

impl UtcMinute {
    /// The minute that holds `seconds` since the Unix epoch; the epoch's where they are beyond the
    /// year 9999.
    pub(super) fn from_unix(seconds: u64) -> Self {
        let seconds = i64::try_from(seconds).unwrap_or(0);
        let time = TimeZone::UTC.to_datetime(Timestamp::from_second(seconds).unwrap_or_default());
        let part = |part: i8| u64::try_from(part).unwrap_or(0);
        Self {
            year: u64::try_from(time.year()).unwrap_or(0),
            month: part(time.month()),
            day: part(time.day()),
            hour: part(time.hour()),
            minute: part(time.minute()),
        }
    }
}

/// As object names have it: `20260102T0305Z`.
impl fmt::Display for UtcMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute } = self;
        write!(f, "{year:04}{month:02}{day:02}T{hour:02}{minute:02}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_civil_dates() {
        let dates = [
            (0, "19700101T0000Z"),
            (951_782_399, "20000228T2359Z"),
            (951_782_400, "20000229T0000Z"),
            (951_868_800, "20000301T0000Z"),
            (1_767_323_100, "20260102T0305Z"),
            (4_107_542_399, "21000228T2359Z"),
            (4_107_542_400, "21000301T0000Z"),
        ];
        for (seconds, date) in dates {
            assert_eq!(UtcMinute::from_unix(seconds).to_string(), date);
        }
    }
}
