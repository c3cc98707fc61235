//! Report 20201: every enriched record, field by field.

use weir_ipfix::element as ie;
use weir_ipfix::{InformationElement, Slot, standard as slot};

/// The number of the report with one line for each enriched record.
pub const FLOW_REPORT_ID: u32 = 20201;

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
