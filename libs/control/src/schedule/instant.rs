//! Times that the search for the next time of a schedule can walk over.

use std::cmp::Ordering;

use croner::errors::CronError;
use croner::{CivilDate, CivilDateTime, CivilTime, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, ZonedDateTime};

/// A time in a time zone.
#[derive(Clone, Debug)]
pub(super) struct Instant(pub(super) ZonedDateTime);

impl CronDateTime for Instant {
    fn to_civil(&self) -> CivilDateTime {
        let at = self.0.datetime();
        let [month, day] = [at.month(), at.day()].map(positive);
        let [hour, minute, second] = [at.hour(), at.minute(), at.second()].map(positive);
        let year = i32::from(at.year());
        // Not checked again: both libraries have the same calendar.
        let date = CivilDate::from_parts_unchecked(year, month, day);
        CivilDateTime::new(date, CivilTime::from_parts_unchecked(hour, minute, second))
    }

    fn civil_weekday(&self) -> Weekday {
        Weekday::from_days_from_sunday(positive(self.0.weekday().to_sunday_zero_offset()))
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let found = self.0.time_zone().to_ambiguous_zoned_datetime(date_time(civil)?);
        let as_instant =
            |zoned: Result<ZonedDateTime, _>| zoned.map(Self).map_err(|_| CronError::InvalidTime);
        Ok(match found.offset() {
            AmbiguousOffset::Unambiguous { .. } => {
                Resolution::Single(as_instant(found.unambiguous())?)
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
            AmbiguousOffset::Fold { .. } => {
                let earlier = as_instant(found.clone().earlier())?;
                Resolution::Ambiguous(earlier, as_instant(found.later())?)
            }
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Self)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

fn positive(part: i8) -> u32 {
    part.unsigned_abs().into()
}

fn date_time(civil: CivilDateTime) -> Result<DateTime, CronError> {
    let year = i16::try_from(civil.year()).map_err(|_| CronError::InvalidDate)?;
    let part = |part: u32| i8::try_from(part).map_err(|_| CronError::InvalidDate);
    let (month, day) = (part(civil.month())?, part(civil.day())?);
    let (hour, minute, second) =
        (part(civil.hour())?, part(civil.minute())?, part(civil.second())?);
    DateTime::new(year, month, day, hour, minute, second, 0).map_err(|_| CronError::InvalidDate)
}
