//! When sweeps begin: a schedule in the form of cron.

mod instant;
#[cfg(test)]
mod tests;

use std::fmt;

use croner::Cron;
use croner::parser::{CronParser, Year};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use instant::Instant;

/// The product's own default: every quarter of an hour.
pub const DEFAULT_CRON: &str = "*/15 * * * *";

/// The time zone of schedules that name none.
pub const DEFAULT_TIMEZONE: &str = "UTC";

/// When sweeps begin.
///
/// Five fields are those of Unix: minute, hour, day of the month, month, day of the week. Six
/// have the second in front. With a `?`, which Quartz alone has, days of the week count as Quartz
/// counts them, from 1 for Sunday; without, from 0 for Sunday. Names such as `MON` mean the same
/// in both. A step after a number (`0/15`) goes on to the end, as in Quartz.
#[derive(Clone)]
pub struct Schedule {
    cron: Cron,
    text: String,
    zone: TimeZone,
    zone_name: String,
}

/// Why there is no such schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// It has another number of fields.
    #[error(
        "{count} fields: give 5 (minute, hour, day, month, weekday), or 6 with the second first"
    )]
    Fields {
        /// How many it has.
        count: usize,
    },
    /// A field makes no sense.
    #[error("{reason}; write it as */15 * * * * or 0 0 6 ? * MON-FRI")]
    Pattern {
        /// What the parser says.
        reason: String,
    },
    /// It never comes.
    #[error("there is no such time within the next years; write it as */15 * * * *")]
    Never,
    /// There is no such time zone.
    #[error("`{name}` is no time zone; give a name such as UTC or Europe/Berlin")]
    TimeZone {
        /// The name.
        name: String,
    },
}

impl Schedule {
    /// The schedule that `cron` writes down, on the clocks of `timezone`.
    ///
    /// # Errors
    ///
    /// When it is none, when it never comes, or when there is no such time zone.
    pub fn parse(cron: &str, timezone: &str) -> Result<Self, ScheduleError> {
        let zone = zone(timezone)?;
        let pattern = pattern(cron)?;
        let text = cron.trim().to_owned();
        let schedule = Self { cron: pattern, text, zone, zone_name: timezone.to_owned() };
        // A leap day comes within 8 years; what does not come by then never does.
        match schedule.next_after(Timestamp::UNIX_EPOCH) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never),
        }
    }

    /// The first time of the schedule that is later than `time`; none where there is none.
    ///
    /// A time of day that a clock that is set forward leaves out comes when it is set; one that
    /// comes twice as the clock is set back counts once. Steps and wildcards of the hour go on
    /// through both.
    pub fn next_after(&self, time: Timestamp) -> Option<Timestamp> {
        let from = Instant(time.to_zoned_datetime(self.zone.clone()));
        let found = self.cron.find_next_occurrence(&from, false).ok()?;
        Some(found.0.timestamp())
    }

    /// The schedule as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name of the time zone.
    pub fn timezone(&self) -> &str {
        &self.zone_name
    }
}

impl Default for Schedule {
    /// [`DEFAULT_CRON`] in UTC.
    fn default() -> Self {
        Self {
            // Both are constants that a test parses.
            cron: pattern(DEFAULT_CRON)
                .unwrap_or_else(|_| unreachable!("the default is a schedule")),
            text: DEFAULT_CRON.to_owned(),
            zone: TimeZone::UTC,
            zone_name: DEFAULT_TIMEZONE.to_owned(),
        }
    }
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({} {})", self.text, self.zone_name)
    }
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        (&self.text, &self.zone_name) == (&other.text, &other.zone_name)
    }
}

fn zone(name: &str) -> Result<TimeZone, ScheduleError> {
    TimeZone::get(name).map_err(|_| ScheduleError::TimeZone { name: name.to_owned() })
}

fn pattern(text: &str) -> Result<Cron, ScheduleError> {
    let count = text.split_whitespace().count();
    let is_nickname = text.trim().starts_with('@');
    if !is_nickname && !(5..=6).contains(&count) {
        return Err(ScheduleError::Fields { count });
    }
    let parser = CronParser::builder()
        .year(Year::Optional)
        .alternative_weekdays(text.contains('?'))
        .sloppy_ranges(true)
        .build();
    parser.parse(text).map_err(|error| ScheduleError::Pattern { reason: reason(&error) })
}

/// The parser's sentence in the form of ours.
fn reason(error: &croner::errors::CronError) -> String {
    let text = error.to_string();
    text.trim_end_matches('.').to_owned()
}
