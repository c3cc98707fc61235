//! Rules: inputs that are enabled by themselves when a sweep finds them.

use serde::{Deserialize, Serialize};
use weir_inventory::coverage::SourceKind;

/// How many rules there are at most.
pub const MAX_RULES: usize = 100;

/// The longest pattern, in octets.
const MAX_PATTERN: usize = 256;

/// Enables inputs whose name matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What it enables.
    pub kind: SourceKind,
    /// The name of the stream, log group or bucket: `*` is any text, `?` any character, `[…]` any
    /// of these.
    pub pattern: String,
    /// Only in this account; in all when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account_id: String,
    /// Only in this region; in all when empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub region: String,
    /// Whether streams are read with enhanced fan-out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub enhanced_fan_out: bool,
    /// Where streams begin.
    #[serde(default)]
    pub initial_position: super::StreamPosition,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is none.
    #[error("give a pattern of names, such as `flow-logs-*`; `*` is every name")]
    Empty,
    /// It is too long.
    #[error("{0} octets are too many: give at most {MAX_PATTERN}")]
    TooLong(usize),
    /// It is none.
    #[error("no pattern: {0}")]
    Invalid(&'static str),
}

impl Rule {
    /// Checks the pattern.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn check(&self) -> Result<(), RuleError> {
        match self.pattern.len() {
            0 => Err(RuleError::Empty),
            length if length > MAX_PATTERN => Err(RuleError::TooLong(length)),
            _ => match glob::Pattern::new(&self.pattern) {
                Ok(_) => Ok(()),
                Err(error) => Err(RuleError::Invalid(error.msg)),
            },
        }
    }

    /// Whether it enables what has this kind, place and name.
    pub fn matches(&self, kind: SourceKind, account_id: &str, region: &str, name: &str) -> bool {
        self.kind == kind
            && (self.account_id.is_empty() || self.account_id == account_id)
            && (self.region.is_empty() || self.region == region)
            && glob::Pattern::new(&self.pattern).is_ok_and(|pattern| pattern.matches(name))
    }
}
