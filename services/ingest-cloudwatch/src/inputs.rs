//! What is read: log groups, and how often.

use std::sync::Arc;
use std::time::Duration;

use weir_aws::Role;
use weir_lease::InitialPosition;

use crate::flow_log::FlowLogFormat;
use crate::log_group::LogGroup;

/// Everything that is read. It may change while it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The log groups.
    pub groups: Vec<GroupInput>,
    /// From the start of one look at a group to that of the next: 1 s to a day.
    pub interval: Duration,
}

impl Inputs {
    /// How often a group is looked at unless something else is said.
    pub const INTERVAL: Duration = Duration::from_secs(30);
}

impl Default for Inputs {
    /// No log groups, [`Inputs::INTERVAL`].
    fn default() -> Self {
        Self { groups: Vec::new(), interval: Self::INTERVAL }
    }
}

/// A log group that flow logs are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInput {
    /// Which one.
    pub group: LogGroup,
    /// Who reads it.
    pub access: Access,
    /// The formats that its lines have, the most probable first; for streams that the inventory
    /// does not know.
    pub formats: Vec<Arc<FlowLogFormat>>,
    /// Where it begins if it was never read: by the time at which CloudWatch Logs got an event.
    pub start: InitialPosition,
}

/// Whose credentials are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Those that `[aws]` has for an account of this id; weir's own where it has none.
    Account(String),
    /// Those of a role that weir's own identity assumes.
    Role(Role),
}
