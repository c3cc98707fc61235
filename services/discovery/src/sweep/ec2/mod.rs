//! What EC2 knows of a region.

mod flow_logs;
mod interfaces;
mod regions;
mod routes;
mod tags;
#[cfg(test)]
mod tests;
mod transit;
mod vpcs;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{Filter, TransitGatewayRouteTableState};
use aws_types::SdkConfig;
use weir_inventory::region::{FlowLog, HeldSince};
use weir_inventory::{
    Instance, Interface, PeeringConnection, RouteTable, Subnet, TransitGateway,
    TransitGatewayAttachment, TransitGatewayRouteTable, Vpc,
};

pub(crate) use regions::all_regions;

use self::routes::PrefixLists;
use super::calls::{self, Calls, client};
use super::faults::CallError;

/// The largest pages that EC2 gives of most lists.
const PAGE: i32 = 1000;
/// The largest pages of route tables and of prefix lists' entries.
const SMALL_PAGE: i32 = 100;

/// EC2 in one region.
pub(crate) struct Ec2<'c> {
    calls: &'c Calls,
    client: Client,
}

/// Interfaces, and since when those that were attached lately are.
pub(crate) type Interfaces = (Vec<Interface>, Vec<HeldSince>);

/// All about transit gateways.
#[derive(Default)]
pub(crate) struct Transit {
    pub(crate) gateways: Vec<TransitGateway>,
    pub(crate) attachments: Vec<TransitGatewayAttachment>,
    pub(crate) route_tables: Vec<TransitGatewayRouteTable>,
}

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

    /// Route tables, with the errors of prefix lists that could not be read.
    pub(crate) async fn route_tables(
        &self,
    ) -> Result<(Vec<RouteTable>, Vec<CallError>), CallError> {
        let mut tables = Vec::new();
        let request = self.client.describe_route_tables().max_results(SMALL_PAGE);
        let pages = request.into_paginator().send();
        let take =
            |page: aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput| {
                tables.extend(page.route_tables.unwrap_or_default());
            };
        self.calls.pages(calls::ROUTE_TABLES, pages, take).await?;
        let (lists, errors) = self.prefix_lists(routes::prefix_lists_of(&tables)).await;
        let tables = tables.iter().filter_map(|table| routes::route_table(table, &lists));
        let tables: Vec<_> = tables.collect();
        self.calls.progress().found("route tables", tables.len());
        Ok((tables, errors))
    }

    async fn prefix_lists(
        &self,
        ids: impl IntoIterator<Item = String>,
    ) -> (PrefixLists, Vec<CallError>) {
        let (mut lists, mut errors) = (PrefixLists::new(), Vec::new());
        for id in ids {
            match self.prefix_list(&id).await {
                Ok(blocks) => drop(lists.insert(id, blocks)),
                Err(error) => errors.push(error),
            }
        }
        (lists, errors)
    }

    async fn prefix_list(&self, id: &str) -> Result<Vec<ipnet::IpNet>, CallError> {
        let request = self.client.get_managed_prefix_list_entries().prefix_list_id(id);
        let request = request.max_results(SMALL_PAGE);
        list!(self, PREFIX_LIST_ENTRIES, "prefix list entries", request, |page| {
            page.entries().iter().filter_map(|entry| tags::block(entry.cidr()))
        })
    }

    pub(crate) async fn peering_connections(&self) -> Result<Vec<PeeringConnection>, CallError> {
        let request = self.client.describe_vpc_peering_connections().max_results(PAGE);
        list!(self, PEERING_CONNECTIONS, "peering connections", request, |page| {
            page.vpc_peering_connections().iter().filter_map(routes::peering_connection)
        })
    }

    pub(crate) async fn transit(&self) -> Result<Transit, CallError> {
        let gateways = self.transit_gateways().await?;
        // Attachments and route tables belong to gateways, which may be shared with the account.
        if gateways.is_empty() {
            return Ok(Transit::default());
        }
        let attachments = self.attachments().await?;
        Ok(Transit { gateways, attachments, route_tables: self.transit_route_tables().await? })
    }

    async fn transit_gateways(&self) -> Result<Vec<TransitGateway>, CallError> {
        let request = self.client.describe_transit_gateways().max_results(PAGE);
        list!(self, TRANSIT_GATEWAYS, "transit gateways", request, |page| {
            let found = page.transit_gateways().iter();
            found.filter_map(|found| transit::transit_gateway(found, self.calls.place()))
        })
    }

    async fn attachments(&self) -> Result<Vec<TransitGatewayAttachment>, CallError> {
        let request = self.client.describe_transit_gateway_attachments().max_results(PAGE);
        list!(self, TRANSIT_GATEWAY_ATTACHMENTS, "transit gateway attachments", request, |page| {
            page.transit_gateway_attachments().iter().filter_map(transit::attachment)
        })
    }

    async fn transit_route_tables(&self) -> Result<Vec<TransitGatewayRouteTable>, CallError> {
        let request = self.client.describe_transit_gateway_route_tables().max_results(PAGE);
        let listed: Result<Vec<_>, CallError> = list!(
            self,
            TRANSIT_GATEWAY_ROUTE_TABLES,
            "transit gateway route tables",
            request,
            |page| {
                let tables = page.transit_gateway_route_tables.unwrap_or_default().into_iter();
                let is_there = |state: &TransitGatewayRouteTableState| {
                    *state == TransitGatewayRouteTableState::Available
                };
                let tables = tables.filter(move |table| table.state().is_some_and(is_there));
                tables.filter_map(|table| {
                    Some((table.transit_gateway_route_table_id?, table.transit_gateway_id?))
                })
            }
        );
        let mut tables = Vec::new();
        for (id, transit_gateway_id) in listed? {
            let routes = self.transit_routes(&id).await?;
            tables.push(TransitGatewayRouteTable { id, transit_gateway_id, routes });
        }
        Ok(tables)
    }

    async fn transit_routes(
        &self,
        table: &str,
    ) -> Result<Vec<weir_inventory::TransitGatewayRoute>, CallError> {
        let states = Filter::builder().name("state").values("active").values("blackhole").build();
        let request = self.client.search_transit_gateway_routes();
        let request = request.transit_gateway_route_table_id(table).filters(states);
        let request = request.max_results(PAGE);
        list!(self, TRANSIT_GATEWAY_ROUTES, "transit gateway routes", request, |page| {
            page.routes().iter().flat_map(transit::routes)
        })
    }

    pub(crate) async fn flow_logs(&self) -> Result<Vec<FlowLog>, CallError> {
        let request = self.client.describe_flow_logs().max_results(PAGE);
        list!(self, FLOW_LOGS, "flow logs", request, |page| {
            page.flow_logs().iter().filter_map(flow_logs::flow_log)
        })
    }
}
