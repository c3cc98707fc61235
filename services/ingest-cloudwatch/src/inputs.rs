//! What is read: log groups, how often, and how far back.

use std::sync::Arc;
use std::time::Duration;

use weir_aws::Access;
use weir_inventory::log_formats::FlowLogFormat;
use weir_lease::InitialPosition;

use crate::log_group::LogGroup;

/// Everything that is read. It may change while it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// The log groups.
    pub groups: Vec<GroupInput>,
    /// From the start of one look at a group to that of the next: 1 s to a day.
    pub interval: Duration,
    /// Events that become visible within this time after their timestamp are never missed. It is
    /// how far each look reaches back.
    pub overlap: Duration,
    /// Events with younger timestamps are left to the next look; what is above the overlap counts
    /// as the overlap.
    pub settle: Duration,
}

impl Inputs {
    /// How often a group is looked at unless something else is said.
    pub const INTERVAL: Duration = Duration::from_secs(30);
    /// How far a look reaches back unless something else is said.
    pub const OVERLAP: Duration = Duration::from_secs(900);
    /// How old events are when they are asked for unless something else is said.
    pub const SETTLE: Duration = Duration::from_secs(30);
}

impl Default for Inputs {
    /// No log groups, [`Inputs::INTERVAL`], [`Inputs::OVERLAP`], [`Inputs::SETTLE`].
    fn default() -> Self {
        Self {
            groups: Vec::new(),
            interval: Self::INTERVAL,
            overlap: Self::OVERLAP,
            settle: Self::SETTLE,
        }
    }
}

/// A log group that flow logs are written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupInput {
    /// Which one.
    pub group: LogGroup,
    /// Who reads it.
    pub access: Access,
    /// The formats that its lines may have where discovery knows no flow log that writes to it, the
    /// most probable first. The group is not read as long as there are none of either.
    pub formats: Vec<Arc<FlowLogFormat>>,
    /// Where it begins if it was never read: by the time at which CloudWatch Logs got an event.
    pub start: InitialPosition,
    /// Whether it may begin: a group that the store knows nothing of is refused otherwise, since its
    /// position may have been lost.
    pub begin: bool,
    /// Which of its records come from a better source, whatever their flow log is.
    pub covered: Vec<Covered>,
}

/// That a better source has the records which end within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covered {
    /// It has those that end after this, in milliseconds since 1970-01-01 00:00 UTC.
    pub after: u64,
    /// And up to this, in the same; all later ones where none.
    pub until: Option<u64>,
}

impl Covered {
    /// Whether the better source has the records that end at a time, in milliseconds.
    pub(crate) fn has(&self, end: u64) -> bool {
        end > self.after && self.until.is_none_or(|until| end <= until)
    }
}
