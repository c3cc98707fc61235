//! What EC2 knows of a region.

mod flow_logs;
mod interfaces;
mod regions;
mod route_lists;
mod routes;
mod tags;
#[cfg(test)]
mod tests;
mod transit;
mod transit_lists;
mod vpcs;

use aws_sdk_ec2::Client;
use aws_types::SdkConfig;
use weir_inventory::region::{FlowLog, HeldSince};
use weir_inventory::{Instance, Interface, Subnet, Vpc};

pub(crate) use regions::all_regions;
pub(crate) use transit_lists::Transit;

use super::calls::{self, Calls, client};
use super::faults::CallError;

/// The largest pages that EC2 gives of most lists.
const PAGE: i32 = 1000;

/// EC2 in one region.
pub(crate) struct Ec2<'c> {
    calls: &'c Calls,
    client: Client,
}

/// Interfaces, and since when those that were attached lately are.
pub(crate) type Interfaces = (Vec<Interface>, Vec<HeldSince>);

/// Lists all pages of an operation and maps what is on them.
macro_rules! list {
    ($self:ident, $action:ident, $what:literal, $request:expr, |$page:ident| $items:expr) => {{
        let mut all = Vec::new();
        let pages = $request.into_paginator().send();
        $self.calls.pages(calls::$action, pages, |$page| all.extend($items)).await?;
        $self.calls.progress().found($what, all.len());
        Ok(all)
    }};
}
use list;

impl<'c> Ec2<'c> {
    pub(crate) fn new(calls: &'c Calls, config: &SdkConfig) -> Self {
        Self { calls, client: client!(aws_sdk_ec2, "ec2", calls, config) }
    }

    pub(crate) async fn vpcs(&self) -> Result<Vec<Vpc>, CallError> {
        let (request, place) = (self.client.describe_vpcs().max_results(PAGE), self.calls.place());
        list!(self, VPCS, "vpcs", request, |page| {
            page.vpcs().iter().filter_map(|found| vpcs::vpc(found, place))
        })
    }

    pub(crate) async fn subnets(&self) -> Result<Vec<Subnet>, CallError> {
        let request = self.client.describe_subnets().max_results(PAGE);
        list!(self, SUBNETS, "subnets", request, |page| {
            page.subnets().iter().filter_map(vpcs::subnet)
        })
    }

    pub(crate) async fn instances(&self) -> Result<Vec<Instance>, CallError> {
        let request = self.client.describe_instances().max_results(PAGE);
        list!(self, INSTANCES, "instances", request, |page| {
            let reservations = page.reservations().iter();
            let instances = reservations.flat_map(|reservation| reservation.instances());
            instances.filter_map(interfaces::instance)
        })
    }

    /// All interfaces. `attached_after` in Unix seconds: of those that were attached after it,
    /// the second list tells when.
    pub(crate) async fn interfaces(&self, attached_after: u64) -> Result<Interfaces, CallError> {
        let (mut all, mut held) = (Vec::new(), Vec::new());
        let request = self.client.describe_network_interfaces().max_results(PAGE);
        let take = |page: aws_sdk_ec2::operation::describe_network_interfaces::DescribeNetworkInterfacesOutput| {
            let found = page.network_interfaces().iter();
            all.extend(found.clone().filter_map(|found| interfaces::interface(found, self.calls.place())));
            held.extend(found.filter_map(|found| interfaces::held_since(found, attached_after)));
        };
        let pages = request.into_paginator().send();
        self.calls.pages(calls::INTERFACES, pages, take).await?;
        self.calls.progress().found("network interfaces", all.len());
        Ok((all, held))
    }

    pub(crate) async fn flow_logs(&self) -> Result<Vec<FlowLog>, CallError> {
        let request = self.client.describe_flow_logs().max_results(PAGE);
        list!(self, FLOW_LOGS, "flow logs", request, |page| {
            page.flow_logs().iter().filter_map(flow_logs::flow_log)
        })
    }
}
