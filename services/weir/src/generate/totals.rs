//! What was generated, counted as it is written.

use std::ops::AddAssign;

use serde::Serialize;

use super::flow::{Action, Flow, WithoutFlow};
use super::gateway_flow::GatewayFlow;

/// The content of `totals.json`.
///
/// Bytes and packets are those of the traffic, also when the format leaves their columns out;
/// bytes that a record does not have (VPC Block Public Access) count as 0. What several interfaces
/// and a transit gateway report of one conversation counts for each of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Totals {
    /// Lines that tell of a flow, with their bytes and packets.
    #[serde(flatten)]
    pub(crate) flows: Counters,
    /// The same by `action`, for records that have one: those of transit gateways do not.
    pub(crate) by_action: ByAction,
    /// The same by what captured the traffic.
    pub(crate) by_source: BySource,
    /// All lines but the headers.
    pub(crate) lines: u64,
    /// Lines that tell of no flow.
    pub(crate) without_flow: LinesWithoutFlow,
    /// Objects.
    pub(crate) files: u64,
}

/// Records with their bytes and packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counters {
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) packets: u64,
}

/// Counters for each value of `action`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct ByAction {
    pub(crate) accept: Counters,
    pub(crate) reject: Counters,
}

/// Counters for each kind of flow log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct BySource {
    /// VPC flow logs.
    pub(crate) vpc: Counters,
    /// Transit Gateway flow logs.
    pub(crate) tgw: Counters,
}

/// Lines for each `log-status` other than `OK`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct LinesWithoutFlow {
    pub(crate) no_data: u64,
    pub(crate) skip_data: u64,
}

impl Totals {
    pub(super) fn count_flow(&mut self, flow: &Flow) {
        let counters =
            Counters { records: 1, bytes: flow.bytes.unwrap_or(0), packets: flow.packets };
        self.flows += counters;
        self.by_source.vpc += counters;
        match flow.action {
            Action::Accept => self.by_action.accept += counters,
            Action::Reject => self.by_action.reject += counters,
        }
        self.lines += 1;
    }

    pub(super) fn count_gateway_flow(&mut self, flow: &GatewayFlow) {
        let counters = Counters { records: 1, bytes: flow.bytes, packets: flow.packets };
        self.flows += counters;
        self.by_source.tgw += counters;
        self.lines += 1;
    }

    pub(super) fn count_without_flow(&mut self, status: WithoutFlow) {
        match status {
            WithoutFlow::NoData => self.without_flow.no_data += 1,
            WithoutFlow::SkipData => self.without_flow.skip_data += 1,
        }
        self.lines += 1;
    }
}

impl LinesWithoutFlow {
    /// All of them.
    pub(crate) fn sum(self) -> u64 {
        self.no_data + self.skip_data
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.flows += other.flows;
        self.by_action.accept += other.by_action.accept;
        self.by_action.reject += other.by_action.reject;
        self.by_source.vpc += other.by_source.vpc;
        self.by_source.tgw += other.by_source.tgw;
        self.lines += other.lines;
        self.without_flow.no_data += other.without_flow.no_data;
        self.without_flow.skip_data += other.without_flow.skip_data;
        self.files += other.files;
    }
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
        self.records += other.records;
        self.bytes += other.bytes;
        self.packets += other.packets;
    }
}
