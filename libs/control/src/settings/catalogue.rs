//! Which settings there are.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::value::{MetricsLevel, Shown as _};
use crate::schedule::{DEFAULT_CRON, DEFAULT_TIMEZONE};

/// Declares each setting once: what it means, its path, its type and its default.
macro_rules! settings {
    ($($(#[$doc:meta])* $path:ident / $name:ident: $type:ty = $default:expr,)*) => {
        /// One of the settings.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Setting {
            $($(#[$doc])* $name,)*
        }

        /// Values of settings; those that nobody gave are `None`. What was set at run time is
        /// stored in this form, as JSON.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct SettingValues {
            $($(#[$doc])* #[serde(skip_serializing_if = "Option::is_none")]
            pub $path: Option<$type>,)*
        }

        /// The values that count.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Effective {
            $($(#[$doc])* pub $path: $type,)*
            /// Those of them that were set at run time: they go over what the file says, also
            /// over what it says of single collectors.
            pub over_file: SettingValues,
        }

        impl Setting {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name in calls, in field masks and in the store.
            pub const fn path(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($path),)*
                }
            }

            /// Its value as audits show it.
            pub fn shown(self, values: &SettingValues) -> Option<String> {
                match self {
                    $(Self::$name => values.$path.as_ref().map(|value| value.shown()),)*
                }
            }

            /// Makes its value in `to` that in `from`, which may be none.
            pub(super) fn copy(self, from: &SettingValues, to: &mut SettingValues) {
                match self {
                    $(Self::$name => to.$path.clone_from(&from.$path),)*
                }
            }
        }

        impl Effective {
            /// What was set at run time over what the file says over the defaults.
            pub(super) fn resolve(file: &SettingValues, over_file: SettingValues) -> Self {
                Self {
                    $($path: over_file.$path.clone().or_else(|| file.$path.clone())
                        .unwrap_or_else(|| $default),)*
                    over_file,
                }
            }
        }
    };
}

settings! {
    /// When sweeps begin: a schedule in the form of cron, of 5 or 6 fields.
    cron / Cron: String = DEFAULT_CRON.to_owned(),
    /// The time zone of the schedule.
    timezone / Timezone: String = DEFAULT_TIMEZONE.to_owned(),
    /// How long sessions of roles last.
    session_duration / SessionDuration: Duration = Duration::from_secs(3600),
    /// How much is measured of how Kinesis streams are read.
    kcl_metrics_level / KclMetricsLevel: MetricsLevel = MetricsLevel::None,
    /// How often a log group is asked.
    cloudwatch_request_interval / CloudwatchRequestInterval: Duration = Duration::from_secs(30),
    /// How far behind its newest event a log group is read again, since events come late.
    cloudwatch_overlap / CloudwatchOverlap: Duration = Duration::from_secs(900),
    /// How old events of a log group are when they are first asked for.
    cloudwatch_settle / CloudwatchSettle: Duration = Duration::from_secs(30),
    /// Objects in S3 that are read at a time.
    s3_concurrency / S3Concurrency: u32 = 2,
    /// The most octets of an IPFIX message.
    max_packet_size / MaxPacketSize: u32 = 1420,
    /// The most data records a second to a collector; 0 is unlimited.
    records_per_second / RecordsPerSecond: u64 = 0,
    /// Fields of the flow log that are added to what collectors and outputs get.
    add_fields / AddFields: Vec<String> = Vec::new(),
    /// The most octets of runs that an exporter has not accepted.
    exporter_in_flight / ExporterInFlight: u64 = 64 << 20,
    /// The most octets of runs that an exporter has accepted and not committed.
    exporter_held / ExporterHeld: u64 = 256 << 20,
    /// The most octets of text that an enricher holds until an exporter has taken it over.
    enricher_in_flight / EnricherInFlight: u64 = 64 << 20,
}

impl Setting {
    /// The setting of this path.
    pub fn by_path(path: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.path() == path)
    }
}
