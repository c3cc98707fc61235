//! The rules in words.

use std::fmt;

use super::rule::Rule;

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentence = match self {
            Self::Line(field) => return write!(f, "the line has it in field `{}`", field.name()),
            Self::LineLacks(field) => {
                return write!(f, "the line has no value for `{}`", field.name());
            }
            Self::InVpc { vpc_id } => return write!(f, "{vpc_id} has the address"),
            Self::InPeeredVpc { vpc_id } => {
                return write!(
                    f,
                    "a route leads over a peering connection to {vpc_id}, which has the address"
                );
            }
            Self::InTransitVpc { vpc_id } => {
                return write!(
                    f,
                    "a route leads over a transit gateway to {vpc_id}, which has the address"
                );
            }
            Self::InVpcOfSide { vpc_id } => {
                return write!(f, "the line names {vpc_id} for this side, which has the address");
            }
            Self::PublicAddress { interface_id } => {
                return write!(f, "it is the public address of {interface_id}");
            }
            Self::AwsRange { prefix } => {
                return write!(f, "the address lies in {prefix} of AWS's published ranges");
            }
            Self::HeldThen { found, interface_id, until } => {
                let holder = if interface_id.is_empty() { "what is gone" } else { interface_id };
                return match time_of(*until) {
                    Some(until) => write!(f, "{found}: {holder} held it then, until {until}"),
                    None => write!(f, "{found}: {holder} held it then"),
                };
            }
            Self::NobodyInVpc { vpc_id } => {
                return write!(
                    f,
                    "the address lies in {vpc_id}, where nothing in the inventory has it"
                );
            }
            Self::GeoRegion(field) => {
                return write!(
                    f,
                    "the database of geographic regions has the address in field `{}`",
                    field.name()
                );
            }
            Self::NoGeoRegion(field) => {
                return write!(
                    f,
                    "no database of geographic regions has an address in field `{}`",
                    field.name()
                );
            }
            Self::TransitGatewayOfLine => "the line names the transit gateway in field `tgw-id`",
            Self::VpcOfLine => "the line names the VPC in field `vpc-id`",
            Self::VpcOfInterface => {
                "the line names no VPC, and the inventory has the interface that it names in this one"
            }
            Self::UnknownTransitGateway => {
                "the inventory does not have the transit gateway that the line names"
            }
            Self::UnknownVpc => "the inventory does not have the VPC that the line names",
            Self::UnknownInterface => {
                "the line names no VPC, and no interface whose VPC the inventory has"
            }
            Self::ExporterAssigned => "it was assigned to the exporter by hand",
            Self::ExporterUnassigned => "nothing was assigned to the exporter",
            Self::ExporterFirstBlock => {
                "it is the base address + 1 of the VPC's first IPv4 block, the VPC's router"
            }
            Self::ExporterNameTag => "it is the `Name` tag of the exporter",
            Self::ExporterId => "it is the id of the exporter, which has no `Name` tag",
            Self::ExporterFallback => "it is that of the fallback exporter",
            Self::SideOfPrimaryAddress => "this side has the primary address of the interface",
            Self::SideOfOwnAddress => "this side alone has an address of the interface",
            Self::SideOfPacketAddress => {
                "this side alone has an address of the interface in the original packet"
            }
            Self::SideOfDirection => {
                "no address tells, and the line has the direction in field `flow-direction`"
            }
            Self::SideUnknown => "neither an address nor the line's direction tells",
            Self::SideOfTransitGateway => "neither side is an interface of the transit gateway",
            Self::DirectionOfSide => {
                "the line has no value for `flow-direction`, and the side of the interface tells"
            }
            Self::InterfaceIndex => "it is a hash of the interface's id: this is its side",
            Self::RouterIndex => {
                "it is the index of the VPC's router: this is not the interface's side"
            }
            Self::Interface => "it is the interface that the line names, which has the address",
            Self::InterfaceWithoutAddress => {
                "it is the interface that the line names, under an address that the inventory does \
                 not list for it"
            }
            Self::UnlistedInterface => {
                "it is the interface of the line, which the inventory does not have"
            }
            Self::InstanceOfLine => {
                "it is the name of the instance that the line names, which is not the one that \
                 the inventory has for the interface"
            }
            Self::UnlistedInstance => {
                "the line names another instance than the inventory has for the interface, and the \
                 inventory does not have that one"
            }
            Self::Nowhere => "routes for the address lead to a blackhole or to no place at all",
            Self::NobodyBeyond => {
                "the address lies beyond all VPCs, where no interface and no range of AWS has it"
            }
            Self::FoundWithout => "what was found for the address has no such value",
            Self::InventoryOfInterface => {
                "the inventory has it for the interface that the line names"
            }
            Self::InventoryOfExporter => "the inventory has it for the exporter",
            Self::Place => "the place where the line comes from has it",
            Self::Unknown => "neither the line, the inventory nor the line's place has it",
            Self::Unfilled => "no rule fills this element",
        };
        f.write_str(sentence)
    }
}

/// A time in Unix seconds as people write it, in UTC.
fn time_of(seconds: u64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}
