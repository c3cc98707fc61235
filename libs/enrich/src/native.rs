//! The fields of flow logs as elements of their own.
//!
//! What enrichment makes of a line has elements in every layout. Any field of the line itself
//! can be added to a layout: as it stands in the line, under an element of weir's own.

use weir_flowlog::Field;
use weir_ipfix::element as ie;
use weir_ipfix::{DataType, InformationElement, Layout, Registry, Slot};

/// The element id of the first native field; the others follow in the order of [`Field::ALL`].
const FIRST_ID: u16 = 101;

/// A field of flow logs as it is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NativeField {
    /// The field.
    pub field: Field,
    /// Its key in syslog and JSON: AWS's name with underscores.
    pub key: &'static str,
    /// Its element: numbers as unsigned integers, all else as strings.
    pub element: InformationElement,
}

impl NativeField {
    /// How `field` is exported.
    pub fn of(field: Field) -> Option<&'static Self> {
        NATIVE_FIELDS.get(field as usize)
    }

    /// Finds a field by its name, with underscores or hyphens.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::of(Field::from_name(name.as_bytes())?)
    }

    /// Finds the field of an element.
    fn by_element(element: &InformationElement) -> Option<&'static Self> {
        let position = element.id.checked_sub(FIRST_ID)?;
        let native = NATIVE_FIELDS.get(usize::from(position))?;
        (element.registry == Registry::Weir).then_some(native)
    }
}

/// Where the native fields of one layout stand, made once for each layout.
#[derive(Clone, Debug, Default)]
pub(crate) struct NativePlan {
    pub(crate) numbers: Vec<(Field, Slot)>,
    /// The addresses of the original packet.
    pub(crate) packets: Vec<(Field, Slot)>,
    pub(crate) texts: Vec<AddedText>,
    /// The exporter's IPv6 address, which is no field of a flow log.
    pub(crate) exporter_ipv6: Option<Slot>,
}

/// What fills a string that was added to a layout.
#[derive(Clone, Copy, Debug)]
pub(crate) enum AddedText {
    /// A field of the line.
    Native(Field),
    /// The geographic region of the address in a field.
    GeoRegion(Field),
    /// Nothing that weir knows.
    Nothing,
}

impl AddedText {
    pub(crate) fn of(element: &InformationElement) -> Self {
        match NativeField::by_element(element) {
            Some(native) => Self::Native(native.field),
            None if *element == ie::SOURCE_GEO_REGION => Self::GeoRegion(Field::SrcAddr),
            None if *element == ie::DESTINATION_GEO_REGION => Self::GeoRegion(Field::DstAddr),
            None => Self::Nothing,
        }
    }
}

impl NativePlan {
    pub(crate) fn new(layout: &Layout) -> Self {
        let exporter_ipv6 = layout.slot(&ie::EXPORTER_IPV6_ADDRESS);
        let mut plan = Self { exporter_ipv6, ..Self::default() };
        // The strings of every layout come before the ones that were added.
        let standard = Layout::new(layout.family(), 0).string_count();
        for element in layout.elements() {
            match (layout.slot(element), layout.string_index(element)) {
                (Some(slot), _) => {
                    let native = NativeField::by_element(element);
                    plan.numbers.extend(native.map(|native| (native.field, slot)));
                    plan.packets.extend(packet_field(element).map(|field| (field, slot)));
                }
                (None, Some(at)) if at >= standard => plan.texts.push(AddedText::of(element)),
                _ => {}
            }
        }
        plan
    }
}

/// The field that fills an element of the original packet's addresses.
pub(crate) fn packet_field(element: &InformationElement) -> Option<Field> {
    match *element {
        ie::SOURCE_PACKET_IPV4_ADDRESS | ie::SOURCE_PACKET_IPV6_ADDRESS => Some(Field::PktSrcAddr),
        ie::DESTINATION_PACKET_IPV4_ADDRESS | ie::DESTINATION_PACKET_IPV6_ADDRESS => {
            Some(Field::PktDstAddr)
        }
        _ => None,
    }
}

const fn native(
    field: Field,
    key: &'static str,
    name: &'static str,
    data_type: DataType,
) -> NativeField {
    let element = InformationElement::weir(FIRST_ID + field as u16, name, data_type);
    NativeField { field, key, element }
}

