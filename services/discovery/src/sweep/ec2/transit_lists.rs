//! Lists transit gateways, their attachments and their route tables.

use aws_sdk_ec2::types::{Filter, TransitGatewayRouteTableState};
use weir_inventory::{
    TransitGateway, TransitGatewayAttachment, TransitGatewayRoute, TransitGatewayRouteTable,
};

use super::{Ec2, PAGE, list, transit};
use crate::sweep::calls;
use crate::sweep::faults::CallError;

/// All about transit gateways.
#[derive(Default)]
pub(crate) struct Transit {
    pub(crate) gateways: Vec<TransitGateway>,
    pub(crate) attachments: Vec<TransitGatewayAttachment>,
    pub(crate) route_tables: Vec<TransitGatewayRouteTable>,
}

impl Ec2<'_> {
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

    async fn transit_routes(&self, table: &str) -> Result<Vec<TransitGatewayRoute>, CallError> {
        let states = Filter::builder().name("state").values("active").values("blackhole").build();
        let request = self.client.search_transit_gateway_routes();
        let request = request.transit_gateway_route_table_id(table).filters(states);
        let request = request.max_results(PAGE);
        list!(self, TRANSIT_GATEWAY_ROUTES, "transit gateway routes", request, |page| {
            page.routes().iter().flat_map(transit::routes)
        })
    }
}
