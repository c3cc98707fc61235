//! EC2's shapes, as its answers hold them, become the inventory's.

use aws_sdk_ec2::types::{
    self, DestinationFileFormat, LogDestinationType, NetworkInterfaceType, RouteState, Tag,
    TransitGatewayAttachmentResourceType, TransitGatewayAttachmentState, TransitGatewayRouteState,
    VpcCidrBlockStateCode, VpcPeeringConnectionStateReasonCode,
};
use weir_inventory::region::{DestinationOptions, FlowLogDestination, TrafficType};
use weir_inventory::{InterfaceAddress, Route, TransitGatewayRoute};

use super::routes::PrefixLists;
use super::{flow_logs, interfaces, routes, transit, vpcs};
use crate::reader::Place;

fn place() -> Place {
    Place::new("111122223333", "eu-west-1")
}

fn name(value: &str) -> Tag {
    Tag::builder().key("Name").value(value).build()
}

#[test]
fn a_shared_vpc_stays_its_owners_and_blocks_that_are_gone_are_left_out() {
    let association = |block: &str, state| {
        let state = types::VpcCidrBlockState::builder().state(state).build();
        let builder = types::VpcCidrBlockAssociation::builder().cidr_block(block);
        builder.cidr_block_state(state).build()
    };
    let v6 = types::VpcIpv6CidrBlockAssociation::builder().ipv6_cidr_block("2001:db8::/56");
    let found = types::Vpc::builder()
        .vpc_id("vpc-1")
        .owner_id("444455556666")
        .cidr_block("10.0.0.0/16")
        .cidr_block_association_set(association("10.0.0.0/16", VpcCidrBlockStateCode::Associated))
        .cidr_block_association_set(association("10.1.0.0/16", VpcCidrBlockStateCode::Associating))
        .cidr_block_association_set(association(
            "10.2.0.0/16",
            VpcCidrBlockStateCode::Disassociated,
        ))
        .ipv6_cidr_block_association_set(v6.build())
        .tags(name("shared"))
        .build();
    let vpc = vpcs::vpc(&found, &place()).unwrap();
    assert_eq!(vpc.account_id, "444455556666");
    assert_eq!(vpc.name.as_deref(), Some("shared"));
    let blocks: Vec<String> = vpc.cidrs.iter().map(ToString::to_string).collect();
    assert_eq!(blocks, ["10.0.0.0/16", "10.1.0.0/16", "2001:db8::/56"]);
}

fn address(private: &str, public: Option<&str>) -> types::NetworkInterfacePrivateIpAddress {
    let association =
        public.map(|ip| types::NetworkInterfaceAssociation::builder().public_ip(ip).build());
    types::NetworkInterfacePrivateIpAddress::builder()
        .private_ip_address(private)
        .primary(private.ends_with(".10"))
        .set_association(association)
        .build()
}

