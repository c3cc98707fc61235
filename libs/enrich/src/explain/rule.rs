//! The rules that fill a record.

use ipnet::IpNet;
use weir_flowlog::Field;
use weir_inventory::{InterfaceEntry, Snapshot};

/// Why a value is what it is, or is absent. As text, it is a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The line has it in this field.
    Line(Field),
    /// The line has no value for this field, and nothing else tells.
    LineLacks(Field),

    /// The exporter is the transit gateway that the line names.
    TransitGatewayOfLine,
    /// The exporter is the VPC that the line names.
    VpcOfLine,
    /// The exporter is the VPC of the interface that the line names.
    VpcOfInterface,
    /// The exporter is the fallback: the inventory lacks the transit gateway that the line names.
    UnknownTransitGateway,
    /// The exporter is the fallback: the inventory lacks the VPC that the line names.
    UnknownVpc,
    /// The exporter is the fallback: the line names no VPC, and no interface whose VPC the
    /// inventory has.
    UnknownInterface,
    /// It was assigned to the exporter by hand.
    ExporterAssigned,
    /// Nothing was assigned to the exporter.
    ExporterUnassigned,
    /// The base address + 1 of the VPC's first IPv4 block.
    ExporterFirstBlock,
    /// The exporter's `Name` tag.
    ExporterNameTag,
    /// The exporter's id, for want of a name.
    ExporterId,
    /// The fallback exporter has it.
    ExporterFallback,

    /// One side has the primary address of the interface.
    SideOfPrimaryAddress,
    /// One side has an address of the interface.
    SideOfOwnAddress,
    /// One side of the original packet has an address of the interface.
    SideOfPacketAddress,
    /// `flow-direction` tells the side of the interface.
    SideOfDirection,
    /// Nothing tells the side of the interface.
    SideUnknown,
    /// A transit gateway's flow has no interface.
    SideOfTransitGateway,
    /// The direction follows from the side of the interface.
    DirectionOfSide,
    /// A hash of the interface's id.
    InterfaceIndex,
    /// The router's side, which has the same index for all interfaces.
    RouterIndex,

    /// Of the interface that the line names: the address is its own.
    Interface,
    /// Of the interface that the line names, under an address that the inventory does not list.
    InterfaceWithoutAddress,
    /// Of the interface that the line names, which the inventory does not list.
    UnlistedInterface,
    /// By its address in the VPC of the exporter.
    InVpc {
        /// `vpc-…`.
        vpc_id: String,
    },
    /// By its address in a VPC to which a peering connection leads.
    InPeeredVpc {
        /// `vpc-…`.
        vpc_id: String,
    },
    /// By its address in a VPC to which transit gateways lead.
    InTransitVpc {
        /// `vpc-…`.
        vpc_id: String,
    },
    /// By its address in the VPC that the line of a transit gateway names for the side.
    InVpcOfSide {
        /// `vpc-…`.
        vpc_id: String,
    },
    /// By the public address of an interface.
    PublicAddress {
        /// `eni-…`.
        interface_id: String,
    },
    /// By the longest prefix of AWS's published ranges around the address.
    AwsRange {
        /// The prefix.
        prefix: IpNet,
    },
    /// By the address, at the time of the flow: what has it now, if anything, came later.
    HeldThen {
        /// How it was found.
        found: Box<Rule>,
        /// The interface that held the address, or served another instance: `eni-…`; empty when
        /// it is not known.
        interface_id: String,
        /// Up to when, in Unix seconds.
        until: u64,
    },
    /// The name of the instance that the line names, which is not the one that the inventory has
    /// for the interface.
    InstanceOfLine,
    /// The line names an instance that the inventory does not have.
    UnlistedInstance,
    /// Routes lead to a VPC where nothing has the address.
    NobodyInVpc {
        /// `vpc-…`.
        vpc_id: String,
    },
    /// Routes lead nowhere.
    Nowhere,
    /// Beyond all VPCs no interface has the address, nor any range of AWS.
    NobodyBeyond,
    /// What was found for the side has no such value.
    FoundWithout,

    /// The inventory has it for the interface that the line names.
    InventoryOfInterface,
    /// The inventory has it for the exporter.
    InventoryOfExporter,
    /// The place where the line comes from, such as an object's key, has it.
    Place,
    /// Neither the line nor the inventory nor the place has it.
    Unknown,

    /// The database of geographic regions has it for this field's address.
    GeoRegion(Field),
    /// There is no database of geographic regions, or this field's address is not in it.
    NoGeoRegion(Field),
    /// No rule fills the element.
    Unfilled,
}

impl Rule {
    /// The same for an address that `holder` held up to some time.
    pub(super) fn held_then(
        self,
        snapshot: &Snapshot,
        holder: Option<&InterfaceEntry>,
        until: u64,
    ) -> Self {
        let id = holder.map(|holder| snapshot.interface_id(holder)).unwrap_or_default();
        let interface_id = String::from_utf8_lossy(id).into_owned();
        Self::HeldThen { found: Box::new(self), interface_id, until }
    }

    /// The same for a VPC that the line of a transit gateway names for the side.
    pub(super) fn of_side(self) -> Self {
        match self {
            Self::InVpc { vpc_id } => Self::InVpcOfSide { vpc_id },
            Self::HeldThen { found, interface_id, until } => {
                Self::HeldThen { found: Box::new(found.of_side()), interface_id, until }
            }
            rule => rule,
        }
    }

