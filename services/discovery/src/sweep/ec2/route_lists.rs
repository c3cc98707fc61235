//! Lists route tables, the prefix lists that they name, and peering connections.

use aws_sdk_ec2::operation::describe_route_tables::DescribeRouteTablesOutput;
use ipnet::IpNet;
use weir_inventory::{PeeringConnection, RouteTable};

use super::routes::{self, PrefixLists};
use super::{Ec2, PAGE, list, tags};
use crate::sweep::calls;
use crate::sweep::faults::CallError;

/// The largest pages of route tables and of prefix lists' entries.
const SMALL_PAGE: i32 = 100;

impl Ec2<'_> {
    /// Route tables, with the errors of prefix lists that could not be read.
    pub(crate) async fn route_tables(
        &self,
    ) -> Result<(Vec<RouteTable>, Vec<CallError>), CallError> {
        let mut tables = Vec::new();
        let request = self.client.describe_route_tables().max_results(SMALL_PAGE);
        let pages = request.into_paginator().send();
        let take = |page: DescribeRouteTablesOutput| {
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

    async fn prefix_list(&self, id: &str) -> Result<Vec<IpNet>, CallError> {
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
}
