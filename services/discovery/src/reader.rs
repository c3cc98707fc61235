//! The seam between the orchestration of a sweep and the calls of AWS.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use weir_inventory::IpRanges;
use weir_inventory::region::RegionSnapshot;

/// A region of an account: what is read, published and stale as a whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Twelve digits.
    pub account_id: String,
    /// Region code, such as `eu-west-1`.
    pub region: String,
}

impl Place {
    /// A region of an account.
    pub fn new(account_id: impl Into<String>, region: impl Into<String>) -> Self {
        Self { account_id: account_id.into(), region: region.into() }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.account_id, self.region)
    }
}

/// An account that can be read, and its regions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedAccount {
    /// Twelve digits, as GetCallerIdentity says.
    pub id: String,
    /// The configured name, the alias or the Organizations name.
    pub name: Option<String>,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// How it was configured, for people: the profile's name, the role's ARN, `organization`,
    /// `default chain`. Never a secret.
    pub configured_as: String,
    /// The regions to read: those that are enabled in the account and allowed by the
    /// configuration.
    pub regions: Vec<String>,
    /// The regions that are closed to the account, which nobody needs to be alarmed of: those
    /// that it has not opted in to.
    pub excluded: Vec<ExcludedRegion>,
}

/// A region that is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExcludedRegion {
    /// Region code.
    pub region: String,
    /// Why, for people.
    pub cause: String,
}

/// An account, or a source of accounts, that cannot be read now: a role that cannot be assumed,
/// regions that cannot be listed, an organization that does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFault {
    /// Twelve digits. `None` where it is not known which account, or how many, this is about:
    /// then no account disappears from the inventory, since it may be one of these.
    pub account_id: Option<String>,
    /// How it was configured, as in [`PlannedAccount::configured_as`].
    pub configured_as: String,
    /// What went wrong.
    pub fault: Fault,
}

/// What a sweep has to read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The accounts that can be read; each once.
    pub accounts: Vec<PlannedAccount>,
    /// What else is configured and cannot be read: its last snapshots stay and are stale.
    pub faults: Vec<AccountFault>,
}

/// Kinds of what goes wrong. The names are labels of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// A policy does not allow an action.
    Denied,
    /// AWS asks to come less often.
    Throttled,
    /// The credentials are expired or not valid.
    Credentials,
    /// It may work the next time: the network, an error inside of AWS.
    Transient,
    /// It took longer than it may.
    Deadline,
    /// The reader panicked: a fault of weir.
    Panicked,
    /// Anything else: an answer that makes no sense, a request that AWS does not accept.
    Invalid,
}

impl FaultKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Denied,
        Self::Throttled,
        Self::Credentials,
        Self::Transient,
        Self::Deadline,
        Self::Panicked,
        Self::Invalid,
    ];

    /// Its name in metrics and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Credentials => "credentials",
            Self::Transient => "transient",
            Self::Deadline => "deadline",
            Self::Panicked => "panicked",
            Self::Invalid => "invalid",
        }
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{cause}")]
pub struct Fault {
    /// What kind of thing.
    pub kind: FaultKind,
    /// A sentence for people: what was asked for, what AWS said, what to do; in lower case and
    /// without a final period.
    pub cause: String,
    /// The action that a policy does not allow, such as `ec2:DescribeInstances`.
    pub denied_action: Option<String>,
}

impl Fault {
    /// A fault of a kind other than [`FaultKind::Denied`].
    pub fn new(kind: FaultKind, cause: impl Into<String>) -> Self {
        Self { kind, cause: cause.into(), denied_action: None }
    }

    /// An action, such as `ec2:DescribeInstances`, that a policy does not allow.
    pub fn denied(action: impl Into<String>, cause: impl Into<String>) -> Self {
        let denied_action = Some(action.into());
        Self { kind: FaultKind::Denied, cause: cause.into(), denied_action }
    }
}

/// A part of a region that a reader may fail to read while the rest is fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegionPart {
    /// `RegionSnapshot::flow_logs`.
    FlowLogs,
    /// `RegionSnapshot::log_groups`, with their subscription filters.
    LogGroups,
    /// `RegionSnapshot::kinesis_streams`.
    KinesisStreams,
    /// `RegionSnapshot::buckets`, with their queues.
    Buckets,
    /// The transit gateways of the inventory, their attachments and route tables.
    TransitGateways,
    /// Something smaller that is simply left out, such as the queues of one bucket: nothing of
    /// the last snapshot stands in for it.
    Detail,
}

impl RegionPart {
    /// Its name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FlowLogs => "flow logs",
            Self::LogGroups => "log groups",
            Self::KinesisStreams => "kinesis streams",
            Self::Buckets => "buckets",
            Self::TransitGateways => "transit gateways",
            Self::Detail => "details",
        }
    }
}

/// A part that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadPart {
    /// Which. Leave it empty in the snapshot: what the last snapshot has of it takes its place.
    pub part: RegionPart,
    /// Why not.
    pub fault: Fault,
}

/// What was read of a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The region as it is now; `former` is empty, since the orchestration carries it over from
    /// the last snapshot.
    pub snapshot: RegionSnapshot,
    /// What of it could not be read, such as for lack of a permission that is not vital.
    pub unread: Vec<UnreadPart>,
}

/// Why a region has no new snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegionError {
    /// It is closed: not enabled, or by a policy of the organization. No alarm.
    #[error("the region is closed: {cause}")]
    Excluded {
        /// What AWS said.
        cause: String,
    },
    /// It could not be read. Its last snapshot stays and is stale.
    #[error(transparent)]
    Failed(#[from] Fault),
}

/// Takes notice of how the reading of a region goes. Clones tell the same listener.
#[derive(Clone)]
pub struct RegionProgress(Arc<dyn Fn(RegionStep) + Send + Sync>);

/// Something that happened while a region was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionStep {
    /// A call of AWS was answered, well or not.
    Call,
    /// So many things of a kind were read, such as 40 more `network interfaces`.
    Found {
        /// What they are, in plural.
        what: &'static str,
        /// How many more.
        count: u64,
    },
}

impl RegionProgress {
    /// Progress that `listener` takes notice of. It is called often and must not wait.
    pub fn new(listener: impl Fn(RegionStep) + Send + Sync + 'static) -> Self {
        Self(Arc::new(listener))
    }

    /// Progress that nobody takes notice of.
    pub fn unseen() -> Self {
        Self::new(|_| {})
    }

    /// A call of AWS was answered.
    pub fn call(&self) {
        (self.0)(RegionStep::Call);
    }

    /// So many more things of a kind were read.
    pub fn found(&self, what: &'static str, count: usize) {
        (self.0)(RegionStep::Found { what, count: count as u64 });
    }
}

impl fmt::Debug for RegionProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RegionProgress")
    }
}

/// Reads accounts and regions.
///
/// The orchestration bounds how many regions are read at a time and how long each may take: it
/// drops the future of one that takes longer. Retries, rate limits and the bounds inside of a
/// region are the reader's.
#[async_trait]
pub trait RegionReader: Send + Sync {
    /// What there is to read, found out anew for each sweep.
    async fn plan(&self) -> Plan;

    /// Reads a region of the last plan.
    async fn read(&self, place: &Place, progress: &RegionProgress) -> Result<Reading, RegionError>;
}

/// Reads AWS's published address ranges (`ip-ranges.json`).
#[async_trait]
pub trait RangesReader: Send + Sync {
    /// The ranges, where their `syncToken` is not the one that is known; `None` where it is.
    async fn read(&self, known: Option<&str>) -> Result<Option<IpRanges>, Fault>;
}
