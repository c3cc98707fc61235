//! What sweeps find of one account in one region, and how the parts become one inventory.

mod bounds;
mod flow_log;
mod former;
mod history;
mod index;
mod json;
mod log_group;
mod logged;
mod merge;
mod resources;

use serde::{Deserialize, Serialize};

use crate::model::Inventory;

pub use bounds::{MAX_FORMER, MAX_INDEX_LENGTH, MAX_IP_RANGES_LENGTH, MAX_PART_LENGTH, MAX_PARTS};
pub use flow_log::{DestinationOptions, FlowLog, FlowLogDestination, TrafficType};
pub use former::{Former, HeldSince};
pub use history::{DEFAULT_KEEP, carry_over};
pub use index::{IndexPart, InventoryIndex, RangesVersion, Stale, ip_ranges_key_parts};
pub use log_group::{LogGroup, SubscriptionFilter};
pub use logged::FlowLogCounts;
pub use merge::merge;
pub use resources::{Bucket, BucketNotification, KinesisStream, NotificationRoute};

/// The JSON form that this version of weir reads and writes: [`RegionSnapshot::format`] and
/// [`InventoryIndex::format`].
pub const FORMAT: u32 = 1;

/// What one sweep found of one account in one region: a part of the inventory.
///
/// The JSON form is this type's serde form. Lists may be left out when empty; unknown keys are
/// errors.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RegionSnapshot {
    /// [`FORMAT`].
    pub format: u32,
    /// The account that was swept: twelve digits.
    pub account_id: String,
    /// The region that was swept, such as `eu-west-1`.
    pub region: String,
    /// When the sweep of this region began, in Unix seconds.
    pub taken_at: u64,
    /// What enrichment knows of it. AWS's ranges are not part of it, they are stored once for
    /// all. A sweep leaves `former` and `held_since` to [`carry_over`], but for times of
    /// attachment that EC2 tells.
    #[serde(default)]
    pub inventory: Inventory,
    /// EC2 DescribeFlowLogs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flow_logs: Vec<FlowLog>,
    /// The log groups of CloudWatch Logs that flow logs are delivered to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_groups: Vec<LogGroup>,
    /// Kinesis data streams.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinesis_streams: Vec<KinesisStream>,
    /// Buckets that flow logs are delivered to, each in the part of its own region where its
    /// account is swept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<Bucket>,
}

impl RegionSnapshot {
    /// A part in which nothing was found.
    pub fn new(
        account_id: impl Into<String>,
        region: impl Into<String>,
        taken_at: u64,
    ) -> RegionSnapshot {
        RegionSnapshot {
            format: FORMAT,
            account_id: account_id.into(),
            region: region.into(),
            taken_at,
            inventory: Inventory::default(),
            flow_logs: Vec::new(),
            log_groups: Vec::new(),
            kinesis_streams: Vec::new(),
            buckets: Vec::new(),
        }
    }
}
