//! Which of several sources serves a flow log.
//!
//! The same traffic may come in several ways: a flow log's log group is read, and so is the stream
//! that a subscription filter feeds from it; or one VPC has a flow log to a bucket and another
//! one to a log group. A **source** is a flow log as one input has it. It is passed over only
//! where an enabled better one (Kinesis, then CloudWatch Logs, then S3; among equals the older)
//! covers its resource (VPC ⊇ subnet ⊇ interface), its traffic type and, through an unfiltered
//! subscription, every record; and only for records that end after the switch-over to that one.
//! An input that nobody has read covers nothing: its reader may lack the permission.
//! What overlaps in part is read twice, with a warning: nothing is left unread.
//!
//! Objects in S3 name their flow log. Who reads a stream or a log group cannot tell flow logs
//! apart there: a log group is passed over as a whole, where an unfiltered subscription sends all
//! of it to a stream, and a stream never is.

mod decide;
mod resources;
mod sources;
mod time;
mod warning;

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::region::{FlowLog, TrafficType};

pub use resources::Resources;
pub use sources::{Link, Ways, bucket_input, log_group_input, stream_input, ways};
pub use warning::Warning;

use time::Rfc3339;

/// The kinds of sources, the better ones first: they are sooner.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A Kinesis data stream.
    Kinesis,
    /// A log group of CloudWatch Logs.
    CloudWatchLogs,
    /// A bucket, through a queue that is told of its objects.
    S3,
}

/// An input that is read, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageInput {
    /// Names it among all.
    pub id: String,
    /// Its kind.
    pub kind: SourceKind,
    /// Since when it is enabled, in Unix seconds: among equals the older is better.
    pub since: u64,
    /// Where it was disabled: it has the records that end up to then, in Unix seconds, and others
    /// take over those that end later.
    pub until: Option<u64>,
    /// Whether somebody has read it: until then it has nothing that others may leave out.
    pub is_read: bool,
}

/// A flow log, as far as the rule needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredFlowLog {
    /// `fl-…`.
    pub id: String,
    /// What it covers: `vpc-…`, `subnet-…`, `eni-…`, `tgw-…` or `tgw-attach-…`.
    pub resource_id: String,
    /// Which traffic it covers.
    pub traffic: TrafficType,
    /// LogFormat, as AWS writes it; empty is the default format.
    pub log_format: String,
}

impl From<&FlowLog> for CoveredFlowLog {
    fn from(flow_log: &FlowLog) -> Self {
        Self {
            id: flow_log.id.clone(),
            resource_id: flow_log.resource_id.clone(),
            // Flow logs of transit gateways cover all.
            traffic: flow_log.traffic_type.unwrap_or(TrafficType::All),
            log_format: flow_log.log_format.clone(),
        }
    }
}

/// A flow log as one input has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// `fl-…`.
    pub flow_log_id: String,
    /// [`CoverageInput::id`].
    pub input_id: String,
    /// Whether every record of the flow log reaches the input: no subscription filter or
    /// notification leaves any out.
    pub is_whole: bool,
    /// Every record that ends after this, in Unix seconds, is in it, as far as it is whole.
    pub switch_over: u64,
}

/// What is done with a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDecision {
    /// The source.
    pub source: Source,
    /// The kind of its input.
    pub kind: SourceKind,
    /// The better ones that have its records at some time. It is read where there are none.
    pub passed_over: Vec<PassedOver>,
    /// Since its input was disabled, if it was, in Unix seconds.
    pub until: Option<u64>,
}

/// That a better source has the records that end within a time.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct PassedOver {
    /// The better source's flow log.
    pub flow_log_id: String,
    /// The better source's input.
    pub input_id: String,
    /// Its kind.
    pub kind: SourceKind,
    /// It has the records that end after this, in Unix seconds.
    pub after: u64,
    /// It has the records that end up to this, in Unix seconds; all later ones where none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<u64>,
}

