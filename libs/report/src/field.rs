//! The reports, field by field.

use weir_ipfix::element as ie;
use weir_ipfix::{InformationElement, Slot, standard as slot};

/// A report of the product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Report {
    /// 20201: each enriched record, or flows counted together over an interval.
    #[default]
    Flows,
    /// 20267: the largest flows of each VPC over an interval.
    TopTraffic,
    /// 20062: conversations of clients and servers over an interval.
    Conversations,
}

impl Report {
    /// All reports.
    pub const ALL: [Self; 3] = [Self::Flows, Self::TopTraffic, Self::Conversations];

    /// Its number, which messages carry as `nfc_id`.
    pub const fn number(self) -> u32 {
        match self {
            Self::Flows => 20201,
            Self::TopTraffic => 20267,
            Self::Conversations => 20062,
        }
    }

    /// The fields of its rows, which are counted over an interval, in the order in which they are
    /// written after `nfc_id`. What a row has no value for is left out: geographic regions without
    /// a database, the way back without stitching.
    pub fn row_fields(self) -> Vec<ReportField> {
        match self {
            Self::Flows => [&FLOW_REPORT[..], &BACK_FIELDS, &[FLOW_COUNT]].concat(),
            Self::TopTraffic => [&FLOW_REPORT[..], &[FLOW_COUNT]].concat(),
            Self::Conversations => CONVERSATION_REPORT.to_vec(),
        }
    }
}

/// One field of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportField {
    /// Its key in syslog and JSON.
    pub key: &'static str,
    /// Where its value stands in a record.
    pub source: FieldSource,
}

/// Where a report field's value stands in a record, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldSource {
    /// An unsigned integer.
    Number(Slot),
    /// A time of the record in milliseconds, written as Unix seconds.
    Seconds(Slot),
    /// forwardingStatus, written as AWS's `ACCEPT` or `REJECT`.
    Action(Slot),
    /// forwardingStatus, written as `A` or `R`.
    ActionLetter(Slot),
    /// An address, found by its element since its place depends on the address family.
    Address {
        /// The element of IPv4 records.
        v4: InformationElement,
        /// The element of IPv6 records; `None` where they have none.
        v6: Option<InformationElement>,
    },
    /// A string.
    Text(InformationElement),
    /// Any element: a number where it has a fixed length, else a string.
    Any(InformationElement),
}

const fn field(key: &'static str, source: FieldSource) -> ReportField {
    ReportField { key, source }
}

const fn address(v4: InformationElement, v6: Option<InformationElement>) -> FieldSource {
    FieldSource::Address { v4, v6 }
}

/// The fields of report 20201 in the order in which they are written, after `nfc_id`.
pub const FLOW_REPORT: [ReportField; 27] = [
    field("exp_ip", address(ie::EXPORTER_IPV4_ADDRESS, Some(ie::EXPORTER_IPV4_ADDRESS))),
    field("account_id", FieldSource::Text(ie::ACCOUNT_ID)),
    field("vpcflow_action", FieldSource::Action(slot::FORWARDING_STATUS)),
    field("bytes_in", FieldSource::Number(slot::OCTETS)),
    field("dest_ip", address(ie::DESTINATION_IPV4_ADDRESS, Some(ie::DESTINATION_IPV6_ADDRESS))),
    field("dest_port", FieldSource::Number(slot::DESTINATION_PORT)),
    field("flow_end_time", FieldSource::Seconds(slot::END)),
    field("aws_src_inst_id", FieldSource::Text(ie::SOURCE_INSTANCE_ID)),
    field("aws_dest_inst_id", FieldSource::Text(ie::DESTINATION_INSTANCE_ID)),
    field("interface_id", FieldSource::Text(ie::INTERFACE_ID)),
    field("packets_in", FieldSource::Number(slot::PACKETS)),
    field("protocol", FieldSource::Number(slot::PROTOCOL)),
    field("src_ip", address(ie::SOURCE_IPV4_ADDRESS, Some(ie::SOURCE_IPV6_ADDRESS))),
    field("src_port", FieldSource::Number(slot::SOURCE_PORT)),
    field("flow_start_time", FieldSource::Seconds(slot::START)),
    field("subnet_id", FieldSource::Text(ie::SUBNET_ID)),
    field("tcp_flag", FieldSource::Number(slot::TCP_FLAGS)),
    field("vpcflow_type", FieldSource::Text(ie::TRAFFIC_TYPE)),
    field("vpc_id", FieldSource::Text(ie::VPC_ID)),
    field("src_inst_name", FieldSource::Text(ie::SOURCE_INSTANCE_NAME)),
    field("dest_inst_name", FieldSource::Text(ie::DESTINATION_INSTANCE_NAME)),
    field("src_ip_pub", address(ie::POST_NAT_SOURCE_IPV4_ADDRESS, None)),
    field("dest_ip_pub", address(ie::POST_NAT_DESTINATION_IPV4_ADDRESS, None)),
    field("src_region", FieldSource::Text(ie::SOURCE_REGION)),
    field("dest_region", FieldSource::Text(ie::DESTINATION_REGION)),
    field("src_service", FieldSource::Text(ie::SOURCE_SERVICE)),
    field("dest_service", FieldSource::Text(ie::DESTINATION_SERVICE)),
];