#[test]
fn an_interface_has_all_its_addresses_the_primary_one_first() {
    let found = types::NetworkInterface::builder()
        .network_interface_id("eni-1")
        .owner_id("777788889999")
        .vpc_id("vpc-1")
        .subnet_id("subnet-1")
        .private_ip_addresses(address("10.0.0.11", Some("198.51.100.11")))
        .private_ip_addresses(address("10.0.0.10", Some("198.51.100.10")))
        .ipv4_prefixes(types::Ipv4PrefixSpecification::builder().ipv4_prefix("10.0.1.0/28").build())
        .ipv6_addresses(
            types::NetworkInterfaceIpv6Address::builder().ipv6_address("2001:db8::1").build(),
        )
        .ipv6_prefixes(
            types::Ipv6PrefixSpecification::builder().ipv6_prefix("2001:db8:0:1::/80").build(),
        )
        .attachment(types::NetworkInterfaceAttachment::builder().instance_id("i-1").build())
        .build();
    let interface = interfaces::interface(&found, &place()).unwrap();
    assert_eq!(interface.account_id, "777788889999", "a participant's, in a shared VPC");
    assert_eq!(interface.instance_id.as_deref(), Some("i-1"));
    assert_eq!(interface.interface_type, "interface");
    let pair = |private: &str, public: Option<&str>| InterfaceAddress {
        private: private.parse().unwrap(),
        public: public.map(|text| text.parse().unwrap()),
    };
    assert_eq!(interface.addresses[0], pair("10.0.0.10", Some("198.51.100.10")));
    assert_eq!(interface.addresses[1], pair("10.0.0.11", Some("198.51.100.11")));
    assert_eq!(interface.addresses.len(), 2 + 16, "a delegated /28 has 16 addresses");
    assert_eq!(interface.addresses[17], pair("10.0.1.15", None));
    assert_eq!(interface.ipv6_addresses, ["2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap()]);
    assert!(interface.owns("2001:db8:0:1::7:8".parse().unwrap()), "an address of a delegated /80");
    assert!(!interface.owns("2001:db8::2".parse().unwrap()));
}

#[test]
fn an_interface_without_an_instance_keeps_what_tells_its_service() {
    let found = types::NetworkInterface::builder()
        .network_interface_id("eni-2")
        .vpc_id("vpc-1")
        .private_ip_address("10.0.0.7")
        .interface_type(NetworkInterfaceType::from("nat_gateway"))
        .description("Interface for NAT Gateway nat-1")
        .attachment(
            types::NetworkInterfaceAttachment::builder().instance_owner_id("amazon").build(),
        )
        .build();
    let interface = interfaces::interface(&found, &place()).unwrap();
    assert_eq!(interface.instance_id, None);
    assert_eq!(interface.interface_type, "nat_gateway");
    assert_eq!(interface.description, "Interface for NAT Gateway nat-1");
    assert_eq!(interface.addresses.len(), 1);
}

#[test]
fn a_time_of_attachment_counts_for_the_primary_address_when_it_is_recent() {
    let at = |seconds| aws_smithy_types::DateTime::from_secs(seconds);
    let found = |seconds| {
        let attachment = types::NetworkInterfaceAttachment::builder().instance_id("i-1");
        types::NetworkInterface::builder()
            .network_interface_id("eni-1")
            .private_ip_address("10.0.0.10")
            .attachment(attachment.attach_time(at(seconds)).build())
            .build()
    };
    let held = interfaces::held_since(&found(2_000), 1_000).unwrap();
    assert_eq!((held.interface_id.as_str(), held.since), ("eni-1", 2_000));
    assert_eq!(interfaces::held_since(&found(900), 1_000), None);
}

#[test]
fn prefix_lists_in_routes_become_their_blocks() {
    let association = types::RouteTableAssociation::builder().subnet_id("subnet-1").build();
    let main = types::RouteTableAssociation::builder().main(true).build();
    let found = types::RouteTable::builder()
        .route_table_id("rtb-1")
        .vpc_id("vpc-1")
        .associations(association)
        .associations(main)
        .routes(
            types::Route::builder()
                .destination_cidr_block("10.0.0.0/16")
                .gateway_id("local")
                .build(),
        )
        .routes(
            types::Route::builder()
                .destination_prefix_list_id("pl-1")
                .transit_gateway_id("tgw-1")
                .state(RouteState::Blackhole)
                .build(),
        )
        .routes(
            types::Route::builder()
                .destination_ipv6_cidr_block("::/0")
                .instance_id("i-1")
                .network_interface_id("eni-1")
                .build(),
        )
        .routes(
            types::Route::builder().destination_prefix_list_id("pl-2").gateway_id("vpce-1").build(),
        )
        .build();
    assert_eq!(
        routes::prefix_lists_of(std::slice::from_ref(&found)).into_iter().collect::<Vec<_>>(),
        ["pl-1", "pl-2"]
    );
    let blocks = vec!["10.7.0.0/16".parse().unwrap(), "10.8.0.0/16".parse().unwrap()];
    let table = routes::route_table(&found, &PrefixLists::from([("pl-1".into(), blocks)])).unwrap();
    assert!(table.is_main);
    assert_eq!(table.subnet_ids, ["subnet-1"]);
    let route = |destination: &str, target: &str, is_blackhole| Route {
        destination: destination.parse().unwrap(),
        target: target.into(),
        is_blackhole,
    };
    let expected = [
        route("10.0.0.0/16", "local", false),
        route("10.7.0.0/16", "tgw-1", true),
        route("10.8.0.0/16", "tgw-1", true),
        route("::/0", "eni-1", false),
    ];
    assert_eq!(table.routes, expected);
}

#[test]
fn only_active_peering_connections_count() {
    let found = |code| {
        let vpc = |id: &str| types::VpcPeeringConnectionVpcInfo::builder().vpc_id(id).build();
        types::VpcPeeringConnection::builder()
            .vpc_peering_connection_id("pcx-1")
            .requester_vpc_info(vpc("vpc-1"))
            .accepter_vpc_info(vpc("vpc-2"))
            .status(types::VpcPeeringConnectionStateReason::builder().code(code).build())
            .build()
    };
    let active = found(VpcPeeringConnectionStateReasonCode::Active);
    let connection = routes::peering_connection(&active).unwrap();
    assert_eq!(connection.requester_vpc_id, "vpc-1");
    assert_eq!(connection.accepter_vpc_id, "vpc-2");
    let deleted = found(VpcPeeringConnectionStateReasonCode::Deleted);
    assert_eq!(routes::peering_connection(&deleted), None);
}

#[test]
fn a_transit_gateway_routes_to_each_attachment_or_into_a_blackhole() {
    let to = |id: &str| {
        types::TransitGatewayRouteAttachment::builder().transit_gateway_attachment_id(id).build()
    };
    let found = types::TransitGatewayRoute::builder()
        .destination_cidr_block("10.0.0.0/8")
        .transit_gateway_attachments(to("tgw-attach-1"))
        .transit_gateway_attachments(to("tgw-attach-2"))
        .state(TransitGatewayRouteState::Active)
        .build();
    let ids: Vec<_> =
        transit::routes(&found).into_iter().map(|route| route.attachment_id.unwrap()).collect();
    assert_eq!(ids, ["tgw-attach-1", "tgw-attach-2"]);
    let hole = types::TransitGatewayRoute::builder()
        .destination_cidr_block("10.9.0.0/16")
        .state(TransitGatewayRouteState::Blackhole)
        .build();
    let destination = "10.9.0.0/16".parse().unwrap();
    assert_eq!(transit::routes(&hole), [TransitGatewayRoute { destination, attachment_id: None }]);
}

#[test]
fn an_attachment_names_its_route_table_and_one_that_is_gone_is_left_out() {
    let found = |state| {
        let table = types::TransitGatewayAttachmentAssociation::builder();
        types::TransitGatewayAttachment::builder()
            .transit_gateway_attachment_id("tgw-attach-1")
            .transit_gateway_id("tgw-1")
            .resource_type(TransitGatewayAttachmentResourceType::Vpc)
            .resource_id("vpc-1")
            .association(table.transit_gateway_route_table_id("tgw-rtb-1").build())
            .state(state)
            .build()
    };
    let attachment = transit::attachment(&found(TransitGatewayAttachmentState::Available)).unwrap();
    assert_eq!(attachment.resource_type, "vpc");
    assert_eq!(attachment.route_table_id.as_deref(), Some("tgw-rtb-1"));
    assert_eq!(transit::attachment(&found(TransitGatewayAttachmentState::Deleted)), None);
}

fn flow_log(kind: Option<LogDestinationType>, destination: Option<&str>) -> types::FlowLog {
    types::FlowLog::builder()
        .flow_log_id("fl-1")
        .resource_id("vpc-1")
        .traffic_type(types::TrafficType::All)
        .log_format("${version} ${vpc-id}")
        .max_aggregation_interval(60)
        .flow_log_status("ACTIVE")
        .deliver_logs_status("FAILED")
        .deliver_logs_error_message("Access error")
        .set_log_destination_type(kind)
        .set_log_destination(destination.map(str::to_owned))
        .build()
}

#[test]
fn a_flow_log_to_a_log_group_keeps_format_and_state() {
    let mut found = flow_log(None, None);
    found.log_group_name = Some("/flow".into());
    let log = flow_logs::flow_log(&found).unwrap();
    assert_eq!(log.log_format, "${version} ${vpc-id}");
    assert_eq!(log.traffic_type, Some(TrafficType::All));
    assert_eq!((log.aggregation_seconds, log.status.as_str()), (Some(60), "ACTIVE"));
    assert_eq!(log.delivery_error.as_deref(), Some("Access error"));
    let expected = FlowLogDestination::CloudWatchLogs { log_group: "/flow".into(), arn: None };
    assert_eq!(log.destination, expected);
}

#[test]
fn a_log_group_is_named_by_its_arn_alone_where_ec2_does_so() {
    let arn = "arn:aws:logs:eu-west-1:444455556666:log-group:/flow:*";
    let found = flow_log(Some(LogDestinationType::CloudWatchLogs), Some(arn));
    let destination = flow_logs::flow_log(&found).unwrap().destination;
    let arn = Some("arn:aws:logs:eu-west-1:444455556666:log-group:/flow".into());
    assert_eq!(destination, FlowLogDestination::CloudWatchLogs { log_group: "/flow".into(), arn });
}

#[test]
fn a_flow_log_to_a_bucket_has_prefix_and_options() {
    let arn = "arn:aws:s3:::flows/team/net/";
    let mut found = flow_log(Some(LogDestinationType::S3), Some(arn));
    found.destination_options = Some(
        types::DestinationOptionsResponse::builder()
            .file_format(DestinationFileFormat::Parquet)
            .hive_compatible_partitions(true)
            .per_hour_partition(true)
            .build(),
    );
    let expected = FlowLogDestination::S3 {
        bucket: "flows".into(),
        prefix: "team/net".into(),
        options: DestinationOptions { is_parquet: true, has_hive_keys: true, is_hourly: true },
    };
    assert_eq!(flow_logs::flow_log(&found).unwrap().destination, expected);
}

#[test]
fn a_flow_log_to_firehose_and_one_to_something_new_keep_their_destination() {
    let arn = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/d";
    let found = flow_log(Some(LogDestinationType::KinesisDataFirehose), Some(arn));
    let expected = FlowLogDestination::Firehose { arn: arn.into() };
    assert_eq!(flow_logs::flow_log(&found).unwrap().destination, expected);
    let found = flow_log(Some(LogDestinationType::from("carrier-pigeon")), Some("loft"));
    let expected = FlowLogDestination::Other {
        destination_type: "carrier-pigeon".into(),
        destination: "loft".into(),
    };
    assert_eq!(flow_logs::flow_log(&found).unwrap().destination, expected);
}
