//! What sweeps found of the formats of log groups, as it is stored.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use crate::region::{FlowLog, FlowLogDestination, RegionSnapshot};

/// How long a flow log that is gone is remembered, in seconds: as long as Kinesis keeps records by
/// default.
pub const KEPT: u64 = 24 * 60 * 60;

/// How many interfaces and attachments are listed with their flow logs at most, of all groups. The
/// others are taken for ones that no sweep has seen.
pub const MAX_COVERED: usize = 200_000;

/// What sweeps found of the flow logs that write to log groups.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FoundFormats {
    /// When the last sweep began that read an account's region, in Unix seconds, by account and
    /// region.
    pub looked: BTreeMap<String, BTreeMap<String, u64>>,
    /// The log groups, by [`group_id`].
    pub groups: BTreeMap<String, GroupFormats>,
}

/// The flow logs that write to a log group, or did within the last day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFormats {
    /// The flow logs: those of single interfaces and attachments, then those of subnets, then all
    /// others; by their ids.
    pub flow_logs: Vec<GroupFlowLog>,
    /// Which of them cover an interface or an attachment; empty where all have one format.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<Covering>,
}

/// A flow log that writes to a log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFlowLog {
    /// `fl-…`.
    pub id: String,
    /// What it covers: `vpc-…`, `subnet-…`, `eni-…`, `tgw-…` or `tgw-attach-…`.
    pub resource_id: String,
    /// LogFormat, as AWS writes it; empty is the default format.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub log_format: String,
    /// Since when sweeps do not find it any more, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<u64>,
}

/// Interfaces and attachments that the same flow logs of a group cover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Covering {
    /// The flow logs' places in [`GroupFormats::flow_logs`], in order.
    pub flow_logs: Vec<usize>,
    /// The interfaces and attachments, in order.
    pub resources: Vec<String>,
}

/// Names a log group among all.
pub fn group_id(account_id: &str, region: &str, log_group: &str) -> String {
    format!("{account_id}/{region}/{log_group}")
}

impl FoundFormats {
    /// Takes notice of what sweeps found at `now` (Unix seconds). How many interfaces and
    /// attachments were left out for want of room.
    pub fn take_notice(&mut self, snapshots: &[&RegionSnapshot], now: u64) -> usize {
        let mut next = Self::default();
        for snapshot in snapshots {
            let regions = next.looked.entry(snapshot.account_id.clone()).or_default();
            regions.insert(snapshot.region.clone(), snapshot.taken_at);
            for flow_log in &snapshot.flow_logs {
                next.add(snapshot, flow_log);
            }
        }
        next.remember(&self.groups, now);
        next.groups.values_mut().for_each(GroupFormats::sort);
        let left_out = next.cover(snapshots);
        *self = next;
        left_out
    }

    fn add(&mut self, place: &RegionSnapshot, flow_log: &FlowLog) {
        let FlowLogDestination::CloudWatchLogs { log_group, arn } = &flow_log.destination else {
            return;
        };
        let by_arn = arn.as_deref().and_then(group_of_arn);
        let own = || group_id(&place.account_id, &place.region, log_group);
        let group = self.groups.entry(by_arn.unwrap_or_else(own)).or_default();
        // A shared resource's flow log may be in several parts.
        if group.flow_logs.iter().all(|known| known.id != flow_log.id) {
            group.flow_logs.push(GroupFlowLog {
                id: flow_log.id.clone(),
                resource_id: flow_log.resource_id.clone(),
                log_format: flow_log.log_format.clone(),
                gone: None,
            });
        }
    }

    /// Keeps flow logs that are gone for a while.
    fn remember(&mut self, before: &BTreeMap<String, GroupFormats>, now: u64) {
        for (id, group) in before {
            for flow_log in &group.flow_logs {
                let gone = flow_log.gone.unwrap_or(now);
                let is_there = |known: &GroupFormats| {
                    known.flow_logs.iter().any(|other| other.id == flow_log.id)
                };
                if gone + KEPT < now || self.groups.get(id).is_some_and(is_there) {
                    continue;
                }
                let gone = GroupFlowLog { gone: Some(gone), ..flow_log.clone() };
                self.groups.entry(id.clone()).or_default().flow_logs.push(gone);
            }
        }
    }

