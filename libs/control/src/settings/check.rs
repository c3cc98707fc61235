//! Whether values may be had: the one place that file and calls go through.

use std::time::Duration;

use weir_enrich::{NATIVE_FIELDS, NativeField};
use weir_runtime::config::{DurationRange, NumberRange, OctetRange, nearest};

use super::catalogue::{Effective, Setting, SettingValues};
use super::ranges;
use crate::schedule::{DEFAULT_CRON, DEFAULT_TIMEZONE, Schedule};

/// The most fields of a list.
const MAX_FIELDS: usize = 256;

/// A value that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {advice}", setting.path())]
pub struct Refused {
    /// Of which setting.
    pub setting: Setting,
    /// What to give instead.
    pub advice: String,
}

impl SettingValues {
    /// All that is wrong with the values by themselves.
    pub fn refusals(&self) -> Vec<Refused> {
        let check = |&setting: &Setting| {
            let advice = self.check(setting).err()?;
            Some(Refused { setting, advice })
        };
        Setting::ALL.iter().filter_map(check).collect()
    }

    fn check(&self, setting: Setting) -> Result<(), String> {
        match setting {
            Setting::Cron => each(&self.cron, |text| cron(text)),
            Setting::Timezone => each(&self.timezone, |text| timezone(text)),
            Setting::SessionDuration => {
                each(&self.session_duration, |time| duration(*time, &ranges::SESSION_DURATIONS))
            }
            // The type has no other values.
            Setting::KclMetricsLevel => Ok(()),
            Setting::CloudwatchRequestInterval => {
                let range = &ranges::REQUEST_INTERVALS;
                each(&self.cloudwatch_request_interval, |time| duration(*time, range))
            }
            Setting::CloudwatchOverlap => {
                each(&self.cloudwatch_overlap, |time| duration(*time, &ranges::OVERLAPS))
            }
            Setting::CloudwatchSettle => {
                each(&self.cloudwatch_settle, |time| duration(*time, &ranges::SETTLES))
            }
            Setting::S3Concurrency => {
                each(&self.s3_concurrency, |count| number(*count, &ranges::S3_CONCURRENCIES))
            }
            Setting::MaxPacketSize => {
                each(&self.max_packet_size, |size| number(*size, &ranges::PACKET_SIZES))
            }
            Setting::RecordsPerSecond => {
                each(&self.records_per_second, |rate| number(*rate, &ranges::RATES))
            }
            Setting::AddFields => each(&self.add_fields, |names| fields(names)),
            Setting::ExporterInFlight => each(&self.exporter_in_flight, budget),
            Setting::ExporterHeld => each(&self.exporter_held, budget),
            Setting::EnricherInFlight => each(&self.enricher_in_flight, budget),
        }
    }

    /// The same without what is refused.
    pub(super) fn accepted(&self) -> (Self, Vec<Refused>) {
        let refusals = self.refusals();
        let mut accepted = self.clone();
        for Refused { setting, .. } in &refusals {
            setting.copy(&Self::default(), &mut accepted);
        }
        (accepted, refusals)
    }
}

impl Effective {
    /// When sweeps begin.
    ///
    /// # Errors
    ///
    /// When the schedule never comes in the time zone: each may be good by itself.
    pub fn schedule(&self) -> Result<Schedule, Refused> {
        let schedule = Schedule::parse(&self.cron, &self.timezone);
        schedule.map_err(|error| Refused { setting: Setting::Cron, advice: error.to_string() })
    }
}

/// The field of the flow log that is called so.
///
/// # Errors
///
/// What to give instead.
pub fn native_field(text: &str) -> Result<&'static NativeField, String> {
    let known = || NATIVE_FIELDS.iter().map(|field| field.key).collect::<Vec<_>>();
    NativeField::by_name(text).ok_or_else(|| match nearest(text, &known()) {
        Some(meant) => format!("AWS flow logs have no such field; did you mean {meant}?"),
        None => "AWS flow logs have no such field; write it as flow_direction".to_owned(),
    })
}

fn each<T>(value: &Option<T>, check: impl FnOnce(&T) -> Result<(), String>) -> Result<(), String> {
    value.as_ref().map_or(Ok(()), check)
}

fn cron(text: &str) -> Result<(), String> {
    Schedule::parse(text, DEFAULT_TIMEZONE).map(drop).map_err(|error| error.to_string())
}

fn timezone(text: &str) -> Result<(), String> {
    Schedule::parse(DEFAULT_CRON, text).map(drop).map_err(|error| error.to_string())
}

fn duration(time: Duration, range: &DurationRange) -> Result<(), String> {
    let is_right = (range.least..=range.most).contains(&time) && time.subsec_nanos() == 0;
    if is_right { Ok(()) } else { Err(format!("{range}, in whole seconds")) }
}

fn number(number: impl Into<u64>, range: &NumberRange) -> Result<(), String> {
    if range.contains(number.into()) { Ok(()) } else { Err(range.to_string()) }
}

fn budget(octets: &u64) -> Result<(), String> {
    let range: &OctetRange = &ranges::BUDGETS;
    let OctetRange { least, most } = range;
    let is_right = (least..=most).contains(&octets);
    if is_right { Ok(()) } else { Err(format!("give {least} to {most} octets")) }
}

fn fields(names: &[String]) -> Result<(), String> {
    if names.len() > MAX_FIELDS {
        return Err(format!("{} fields: give at most {MAX_FIELDS}", names.len()));
    }
    let refused = names.iter().find_map(|name| Some((name, native_field(name).err()?)));
    refused.map_or(Ok(()), |(name, advice)| {
        let shown: String = name.chars().take(60).collect();
        Err(format!("{shown:?}: {advice}"))
    })
}