/// All native fields, in the order of [`Field::ALL`].
pub const NATIVE_FIELDS: [NativeField; Field::COUNT] = {
    use DataType::{String, Unsigned8, Unsigned16, Unsigned64};
    use Field as F;
    [
        native(F::Version, "version", "awsFlowLogVersion", Unsigned8),
        native(F::AccountId, "account_id", "awsFlowLogAccountId", String),
        native(F::InterfaceId, "interface_id", "awsFlowLogInterfaceId", String),
        native(F::SrcAddr, "srcaddr", "awsFlowLogSrcaddr", String),
        native(F::DstAddr, "dstaddr", "awsFlowLogDstaddr", String),
        native(F::SrcPort, "srcport", "awsFlowLogSrcport", Unsigned16),
        native(F::DstPort, "dstport", "awsFlowLogDstport", Unsigned16),
        native(F::Protocol, "protocol", "awsFlowLogProtocol", Unsigned8),
        native(F::Packets, "packets", "awsFlowLogPackets", Unsigned64),
        native(F::Bytes, "bytes", "awsFlowLogBytes", Unsigned64),
        native(F::Start, "start", "awsFlowLogStart", Unsigned64),
        native(F::End, "end", "awsFlowLogEnd", Unsigned64),
        native(F::Action, "action", "awsFlowLogAction", String),
        native(F::LogStatus, "log_status", "awsFlowLogLogStatus", String),
        native(F::VpcId, "vpc_id", "awsFlowLogVpcId", String),
        native(F::SubnetId, "subnet_id", "awsFlowLogSubnetId", String),
        native(F::InstanceId, "instance_id", "awsFlowLogInstanceId", String),
        native(F::TcpFlags, "tcp_flags", "awsFlowLogTcpFlags", Unsigned8),
        native(F::Type, "type", "awsFlowLogType", String),
        native(F::PktSrcAddr, "pkt_srcaddr", "awsFlowLogPktSrcaddr", String),
        native(F::PktDstAddr, "pkt_dstaddr", "awsFlowLogPktDstaddr", String),
        native(F::Region, "region", "awsFlowLogRegion", String),
        native(F::AzId, "az_id", "awsFlowLogAzId", String),
        native(F::SublocationType, "sublocation_type", "awsFlowLogSublocationType", String),
        native(F::SublocationId, "sublocation_id", "awsFlowLogSublocationId", String),
        native(F::PktSrcAwsService, "pkt_src_aws_service", "awsFlowLogPktSrcAwsService", String),
        native(F::PktDstAwsService, "pkt_dst_aws_service", "awsFlowLogPktDstAwsService", String),
        native(F::FlowDirection, "flow_direction", "awsFlowLogFlowDirection", String),
        native(F::TrafficPath, "traffic_path", "awsFlowLogTrafficPath", Unsigned8),
        native(F::EcsClusterArn, "ecs_cluster_arn", "awsFlowLogEcsClusterArn", String),
        native(F::EcsClusterName, "ecs_cluster_name", "awsFlowLogEcsClusterName", String),
        native(
            F::EcsContainerInstanceArn,
            "ecs_container_instance_arn",
            "awsFlowLogEcsContainerInstanceArn",
            String,
        ),
        native(
            F::EcsContainerInstanceId,
            "ecs_container_instance_id",
            "awsFlowLogEcsContainerInstanceId",
            String,
        ),
        native(F::EcsContainerId, "ecs_container_id", "awsFlowLogEcsContainerId", String),
        native(
            F::EcsSecondContainerId,
            "ecs_second_container_id",
            "awsFlowLogEcsSecondContainerId",
            String,
        ),
        native(F::EcsServiceName, "ecs_service_name", "awsFlowLogEcsServiceName", String),
        native(
            F::EcsTaskDefinitionArn,
            "ecs_task_definition_arn",
            "awsFlowLogEcsTaskDefinitionArn",
            String,
        ),
        native(F::EcsTaskArn, "ecs_task_arn", "awsFlowLogEcsTaskArn", String),
        native(F::EcsTaskId, "ecs_task_id", "awsFlowLogEcsTaskId", String),
        native(F::RejectReason, "reject_reason", "awsFlowLogRejectReason", String),
        native(F::ResourceId, "resource_id", "awsFlowLogResourceId", String),
        native(F::EncryptionStatus, "encryption_status", "awsFlowLogEncryptionStatus", Unsigned8),
        native(F::InstanceTag, "instance_tag", "awsFlowLogInstanceTag", String),
        native(F::InstanceTag2, "instance_tag_2", "awsFlowLogInstanceTag2", String),
        native(F::InterfaceTag, "interface_tag", "awsFlowLogInterfaceTag", String),
        native(F::InterfaceTag2, "interface_tag_2", "awsFlowLogInterfaceTag2", String),
        native(F::AsgTag, "asg_tag", "awsFlowLogAsgTag", String),
        native(F::AsgTag2, "asg_tag_2", "awsFlowLogAsgTag2", String),
        native(F::InterfaceType, "interface_type", "awsFlowLogInterfaceType", String),
        native(
            F::NextHopInterfaceId,
            "next_hop_interface_id",
            "awsFlowLogNextHopInterfaceId",
            String,
        ),
        native(F::NextHopSubnetId, "next_hop_subnet_id", "awsFlowLogNextHopSubnetId", String),
        native(F::NextHopAzId, "next_hop_az_id", "awsFlowLogNextHopAzId", String),
        native(F::NextHopVpcId, "next_hop_vpc_id", "awsFlowLogNextHopVpcId", String),
        native(
            F::NextHopInterfaceType,
            "next_hop_interface_type",
            "awsFlowLogNextHopInterfaceType",
            String,
        ),
        native(F::ResourceType, "resource_type", "awsFlowLogResourceType", String),
        native(F::TgwId, "tgw_id", "awsFlowLogTgwId", String),
        native(F::TgwAttachmentId, "tgw_attachment_id", "awsFlowLogTgwAttachmentId", String),
        native(
            F::TgwSrcVpcAccountId,
            "tgw_src_vpc_account_id",
            "awsFlowLogTgwSrcVpcAccountId",
            String,
        ),
        native(
            F::TgwDstVpcAccountId,
            "tgw_dst_vpc_account_id",
            "awsFlowLogTgwDstVpcAccountId",
            String,
        ),
        native(F::TgwSrcVpcId, "tgw_src_vpc_id", "awsFlowLogTgwSrcVpcId", String),
        native(F::TgwDstVpcId, "tgw_dst_vpc_id", "awsFlowLogTgwDstVpcId", String),
        native(F::TgwSrcSubnetId, "tgw_src_subnet_id", "awsFlowLogTgwSrcSubnetId", String),
        native(F::TgwDstSubnetId, "tgw_dst_subnet_id", "awsFlowLogTgwDstSubnetId", String),
        native(F::TgwSrcEni, "tgw_src_eni", "awsFlowLogTgwSrcEni", String),
        native(F::TgwDstEni, "tgw_dst_eni", "awsFlowLogTgwDstEni", String),
        native(F::TgwSrcAzId, "tgw_src_az_id", "awsFlowLogTgwSrcAzId", String),
        native(F::TgwDstAzId, "tgw_dst_az_id", "awsFlowLogTgwDstAzId", String),
        native(
            F::TgwPairAttachmentId,
            "tgw_pair_attachment_id",
            "awsFlowLogTgwPairAttachmentId",
            String,
        ),
        native(
            F::PacketsLostNoRoute,
            "packets_lost_no_route",
            "awsFlowLogPacketsLostNoRoute",
            Unsigned64,
        ),
        native(
            F::PacketsLostBlackhole,
            "packets_lost_blackhole",
            "awsFlowLogPacketsLostBlackhole",
            Unsigned64,
        ),
        native(
            F::PacketsLostMtuExceeded,
            "packets_lost_mtu_exceeded",
            "awsFlowLogPacketsLostMtuExceeded",
            Unsigned64,
        ),
        native(
            F::PacketsLostTtlExpired,
            "packets_lost_ttl_expired",
            "awsFlowLogPacketsLostTtlExpired",
            Unsigned64,
        ),
    ]
};

#[cfg(test)]
mod tests {
    use weir_flowlog::FieldKind;

    use super::*;

    #[test]
    fn each_field_stands_at_its_place_under_its_own_name() {
        for (field, native) in Field::ALL.iter().zip(&NATIVE_FIELDS) {
            assert_eq!(native.field, *field);
            assert_eq!(native.key, field.name().replace('-', "_"));
            assert_eq!(NativeField::by_name(field.name()), Some(native));
            assert_eq!(NativeField::by_element(&native.element), Some(native));
        }
    }

    #[test]
    fn numbers_fit_their_elements() {
        for native in &NATIVE_FIELDS {
            let is_number = native.element.data_type != DataType::String;
            match native.field.kind() {
                FieldKind::Number { max } => {
                    let octets = u32::from(native.element.data_type.length());
                    assert!(is_number && u128::from(max) < 1u128 << (8 * octets), "{native:?}");
                }
                _ => assert!(!is_number, "{native:?}"),
            }
        }
    }
}
