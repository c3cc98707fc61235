//! The rule behind each element of a record.

use weir_flowlog::Field;
use weir_ipfix::{FieldSpecifier, InformationElement, InterfaceSide, Layout, element as ie};

use super::end::{Attribute, End};
use super::explanation::{ExplainedElement, ExplainedRecord};
use super::flow::Flow;
use super::rule::Rule;
use crate::decision::{SideDecision, TextDecision};
use crate::native::{AddedText, packet_field};
use crate::texts::{account_of, subnet_of, vpc_of};

/// The elements of one flow's record.
pub(super) struct Elements<'e> {
    pub(super) flow: &'e Flow<'e>,
    source: End<'e>,
    destination: End<'e>,
}

impl<'e> Elements<'e> {
    pub(super) fn of(flow: &'e Flow<'e>) -> Self {
        Self { flow, source: End::source(flow), destination: End::destination(flow) }
    }

    /// Explains the record whose `values` are those of `layout`, in its order.
    pub(super) fn explain(&self, layout: &Layout, values: &[Option<String>]) -> ExplainedRecord {
        let pairs = layout.elements().iter().zip(layout.specifiers());
        let values = values.iter().cloned().chain(std::iter::repeat(None));
        let elements = pairs.zip(values).map(|(pair, value)| self.element(pair, value));
        ExplainedRecord {
            family: layout.family(),
            revision: layout.revision(),
            exporter: self.exporter(),
            interface_side: self.flow.found.sides.interface_side,
            side_rule: self.side_rule(),
            source: self.source.rule().clone(),
            destination: self.destination.rule().clone(),
            elements: elements.collect(),
        }
    }

    fn element(
        &self,
        (element, specifier): (&InformationElement, &FieldSpecifier),
        value: Option<String>,
    ) -> ExplainedElement {
        ExplainedElement {
            name: element.name,
            enterprise_number: specifier.enterprise_number,
            id: element.id,
            rule: self.rule(element, value.is_some()),
            value,
        }
    }

    /// Why `element` has a value or none.
    fn rule(&self, element: &InformationElement, has_value: bool) -> Rule {
        let source = |attribute| self.source.attribute_rule(attribute, has_value);
        let destination = |attribute| self.destination.attribute_rule(attribute, has_value);
        match *element {
            ie::OCTET_DELTA_COUNT => self.of_field(Field::Bytes),
            ie::PACKET_DELTA_COUNT => self.of_field(Field::Packets),
            ie::FLOW_START_MILLISECONDS => self.of_field(Field::Start),
            ie::FLOW_END_MILLISECONDS => self.of_field(Field::End),
            ie::SOURCE_TRANSPORT_PORT => self.of_field(Field::SrcPort),
            ie::DESTINATION_TRANSPORT_PORT => self.of_field(Field::DstPort),
            ie::PROTOCOL_IDENTIFIER => self.of_field(Field::Protocol),
            ie::TCP_CONTROL_BITS => self.of_field(Field::TcpFlags),
            ie::FORWARDING_STATUS => self.of_field(Field::Action),
            ie::FLOW_DIRECTION => self.direction(),
            ie::INGRESS_INTERFACE => self.index(InterfaceSide::Source),
            ie::EGRESS_INTERFACE => self.index(InterfaceSide::Destination),
            ie::EXPORTER_IPV4_ADDRESS => self.exporter_address(),
            ie::EXPORTER_IPV6_ADDRESS if has_value => Rule::ExporterAssigned,
            ie::EXPORTER_IPV6_ADDRESS => Rule::ExporterUnassigned,
            ie::SOURCE_IPV4_ADDRESS | ie::SOURCE_IPV6_ADDRESS => self.of_field(Field::SrcAddr),
            ie::DESTINATION_IPV4_ADDRESS | ie::DESTINATION_IPV6_ADDRESS => {
                self.of_field(Field::DstAddr)
            }
            ie::POST_NAT_SOURCE_IPV4_ADDRESS => source(Attribute::PublicAddress),
            ie::POST_NAT_DESTINATION_IPV4_ADDRESS => destination(Attribute::PublicAddress),
            ie::OBSERVATION_DOMAIN_NAME => self.exporter_name(),
            ie::SOURCE_INSTANCE_ID => source(Attribute::InstanceId),
            ie::SOURCE_INSTANCE_NAME => source(Attribute::InstanceName),
            ie::SOURCE_REGION => source(Attribute::Region),
            ie::SOURCE_SERVICE => source(Attribute::Service),
            ie::DESTINATION_INSTANCE_ID => destination(Attribute::InstanceId),
            ie::DESTINATION_INSTANCE_NAME => destination(Attribute::InstanceName),
            ie::DESTINATION_REGION => destination(Attribute::Region),
            ie::DESTINATION_SERVICE => destination(Attribute::Service),
            ie::ACCOUNT_ID => self.account(has_value),
            ie::VPC_ID => self.vpc(has_value),
            ie::SUBNET_ID => self.subnet(has_value),
            ie::INTERFACE_ID => self.of_field(Field::InterfaceId),
            ie::TRAFFIC_TYPE => self.of_field(Field::Type),
            _ => self.added(element, has_value),
        }
    }

