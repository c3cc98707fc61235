//! Transit gateways, their attachments and their routes.

use aws_sdk_ec2::types::{self, TransitGatewayAttachmentState as State, TransitGatewayRouteState};
use weir_inventory::{TransitGateway, TransitGatewayAttachment, TransitGatewayRoute};

use super::tags::{block, name_of};
use crate::reader::Place;

/// A transit gateway; one that is shared with the account stays its owner's.
pub(crate) fn transit_gateway(
    gateway: &types::TransitGateway,
    place: &Place,
) -> Option<TransitGateway> {
    Some(TransitGateway {
        id: gateway.transit_gateway_id()?.to_owned(),
        account_id: gateway.owner_id().unwrap_or(&place.account_id).to_owned(),
        region: place.region.clone(),
        name: name_of(gateway.tags()),
        exporter: None,
    })
}

/// An attachment, if traffic can pass.
pub(crate) fn attachment(
    attachment: &types::TransitGatewayAttachment,
) -> Option<TransitGatewayAttachment> {
    if !matches!(attachment.state(), Some(State::Available | State::Modifying)) {
        return None;
    }
    let table = attachment.association().and_then(|table| table.transit_gateway_route_table_id());
    Some(TransitGatewayAttachment {
        id: attachment.transit_gateway_attachment_id()?.to_owned(),
        transit_gateway_id: attachment.transit_gateway_id()?.to_owned(),
        resource_type: attachment.resource_type()?.as_str().to_owned(),
        resource_id: attachment.resource_id()?.to_owned(),
        route_table_id: table.map(str::to_owned),
    })
}

/// The routes to one destination: one for each attachment that it leads to, or a blackhole.
pub(crate) fn routes(route: &types::TransitGatewayRoute) -> Vec<TransitGatewayRoute> {
    let Some(destination) = block(route.destination_cidr_block()) else { return Vec::new() };
    if route.state() == Some(&TransitGatewayRouteState::Blackhole) {
        return vec![TransitGatewayRoute { destination, attachment_id: None }];
    }
    let attachments = route.transit_gateway_attachments().iter();
    let ids = attachments.filter_map(|attachment| attachment.transit_gateway_attachment_id());
    ids.map(|id| TransitGatewayRoute { destination, attachment_id: Some(id.to_owned()) }).collect()
}
