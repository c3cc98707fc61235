//! What enrichment takes from a line.

use std::net::IpAddr;
use std::ops::Range;

use weir_flowlog::{Direction, Field, FlowLine};
use weir_inventory::NOW;
use weir_ipfix::AddressFamily;

/// The values of a line that lookups and strings need. They are kept until the lines of a batch
/// are looked up together; what needs no lookup is written at once.
#[derive(Clone, Debug)]
pub(crate) struct LineValues<'t> {
    pub(crate) family: AddressFamily,
    pub(crate) direction: Option<Direction>,
    pub(crate) source: SideValues<'t>,
    pub(crate) destination: SideValues<'t>,
    pub(crate) interface_id: Option<&'t [u8]>,
    pub(crate) vpc_id: Option<&'t [u8]>,
    pub(crate) transit_gateway_id: Option<&'t [u8]>,
    pub(crate) account_id: Option<&'t [u8]>,
    pub(crate) subnet_id: Option<&'t [u8]>,
    pub(crate) instance_id: Option<&'t [u8]>,
    pub(crate) region: Option<&'t [u8]>,
    pub(crate) traffic_type: Option<&'t [u8]>,
    /// The flow's end in Unix seconds, by which lookups tell who held an address; now without it.
    pub(crate) at: u64,
    /// Where the strings of added elements are among those of the batch.
    pub(crate) added: Range<usize>,
}

/// The values of a line that describe one side.
#[derive(Clone, Debug)]
pub(crate) struct SideValues<'t> {
    pub(crate) address: Option<IpAddr>,
    pub(crate) packet_address: Option<IpAddr>,
    pub(crate) service: Option<&'t [u8]>,
    /// The VPC that a transit gateway names for this side.
    pub(crate) vpc_id: Option<&'t [u8]>,
}

impl<'t> LineValues<'t> {
    #[inline]
    pub(crate) fn of(line: &FlowLine<'t>, added: Range<usize>) -> LineValues<'t> {
        let source = SideValues {
            address: line.address(Field::SrcAddr),
            packet_address: line.address(Field::PktSrcAddr),
            service: line.text(Field::PktSrcAwsService),
            vpc_id: line.text(Field::TgwSrcVpcId),
        };
        let destination = SideValues {
            address: line.address(Field::DstAddr),
            packet_address: line.address(Field::PktDstAddr),
            service: line.text(Field::PktDstAwsService),
            vpc_id: line.text(Field::TgwDstVpcId),
        };
        LineValues {
            family: family_of(line),
            direction: line.direction(),
            source,
            destination,
            interface_id: line.text(Field::InterfaceId),
            vpc_id: line.text(Field::VpcId),
            transit_gateway_id: line.text(Field::TgwId),
            account_id: line.text(Field::AccountId),
            subnet_id: line.text(Field::SubnetId),
            instance_id: line.text(Field::InstanceId),
            region: line.text(Field::Region),
            traffic_type: line.text(Field::Type),
            at: line.number(Field::End).unwrap_or(NOW),
            added,
        }
    }
}

impl<'t> SideValues<'t> {
    /// The service that AWS names for the packet's address, where that is the flow's address.
    #[inline]
    pub(crate) fn own_service(&self) -> Option<&'t [u8]> {
        let is_same = self.packet_address.is_none() || self.packet_address == self.address;
        self.service.filter(|_| is_same)
    }
}

#[inline]
pub(crate) fn family_of(line: &FlowLine<'_>) -> AddressFamily {
    if line.is_ipv6() { AddressFamily::V6 } else { AddressFamily::V4 }
}
