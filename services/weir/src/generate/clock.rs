//! Unix seconds as the civil dates in object names.

use std::fmt;

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
    /// The minute that holds `seconds` since the Unix epoch.
    ///
    /// Counts in eras of 400 Gregorian years and in years that begin on 1 March, so that the leap
    /// day is a year's last day and the months' lengths repeat: 153 days every five months.
    pub(super) fn from_unix(seconds: u64) -> Self {
        let days = seconds / 86_400 + DAYS_FROM_0000_03_01_TO_1970;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let leap_days = day_of_era / 1_460 + day_of_era / 146_096 - day_of_era / 36_524;
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: era * 400 + year_of_era + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
            hour: seconds / 3_600 % 24,
            minute: seconds / 60 % 60,
        }
    }
}

const DAYS_FROM_0000_03_01_TO_1970: u64 = 719_468;

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