    fn of_field(&self, field: Field) -> Rule {
        self.flow.of_field(field)
    }

    fn direction(&self) -> Rule {
        match (self.flow.values.direction, self.flow.found.sides.interface_side) {
            (None, InterfaceSide::Source | InterfaceSide::Destination) => Rule::DirectionOfSide,
            _ => self.of_field(Field::FlowDirection),
        }
    }

    /// The interface has an index of its own at its own side.
    fn index(&self, side: InterfaceSide) -> Rule {
        let is_own = self.flow.found.sides.interface_side == side;
        let is_named = self.flow.values.interface_id.is_some();
        if is_own && is_named { Rule::InterfaceIndex } else { Rule::RouterIndex }
    }

    fn added(&self, element: &InformationElement, has_value: bool) -> Rule {
        if let Some(field) = packet_field(element) {
            return self.of_field(field);
        }
        match AddedText::of(element) {
            AddedText::Native(field) => self.of_field(field),
            AddedText::GeoRegion(field) if has_value => Rule::GeoRegion(field),
            AddedText::GeoRegion(field) => Rule::NoGeoRegion(field),
            AddedText::Nothing => Rule::Unfilled,
        }
    }

    fn account(&self, has_value: bool) -> Rule {
        let exporter = self.flow.snapshot.vpc(self.flow.found.exporter);
        let chosen =
            account_of(self.flow.values, self.flow.found.interface, exporter, self.flow.place);
        text_rule(chosen.1, Field::AccountId, has_value)
    }

    fn vpc(&self, has_value: bool) -> Rule {
        let exporter = self.flow.snapshot.vpc(self.flow.found.exporter);
        text_rule(vpc_of(self.flow.values, exporter).1, Field::VpcId, has_value)
    }

    fn subnet(&self, has_value: bool) -> Rule {
        text_rule(
            subnet_of(self.flow.values, self.flow.found.interface).1,
            Field::SubnetId,
            has_value,
        )
    }

    fn side_rule(&self) -> Rule {
        match self.flow.decisions.side {
            SideDecision::PrimaryAddress => Rule::SideOfPrimaryAddress,
            SideDecision::OwnAddress => Rule::SideOfOwnAddress,
            SideDecision::PacketAddress => Rule::SideOfPacketAddress,
            SideDecision::Direction => Rule::SideOfDirection,
            SideDecision::Nothing => Rule::SideUnknown,
            SideDecision::TransitGateway => Rule::SideOfTransitGateway,
        }
    }
}

/// Whose word the string of `field` is.
fn text_rule(decision: TextDecision, field: Field, has_value: bool) -> Rule {
    match decision {
        TextDecision::Line => Rule::Line(field),
        _ if !has_value => Rule::Unknown,
        TextDecision::Interface => Rule::InventoryOfInterface,
        TextDecision::Exporter => Rule::InventoryOfExporter,
        TextDecision::Place => Rule::Place,
    }
}