    /// Lists which flow logs cover what, for groups whose flow logs have several formats.
    fn cover(&mut self, snapshots: &[&RegionSnapshot]) -> usize {
        let mut wanted: HashMap<&str, Vec<(&str, usize)>> = HashMap::new();
        for (id, group) in self.groups.iter().filter(|(_, group)| group.has_several_formats()) {
            for (place, flow_log) in group.flow_logs.iter().enumerate() {
                wanted.entry(&flow_log.resource_id).or_default().push((id, place));
            }
        }
        if wanted.is_empty() {
            return 0;
        }
        let mut listed: BTreeMap<(String, Vec<usize>), BTreeSet<String>> = BTreeMap::new();
        let (mut count, mut left_out) = (0, 0);
        for chain in snapshots.iter().flat_map(|snapshot| chains(snapshot)) {
            for (group, flow_logs) in covering(&wanted, &chain) {
                if count >= MAX_COVERED {
                    left_out += 1;
                    continue;
                }
                let resources = listed.entry((group.to_owned(), flow_logs)).or_default();
                count += usize::from(resources.insert(chain[0].to_owned()));
            }
        }
        for ((group, flow_logs), resources) in listed {
            let resources = resources.into_iter().collect();
            let covering = Covering { flow_logs, resources };
            self.groups.entry(group).or_default().covered.push(covering);
        }
        left_out
    }
}

impl GroupFormats {
    fn sort(&mut self) {
        self.flow_logs.sort_by_cached_key(|log| (log.rank(), log.id.clone()));
    }

    fn has_several_formats(&self) -> bool {
        self.flow_logs.windows(2).any(|two| two[0].log_format != two[1].log_format)
    }
}

impl GroupFlowLog {
    /// The more special ones first.
    fn rank(&self) -> u8 {
        match () {
            () if self.is_of_one() => 0,
            () if self.resource_id.starts_with("subnet-") => 1,
            () => 2,
        }
    }

    /// Whether it is of one interface or attachment.
    pub(super) fn is_of_one(&self) -> bool {
        ["eni-", "tgw-attach-"].iter().any(|kind| self.resource_id.starts_with(kind))
    }
}

/// Each interface and attachment, with what it is part of.
fn chains(snapshot: &RegionSnapshot) -> impl Iterator<Item = [&str; 3]> {
    let found = &snapshot.inventory;
    let interfaces = found.interfaces.iter().map(|interface| {
        let subnet = interface.subnet_id.as_deref().unwrap_or_default();
        [interface.id.as_str(), subnet, interface.vpc_id.as_str()]
    });
    let attachments = found.transit_gateway_attachments.iter();
    let attachments = attachments.map(|it| [it.id.as_str(), it.transit_gateway_id.as_str(), ""]);
    interfaces.chain(attachments)
}

/// The groups of whose flow logs some cover the first of the chain, with these.
fn covering<'w>(
    wanted: &HashMap<&str, Vec<(&'w str, usize)>>,
    chain: &[&str; 3],
) -> BTreeMap<&'w str, Vec<usize>> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (group, place) in chain.iter().filter_map(|part| wanted.get(part)).flatten() {
        groups.entry(group).or_default().push(*place);
    }
    groups.values_mut().for_each(|places| places.sort_unstable());
    groups
}

/// The log group of an ARN such as `arn:aws:logs:eu-west-1:123456789012:log-group:flows`.
fn group_of_arn(arn: &str) -> Option<String> {
    let parts: Vec<_> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "logs", region, account_id, "log-group", name, ..] => {
            Some(group_id(account_id, region, name))
        }
        _ => None,
    }
}
