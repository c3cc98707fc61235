//! The values that settings have.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use weir_runtime::config::duration_text;

/// How much is measured of how Kinesis streams are read, by the names of the Kinesis Client
/// Library.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "UPPERCASE")]
pub enum MetricsLevel {
    /// Nothing.
    #[default]
    None,
    /// Each shard's records, octets and lag, and who has which leases.
    Summary,
    /// Calls and their time too.
    Detailed,
}

impl MetricsLevel {
    /// Its name, which is also what a file gives.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "NONE",
            Self::Summary => "SUMMARY",
            Self::Detailed => "DETAILED",
        }
    }
}

impl FromStr for MetricsLevel {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let levels = [Self::None, Self::Summary, Self::Detailed];
        let found = levels.into_iter().find(|level| level.name() == text);
        found.ok_or("give NONE, SUMMARY or DETAILED")
    }
}

/// A value as audits and logs show it.
pub(super) trait Shown {
    /// Its text.
    fn shown(&self) -> String;
}

impl Shown for String {
    /// Quoted, so that it cannot forge a line of a log.
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Shown for Vec<String> {
    fn shown(&self) -> String {
        format!("{self:?}")
    }
}

impl Shown for u32 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for u64 {
    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Shown for Duration {
    fn shown(&self) -> String {
        duration_text(*self)
    }
}

impl Shown for MetricsLevel {
    fn shown(&self) -> String {
        self.name().to_owned()
    }
}