/// What can be added to the report where exporters have IPv6 addresses.
pub const EXPORTER_IPV6_FIELD: ReportField =
    field("exp_ipv6", address(ie::EXPORTER_IPV6_ADDRESS, Some(ie::EXPORTER_IPV6_ADDRESS)));

/// What can be added to the report where there is a database of geographic regions.
pub const GEO_FIELDS: [ReportField; 2] = [
    field("src_geo_region", FieldSource::Any(ie::SOURCE_GEO_REGION)),
    field("dest_geo_region", FieldSource::Any(ie::DESTINATION_GEO_REGION)),
];

const FLOW_COUNT: ReportField = field("flow_count", FieldSource::Any(ie::DELTA_FLOW_COUNT));

/// What came back, where conversations are stitched.
const BACK_FIELDS: [ReportField; 2] = [
    field("bytes_out", FieldSource::Any(ie::REVERSE_OCTET_DELTA_COUNT)),
    field("packets_out", FieldSource::Any(ie::REVERSE_PACKET_DELTA_COUNT)),
];

/// The fields of report 20062, in order. Its regions without `cloud` are geographic ones.
const CONVERSATION_REPORT: [ReportField; 34] = [
    field("flow_type", FieldSource::Any(ie::FLOW_SOURCE_TYPE)),
    field("exp_ip", address(ie::EXPORTER_IPV4_ADDRESS, Some(ie::EXPORTER_IPV4_ADDRESS))),
    field("aws_account_id", FieldSource::Text(ie::ACCOUNT_ID)),
    field("action", FieldSource::ActionLetter(slot::FORWARDING_STATUS)),
    field("bytes_in", FieldSource::Number(slot::OCTETS)),
    field("dest_ip", address(ie::DESTINATION_IPV4_ADDRESS, Some(ie::DESTINATION_IPV6_ADDRESS))),
    field("dest_port", FieldSource::Number(slot::DESTINATION_PORT)),
    field("flow_end_time", FieldSource::Seconds(slot::END)),
    field("aws_src_inst_id", FieldSource::Text(ie::SOURCE_INSTANCE_ID)),
    field("aws_dest_inst_id", FieldSource::Text(ie::DESTINATION_INSTANCE_ID)),
    field("aws_interface_id", FieldSource::Text(ie::INTERFACE_ID)),
    field("packets_in", FieldSource::Number(slot::PACKETS)),
    field("protocol", FieldSource::Number(slot::PROTOCOL)),
    field("src_ip", address(ie::SOURCE_IPV4_ADDRESS, Some(ie::SOURCE_IPV6_ADDRESS))),
    field("src_port", FieldSource::Number(slot::SOURCE_PORT)),
    field("flow_start_time", FieldSource::Seconds(slot::START)),
    field("tcp_flag", FieldSource::Number(slot::TCP_FLAGS)),
    field("aws_vpc_id", FieldSource::Text(ie::VPC_ID)),
    field("src_vm_name", FieldSource::Text(ie::SOURCE_INSTANCE_NAME)),
    field("dest_vm_name", FieldSource::Text(ie::DESTINATION_INSTANCE_NAME)),
    field("src_ip_pub", address(ie::POST_NAT_SOURCE_IPV4_ADDRESS, None)),
    field("dest_ip_pub", address(ie::POST_NAT_DESTINATION_IPV4_ADDRESS, None)),
    field("src_region", FieldSource::Any(ie::SOURCE_GEO_REGION)),
    field("src_cloud_region", FieldSource::Text(ie::SOURCE_REGION)),
    field("dest_region", FieldSource::Any(ie::DESTINATION_GEO_REGION)),
    field("dest_cloud_region", FieldSource::Text(ie::DESTINATION_REGION)),
    field("src_cloud_service", FieldSource::Text(ie::SOURCE_SERVICE)),
    field("dest_cloud_service", FieldSource::Text(ie::DESTINATION_SERVICE)),
    BACK_FIELDS[0],
    BACK_FIELDS[1],
    field("exp_name", FieldSource::Text(ie::OBSERVATION_DOMAIN_NAME)),
    field("direction", FieldSource::Any(ie::CONVERSATION_DIRECTION)),
    FLOW_COUNT,
    field("state", FieldSource::Any(ie::CONVERSATION_STATE)),
];