    /// The rule's name in words joined by `_`, the same whatever its details are.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Line(_) => "line",
            Self::LineLacks(_) => "line_lacks",
            Self::TransitGatewayOfLine => "transit_gateway_of_line",
            Self::VpcOfLine => "vpc_of_line",
            Self::VpcOfInterface => "vpc_of_interface",
            Self::UnknownTransitGateway => "unknown_transit_gateway",
            Self::UnknownVpc => "unknown_vpc",
            Self::UnknownInterface => "unknown_interface",
            Self::ExporterAssigned => "exporter_assigned",
            Self::ExporterUnassigned => "exporter_unassigned",
            Self::ExporterFirstBlock => "exporter_first_block",
            Self::ExporterNameTag => "exporter_name_tag",
            Self::ExporterId => "exporter_id",
            Self::ExporterFallback => "exporter_fallback",
            Self::SideOfPrimaryAddress => "side_of_primary_address",
            Self::SideOfOwnAddress => "side_of_own_address",
            Self::SideOfPacketAddress => "side_of_packet_address",
            Self::SideOfDirection => "side_of_direction",
            Self::SideUnknown => "side_unknown",
            Self::SideOfTransitGateway => "side_of_transit_gateway",
            Self::DirectionOfSide => "direction_of_side",
            Self::InterfaceIndex => "interface_index",
            Self::RouterIndex => "router_index",
            Self::Interface => "interface",
            Self::InterfaceWithoutAddress => "interface_without_address",
            Self::UnlistedInterface => "unlisted_interface",
            Self::InVpc { .. } => "in_vpc",
            Self::InPeeredVpc { .. } => "in_peered_vpc",
            Self::InTransitVpc { .. } => "in_transit_vpc",
            Self::InVpcOfSide { .. } => "in_vpc_of_side",
            Self::PublicAddress { .. } => "public_address",
            Self::AwsRange { .. } => "aws_range",
            Self::HeldThen { .. } => "held_then",
            Self::InstanceOfLine => "instance_of_line",
            Self::UnlistedInstance => "unlisted_instance",
            Self::NobodyInVpc { .. } => "nobody_in_vpc",
            Self::Nowhere => "nowhere",
            Self::NobodyBeyond => "nobody_beyond",
            Self::FoundWithout => "found_without",
            Self::InventoryOfInterface => "inventory_of_interface",
            Self::InventoryOfExporter => "inventory_of_exporter",
            Self::Place => "place",
            Self::Unknown => "unknown",
            Self::GeoRegion(_) => "geo_region",
            Self::NoGeoRegion(_) => "no_geo_region",
            Self::Unfilled => "unfilled",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_rule_has_a_name_and_a_sentence_of_its_own() {
        let vpc_id = || "vpc-1".to_owned();
        let rules = [
            Rule::Line(Field::Bytes),
            Rule::LineLacks(Field::Bytes),
            Rule::TransitGatewayOfLine,
            Rule::VpcOfLine,
            Rule::VpcOfInterface,
            Rule::UnknownTransitGateway,
            Rule::UnknownVpc,
            Rule::UnknownInterface,
            Rule::ExporterAssigned,
            Rule::ExporterFirstBlock,
            Rule::ExporterNameTag,
            Rule::ExporterId,
            Rule::ExporterFallback,
            Rule::SideOfPrimaryAddress,
            Rule::SideOfOwnAddress,
            Rule::SideOfPacketAddress,
            Rule::SideOfDirection,
            Rule::SideUnknown,
            Rule::SideOfTransitGateway,
            Rule::DirectionOfSide,
            Rule::InterfaceIndex,
            Rule::RouterIndex,
            Rule::Interface,
            Rule::InterfaceWithoutAddress,
            Rule::UnlistedInterface,
            Rule::InVpc { vpc_id: vpc_id() },
            Rule::InPeeredVpc { vpc_id: vpc_id() },
            Rule::InTransitVpc { vpc_id: vpc_id() },
            Rule::InVpcOfSide { vpc_id: vpc_id() },
            Rule::PublicAddress { interface_id: "eni-1".to_owned() },
            Rule::AwsRange { prefix: "3.5.0.0/16".parse().unwrap() },
            Rule::HeldThen {
                found: Box::new(Rule::InVpc { vpc_id: vpc_id() }),
                interface_id: "eni-1".to_owned(),
                until: 1_764_072_000,
            },
            Rule::InstanceOfLine,
            Rule::UnlistedInstance,
            Rule::NobodyInVpc { vpc_id: vpc_id() },
            Rule::Nowhere,
            Rule::NobodyBeyond,
            Rule::FoundWithout,
            Rule::InventoryOfInterface,
            Rule::InventoryOfExporter,
            Rule::Place,
            Rule::Unknown,
            Rule::GeoRegion(Field::SrcAddr),
            Rule::NoGeoRegion(Field::SrcAddr),
            Rule::Unfilled,
        ];
        let names: BTreeSet<_> = rules.iter().map(Rule::name).collect();
        let sentences: BTreeSet<_> = rules.iter().map(Rule::to_string).collect();
        assert_eq!((names.len(), sentences.len()), (rules.len(), rules.len()));
        for sentence in sentences {
            assert!(!sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
        }
    }
}
