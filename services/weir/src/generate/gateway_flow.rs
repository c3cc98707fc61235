//! One record of a transit gateway as facts, before any format.

use std::net::IpAddr;

use weir_flowlog::Field;

use super::environment::Environment;
use super::value::Value;

/// What a transit gateway saw of one direction of a conversation at one of its attachments.
#[derive(Clone, Copy, Debug)]
pub(super) struct GatewayFlow {
    /// Index of the transit gateway in the inventory.
    pub(super) gateway: usize,
    /// Its interface in the VPC that the packets come from.
    pub(super) source_interface: usize,
    /// Its interface in the VPC that they go to; absent where a blackhole drops them.
    pub(super) destination_interface: Option<usize>,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    pub(super) protocol: u8,
    pub(super) tcp_flags: u8,
    pub(super) packets: u64,
    pub(super) bytes: u64,
    /// Unix seconds.
    pub(super) start: u64,
    /// Unix seconds.
    pub(super) end: u64,
    /// Whether it was seen where the packets leave the gateway, not where they come in.
    pub(super) is_egress: bool,
}

/// The version of records of transit gateways.
pub(super) const VERSION: u8 = 6;

impl GatewayFlow {
    /// The value of a field of Transit Gateway flow logs.
    ///
    /// <https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html>
    pub(super) fn value<'a>(&self, environment: &'a Environment, field: Field) -> Value<'a> {
        let gateway = &environment.inventory.transit_gateways[self.gateway];
        let (source, destination) = (Some(self.source_interface), self.destination_interface);
        match field {
            Field::Version => Value::Number(VERSION.into()),
            Field::ResourceType => Value::Text("TransitGateway"),
            Field::AccountId => Value::Text(&gateway.account_id),
            Field::TgwId => Value::Text(&gateway.id),
            Field::Region => Value::Text(&gateway.region),
            Field::TgwAttachmentId => {
                attachment(environment, if self.is_egress { destination } else { source })
            }
            Field::TgwPairAttachmentId => {
                attachment(environment, if self.is_egress { source } else { destination })
            }
            Field::TgwSrcVpcAccountId
            | Field::TgwSrcVpcId
            | Field::TgwSrcSubnetId
            | Field::TgwSrcEni
            | Field::TgwSrcAzId => place(environment, field, source),
            Field::TgwDstVpcAccountId
            | Field::TgwDstVpcId
            | Field::TgwDstSubnetId
            | Field::TgwDstEni
            | Field::TgwDstAzId => place(environment, field, destination),
            field => self.traffic(field),
        }
    }

    fn traffic<'a>(&self, field: Field) -> Value<'a> {
        match field {
            Field::SrcAddr => Value::Address(self.source),
            Field::DstAddr => Value::Address(self.destination),
            Field::SrcPort => Value::Number(self.source_port.into()),
            Field::DstPort => Value::Number(self.destination_port.into()),
            Field::Protocol => Value::Number(self.protocol.into()),
            Field::Packets => Value::Number(self.packets),
            Field::Bytes => Value::Number(self.bytes),
            Field::Start => Value::Number(self.start),
            Field::End => Value::Number(self.end),
            Field::TcpFlags => Value::Number(self.tcp_flags.into()),
            Field::LogStatus => Value::Text("OK"),
            Field::Type => Value::Text(if self.source.is_ipv4() { "IPv4" } else { "IPv6" }),
            Field::FlowDirection => Value::Text(if self.is_egress { "egress" } else { "ingress" }),
            Field::PacketsLostBlackhole => Value::Number(self.lost()),
            Field::PacketsLostNoRoute
            | Field::PacketsLostMtuExceeded
            | Field::PacketsLostTtlExpired => Value::Number(0),
            _ => Value::Absent,
        }
    }

    /// Packets that a blackhole dropped.
    fn lost(&self) -> u64 {
        if self.destination_interface.is_none() { self.packets } else { 0 }
    }
}

/// The attachment that an interface of the transit gateway belongs to.
fn attachment(environment: &Environment, interface: Option<usize>) -> Value<'_> {
    let attachment = interface.and_then(|interface| {
        environment.vpcs[environment.enis[interface].vpc].attachment.as_ref()
    });
    Value::text(attachment.map(|attachment| {
        environment.inventory.transit_gateway_attachments[attachment.index].id.as_str()
    }))
}

/// Where an interface of the transit gateway is.
fn place(environment: &Environment, field: Field, interface: Option<usize>) -> Value<'_> {
    let Some(eni) = interface else { return Value::Absent };
    match field {
        Field::TgwSrcVpcId | Field::TgwDstVpcId => Value::Text(&environment.vpc_of(eni).id),
        Field::TgwSrcSubnetId | Field::TgwDstSubnetId => {
            Value::Text(&environment.subnet_of(eni).id)
        }
        Field::TgwSrcEni | Field::TgwDstEni => Value::Text(&environment.interface(eni).id),
        Field::TgwSrcAzId | Field::TgwDstAzId => {
            Value::text(environment.subnet_of(eni).availability_zone_id.as_deref())
        }
        _ => Value::Text(&environment.vpc_of(eni).account_id),
    }
}
