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
        let is_in = |field: &&Field| field.of != Of::RowsOfHalves || self != Self::TopTraffic;
        FIELDS.iter().filter(is_in).filter_map(|field| field.in_report(self)).collect()
    }

    /// The fields of 20201 where each record is written, in the same order.
    pub fn record_fields() -> impl Iterator<Item = ReportField> {
        let of_records = FIELDS.iter().filter(|field| field.of == Of::Records);
        of_records.filter_map(|field| field.in_report(Self::Flows))
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

/// What can be added to a report where exporters have IPv6 addresses.
pub const EXPORTER_IPV6_FIELD: ReportField =
    field("exp_ipv6", address(ie::EXPORTER_IPV6_ADDRESS, Some(ie::EXPORTER_IPV6_ADDRESS)));

/// What can be added to reports 20201 and 20267 where there is a database of geographic regions.
pub const GEO_FIELDS: [ReportField; 2] = [
    field("src_geo_region", FieldSource::Any(ie::SOURCE_GEO_REGION)),
    field("dest_geo_region", FieldSource::Any(ie::DESTINATION_GEO_REGION)),
];

/// A field under its key in each report.
struct Field {
    /// Its key in 20201 and 20267, if they have it.
    of_flows: Option<&'static str>,
    /// Its key in 20062, if that has it.
    of_conversations: Option<&'static str>,
    source: FieldSource,
    of: Of,
}

/// What has a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Records, and rows of them.
    Records,
    /// Rows.
    Rows,
    /// Rows of reports whose halves can be stitched.
    RowsOfHalves,
}

impl Field {
    const fn of_rows(self) -> Self {
        Self { of: Of::Rows, ..self }
    }

    const fn of_rows_of_halves(self) -> Self {
        Self { of: Of::RowsOfHalves, ..self }
    }

    fn in_report(&self, report: Report) -> Option<ReportField> {
        let key = match report {
            Report::Flows | Report::TopTraffic => self.of_flows,
            Report::Conversations => self.of_conversations,
        };
        key.map(|key| field(key, self.source))
    }
}

const fn named(
    of_flows: Option<&'static str>,
    of_conversations: Option<&'static str>,
    source: FieldSource,
) -> Field {
    Field { of_flows, of_conversations, source, of: Of::Records }
}

/// A field with one key in all reports.
const fn of_all(key: &'static str, source: FieldSource) -> Field {
    named(Some(key), Some(key), source)
}

/// A field with two keys.
const fn of_both(
    of_flows: &'static str,
    of_conversations: &'static str,
    source: FieldSource,
) -> Field {
    named(Some(of_flows), Some(of_conversations), source)
}

const fn of_flows(key: &'static str, source: FieldSource) -> Field {
    named(Some(key), None, source)
}

const fn of_conversations(key: &'static str, source: FieldSource) -> Field {
    named(None, Some(key), source)
}

/// All fields in the order in which reports have them. Regions of 20062 without `cloud` are
/// geographic ones.
const FIELDS: [Field; 37] = [
    of_conversations("flow_type", FieldSource::Any(ie::FLOW_SOURCE_TYPE)),
    of_all("exp_ip", address(ie::EXPORTER_IPV4_ADDRESS, Some(ie::EXPORTER_IPV4_ADDRESS))),
    of_both("account_id", "aws_account_id", FieldSource::Text(ie::ACCOUNT_ID)),
    of_flows("vpcflow_action", FieldSource::Action(slot::FORWARDING_STATUS)),
    of_conversations("action", FieldSource::ActionLetter(slot::FORWARDING_STATUS)),
    of_all("bytes_in", FieldSource::Number(slot::OCTETS)),
    of_all("dest_ip", address(ie::DESTINATION_IPV4_ADDRESS, Some(ie::DESTINATION_IPV6_ADDRESS))),
    of_all("dest_port", FieldSource::Number(slot::DESTINATION_PORT)),
    of_all("flow_end_time", FieldSource::Seconds(slot::END)),
    of_all("aws_src_inst_id", FieldSource::Text(ie::SOURCE_INSTANCE_ID)),
    of_all("aws_dest_inst_id", FieldSource::Text(ie::DESTINATION_INSTANCE_ID)),
    of_both("interface_id", "aws_interface_id", FieldSource::Text(ie::INTERFACE_ID)),
    of_all("packets_in", FieldSource::Number(slot::PACKETS)),
    of_all("protocol", FieldSource::Number(slot::PROTOCOL)),
    of_all("src_ip", address(ie::SOURCE_IPV4_ADDRESS, Some(ie::SOURCE_IPV6_ADDRESS))),
    of_all("src_port", FieldSource::Number(slot::SOURCE_PORT)),
    of_all("flow_start_time", FieldSource::Seconds(slot::START)),
    of_flows("subnet_id", FieldSource::Text(ie::SUBNET_ID)),
    of_all("tcp_flag", FieldSource::Number(slot::TCP_FLAGS)),
    of_flows("vpcflow_type", FieldSource::Text(ie::TRAFFIC_TYPE)),
    of_both("vpc_id", "aws_vpc_id", FieldSource::Text(ie::VPC_ID)),
    of_both("src_inst_name", "src_vm_name", FieldSource::Text(ie::SOURCE_INSTANCE_NAME)),
    of_both("dest_inst_name", "dest_vm_name", FieldSource::Text(ie::DESTINATION_INSTANCE_NAME)),
    of_all("src_ip_pub", address(ie::POST_NAT_SOURCE_IPV4_ADDRESS, None)),
    of_all("dest_ip_pub", address(ie::POST_NAT_DESTINATION_IPV4_ADDRESS, None)),
    of_conversations("src_region", FieldSource::Any(ie::SOURCE_GEO_REGION)),
    of_both("src_region", "src_cloud_region", FieldSource::Text(ie::SOURCE_REGION)),
    of_conversations("dest_region", FieldSource::Any(ie::DESTINATION_GEO_REGION)),
    of_both("dest_region", "dest_cloud_region", FieldSource::Text(ie::DESTINATION_REGION)),
    of_both("src_service", "src_cloud_service", FieldSource::Text(ie::SOURCE_SERVICE)),
    of_both("dest_service", "dest_cloud_service", FieldSource::Text(ie::DESTINATION_SERVICE)),
    of_all("bytes_out", FieldSource::Any(ie::REVERSE_OCTET_DELTA_COUNT)).of_rows_of_halves(),
    of_all("packets_out", FieldSource::Any(ie::REVERSE_PACKET_DELTA_COUNT)).of_rows_of_halves(),
    of_conversations("exp_name", FieldSource::Text(ie::OBSERVATION_DOMAIN_NAME)),
    of_conversations("direction", FieldSource::Any(ie::CONVERSATION_DIRECTION)),
    of_all("flow_count", FieldSource::Any(ie::DELTA_FLOW_COUNT)).of_rows(),
    of_conversations("state", FieldSource::Any(ie::CONVERSATION_STATE)),
];
