//! Whose traffic no flow log tells of.

use std::collections::BTreeSet;

use super::{FlowLog, RegionSnapshot};

/// How well flow logs cover the VPCs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowLogCounts {
    /// VPCs with a network interface that no active flow log covers: neither one of its own, nor
    /// one of its subnet or its VPC. A VPC without interfaces has no traffic.
    pub vpcs_without: u64,
    /// Flow logs that AWS could not deliver last (DeliverLogsStatus is `FAILED`). What they would
    /// tell is lost.
    pub failing: u64,
}

impl FlowLogCounts {
    /// Counts over all parts together: the flow log of a shared VPC is in its owner's part, and
    /// interfaces may be in others.
    pub fn of<'a>(parts: impl Iterator<Item = &'a RegionSnapshot> + Clone) -> Self {
        let flow_logs = || parts.clone().flat_map(|part| &part.flow_logs);
        let covered: BTreeSet<_> =
            flow_logs().filter(|log| log.is_active()).map(|log| log.resource_id.as_str()).collect();
        let interfaces = parts.clone().flat_map(|part| &part.inventory.interfaces);
        let without: BTreeSet<_> = interfaces
            .filter(|interface| {
                let own = [Some(&interface.id), Some(&interface.vpc_id)];
                let mut places = own.into_iter().chain([interface.subnet_id.as_ref()]).flatten();
                !places.any(|place| covered.contains(place.as_str()))
            })
            .map(|interface| interface.vpc_id.as_str())
            .collect();
        Self {
            vpcs_without: without.len() as u64,
            failing: flow_logs().filter(|log| log.is_failing()).count() as u64,
        }
    }
}

impl FlowLog {
    /// Whether it tells of traffic; true where EC2 does not say.
    pub fn is_active(&self) -> bool {
        matches!(self.status.as_str(), "ACTIVE" | "")
    }

    /// Whether AWS could not deliver it last.
    pub fn is_failing(&self) -> bool {
        self.delivery_status == "FAILED"
    }
}