/// Whether records are read, and if not, who reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'c> {
    /// They are.
    Read,
    /// A better source has them.
    PassedOver(&'c PassedOver),
}

/// What is done with all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    decisions: Vec<SourceDecision>,
    by_flow_log: HashMap<String, Vec<usize>>,
    /// Log groups that are passed over as a whole.
    groups: HashMap<String, Vec<PassedOver>>,
    warnings: Vec<Warning>,
}

impl Coverage {
    /// All decisions, ordered by flow log and rank.
    pub fn decisions(&self) -> &[SourceDecision] {
        &self.decisions
    }

    /// What is read twice, or with less than it could be.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// Whether an input reads the records of a flow log that end at a time (Unix seconds). What is
    /// not known is read.
    pub fn of_flow_log(&self, input_id: &str, flow_log_id: &str, end: u64) -> Answer<'_> {
        let mut decisions = self.of(flow_log_id).filter(|it| it.source.input_id == input_id);
        decisions.next().map_or(Answer::Read, |decision| decision.at(end))
    }

    /// The same for who knows no more than the kind of its inputs: records are passed over where
    /// each source of that kind passes them over.
    pub fn of_kind(&self, kind: SourceKind, flow_log_id: &str, end: u64) -> Answer<'_> {
        let mut answer = Answer::Read;
        for decision in self.of(flow_log_id).filter(|it| it.kind == kind) {
            answer = decision.at(end);
            if answer == Answer::Read {
                break;
            }
        }
        answer
    }

    /// Whether an input reads the records that end at a time (Unix seconds), whatever their flow
    /// log is.
    pub fn of_input(&self, input_id: &str, end: u64) -> Answer<'_> {
        let passed_over = self.groups.get(input_id).map(Vec::as_slice).unwrap_or_default();
        answer(passed_over, end)
    }

    /// Log groups that are passed over as a whole, by their inputs.
    pub fn groups(&self) -> &HashMap<String, Vec<PassedOver>> {
        &self.groups
    }

    fn of(&self, flow_log_id: &str) -> impl Iterator<Item = &SourceDecision> {
        let places = self.by_flow_log.get(flow_log_id).into_iter().flatten();
        places.filter_map(|place| self.decisions.get(*place))
    }
}

impl SourceDecision {
    /// What is done with records that end at a time (Unix seconds).
    pub fn at(&self, end: u64) -> Answer<'_> {
        answer(&self.passed_over, end)
    }

    /// The better source that has all records to come.
    pub fn passed_over_now(&self) -> Option<&PassedOver> {
        self.passed_over.iter().find(|better| better.until.is_none())
    }
}

fn answer(passed_over: &[PassedOver], end: u64) -> Answer<'_> {
    passed_over.iter().find(|better| better.has(end)).map_or(Answer::Read, Answer::PassedOver)
}

impl PassedOver {
    /// Whether it has the records that end at a time (Unix seconds).
    pub fn has(&self, end: u64) -> bool {
        self.after < end && self.until.is_none_or(|until| end <= until)
    }
}

impl SourceKind {
    /// Its name in sentences.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kinesis => "Kinesis stream",
            Self::CloudWatchLogs => "log group",
            Self::S3 => "bucket",
        }
    }
}

impl fmt::Display for SourceDecision {
    /// A sentence for people: what is done and why. Times are those of RFC 3339.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(until) = self.until {
            return write!(
                f,
                "read for records that end up to {}, when the input was disabled",
                Rfc3339(until)
            );
        }
        match self.passed_over_now() {
            Some(by) => write!(
                f,
                "passed over for records that end after {}: the {} `{}` has all of them through \
                 {}; earlier ones are read",
                Rfc3339(by.after),
                by.kind.name(),
                by.input_id,
                by.flow_log_id
            ),
            None => write!(f, "read: no better source that is enabled covers it"),
        }
    }
}
