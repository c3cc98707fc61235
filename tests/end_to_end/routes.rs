//! Where an address lies, found by plain searches through the inventory's route tables.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use crate::oracle::text;

/// Where an address lies, seen from a subnet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In this VPC.
    Vpc(String),
    /// In no VPC of the inventory.
    Beyond,
    /// The route is a blackhole.
    Nowhere,
}

/// The lists of the inventory that tell of routes.
pub(crate) struct Routes {
    vpcs: Vec<Value>,
    route_tables: Vec<Value>,
    peering_connections: Vec<Value>,
    attachments: Vec<Value>,
    transit_tables: Vec<Value>,
}

impl Routes {
    pub(crate) fn new(inventory: &Value) -> Self {
        let list = |key: &str| inventory[key].as_array().cloned().unwrap_or_default();
        Self {
            vpcs: list("vpcs"),
            route_tables: list("route_tables"),
            peering_connections: list("peering_connections"),
            attachments: list("transit_gateway_attachments"),
            transit_tables: list("transit_gateway_route_tables"),
        }
    }

    /// The way of `address` from a subnet: the VPC's own blocks, then the longest prefix of the
    /// subnet's route table, or of the main table when the subnet has none.
    pub(crate) fn way(&self, vpc_id: &str, subnet_id: &str, address: IpAddr) -> Way {
        if self.is_inside(vpc_id, address) {
            return Way::Vpc(vpc_id.to_owned());
        }
        let tables = || self.route_tables.iter().filter(|table| table["vpc_id"] == vpc_id);
        let is_associated = |table: &&Value| {
            let mut subnets = table["subnet_ids"].as_array().into_iter().flatten();
            subnets.any(|subnet| subnet == subnet_id)
        };
        let table = tables().find(is_associated);
        let table = table.or_else(|| tables().find(|table| table["is_main"] == true));
        let Some(route) = table.and_then(|table| longest(table, address)) else {
            return Way::Beyond;
        };
        if route["is_blackhole"] == true {
            return Way::Nowhere;
        }
        let target = text(route, "target");
        match target.split('-').next() {
            Some("pcx") => self.peer(&target, vpc_id),
            Some("tgw") => self.across(&target, vpc_id, address),
            _ => Way::Beyond,
        }
    }

    fn is_inside(&self, vpc_id: &str, address: IpAddr) -> bool {
        let vpc = self.vpcs.iter().find(|vpc| vpc["id"] == vpc_id);
        let mut cidrs = vpc.and_then(|vpc| vpc["cidrs"].as_array()).into_iter().flatten();
        cidrs.any(|cidr| cidr.as_str().unwrap().parse::<IpNet>().unwrap().contains(&address))
    }

    fn peer(&self, peering_id: &str, vpc_id: &str) -> Way {
        let peering = self.peering_connections.iter().find(|peering| peering["id"] == peering_id);
        let Some(peering) = peering else { return Way::Beyond };
        let ends = ["requester_vpc_id", "accepter_vpc_id"].map(|end| text(peering, end));
        let other = ends.into_iter().find(|end| end != vpc_id);
        Way::Vpc(other.expect("a peering connection has two ends"))
    }

    /// Through one transit gateway into the VPC that has the address: `weir generate` makes no
    /// longer ways.
    fn across(&self, gateway: &str, vpc_id: &str, address: IpAddr) -> Way {
        let attachment = self.attachments.iter().find(|attachment| {
            attachment["transit_gateway_id"] == gateway && attachment["resource_id"] == vpc_id
        });
        let table = &attachment.expect("an attachment of the VPC")["route_table_id"];
        let table = self.transit_tables.iter().find(|candidate| candidate["id"] == *table);
        let route = longest(table.expect("the attachment's table"), address);
        let Some(id) = route.and_then(|route| route.get("attachment_id")) else {
            return Way::Nowhere;
        };
        let attachment = self.attachments.iter().find(|attachment| attachment["id"] == *id);
        let attachment = attachment.expect("the attachment of the route");
        assert_eq!(attachment["resource_type"], "vpc", "a way that this oracle does not know");
        let vpc_id = text(attachment, "resource_id");
        assert!(self.is_inside(&vpc_id, address), "a way that this oracle does not know");
        Way::Vpc(vpc_id)
    }
}

/// The route of the longest prefix around `address`.
fn longest(table: &Value, address: IpAddr) -> Option<&Value> {
    let routes = table["routes"].as_array().into_iter().flatten();
    let with_block =
        routes.map(|route| (text(route, "destination").parse::<IpNet>().unwrap(), route));
    let around = with_block.filter(|(block, _)| block.contains(&address));
    around.max_by_key(|(block, _)| block.prefix_len()).map(|(_, route)| route)
}
