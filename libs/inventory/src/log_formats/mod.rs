//! Which fields the lines of a log stream have.
//!
//! CloudWatch Logs has no header lines: what a line's fields are, only its flow log tells
//! (EC2 DescribeFlowLogs). A flow log writes to a log group, into a log stream for each network
//! interface or transit gateway attachment; all flow logs of an interface that write to one group
//! share a stream (<https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html>). So:
//!
//! 1. A stream may have the formats of the flow logs of its group that cover its interface: its
//!    own, its subnet's, its VPC's. For an interface that no sweep has seen these are all flow logs
//!    of the group that are of more than one interface.
//! 2. A line has the format with as many columns. Of several with as many, it has the one under
//!    which it can be read and names the interface of its stream. Where it is another flow under
//!    each of several, it is rejected as ambiguous: nothing is misread.
//! 3. A line that fits none is rejected with its reason in a stream of flow logs, and is no flow
//!    log in any other stream.
//!
//! A flow log that is gone is remembered for a day ([`KEPT`]): its lines may come later.
//!
//! - `found`: what sweeps found, as it is stored;
//! - `known`: the same as it is asked;
//! - `choose`: which of several formats a line has;
//! - `stream`: what the name of a log stream tells.

mod choose;
mod found;
mod known;
mod stream;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use weir_flowlog::{Field, FormatError, LogFormat};

pub use choose::{Choice, choose};
pub use found::{Covering, FoundFormats, GroupFlowLog, GroupFormats, KEPT, MAX_COVERED, group_id};
pub use known::{Knowledge, KnownFormats};
pub use stream::{LogPlace, resource_of};

/// The fields of a flow log's lines, from its LogFormat and its resource's id: an empty LogFormat is
/// the default one of what the flow log is of.
///
/// # Errors
///
/// When the LogFormat is none.
pub fn fields_of(log_format: &str, resource_id: &str) -> Result<LogFormat, FormatError> {
    match log_format {
        "" if resource_id.starts_with("tgw-") => Ok(LogFormat::transit_gateway_default()),
        "" => Ok(LogFormat::vpc_default()),
        fields => LogFormat::parse(fields),
    }
}

/// How lines of one or several flow logs are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLogFormat {
    flow_log_id: Option<String>,
    format: Arc<LogFormat>,
    columns: usize,
    end: Option<usize>,
    interface: Option<usize>,
}

impl FlowLogFormat {
    /// A format, and the flow log (`fl-…`) where it is known which one writes so.
    pub fn new(format: Arc<LogFormat>, flow_log_id: Option<String>) -> Self {
        let place = |wanted| format.columns().position(|field| field == Some(wanted));
        let (end, interface) = (place(Field::End), place(Field::InterfaceId));
        Self { flow_log_id, columns: format.columns().count(), end, interface, format }
    }

    /// The flow log, where it is known which.
    pub fn flow_log_id(&self) -> Option<&str> {
        self.flow_log_id.as_deref()
    }

    /// The fields.
    pub fn format(&self) -> &Arc<LogFormat> {
        &self.format
    }

    /// When the record of a line ends, in milliseconds since 1970-01-01 00:00 UTC; none where the
    /// format does not have it, or the line has no time there.
    pub fn end_of(&self, line: &str) -> Option<u64> {
        let seconds: u64 = line.split(' ').nth(self.end?)?.parse().ok()?;
        seconds.checked_mul(1000)
    }
}
