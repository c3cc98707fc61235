//! What VPC flow logs tell of a flow, field by field.

use std::net::IpAddr;

use weir_flowlog::Field;

use super::environment::{EcsTask, Eni, Environment, Tags};
use super::flow::{Action, Egress, Flow, QuietInterval, WithoutFlow};
use super::value::Value;

/// The records of one format.
#[derive(Clone, Copy)]
pub(super) struct Records<'a> {
    environment: &'a Environment,
    version: u8,
}

impl<'a> Records<'a> {
    pub(super) fn new(environment: &'a Environment, columns: &[Field]) -> Self {
        // A record's version is that of the newest field in its format.
        let version = columns.iter().map(|field| field.version()).max().unwrap_or(2);
        Self { environment, version }
    }

    /// NODATA or SKIPDATA: where and when, and nothing about traffic.
    pub(super) fn without_flow(&self, field: Field, interval: &QuietInterval) -> Value<'a> {
        match field {
            Field::Version => Value::Number(self.version.into()),
            Field::Start => Value::Number(interval.start),
            Field::End => Value::Number(interval.end),
            Field::LogStatus => Value::Text(match interval.status {
                WithoutFlow::NoData => "NODATA",
                WithoutFlow::SkipData => "SKIPDATA",
            }),
            field => Value::text(self.place(field, interval.reporter)),
        }
    }

    /// A flow.
    pub(super) fn flow(&self, field: Field, flow: &Flow) -> Value<'a> {
        match field {
            Field::Version => Value::Number(self.version.into()),
            Field::SrcAddr => Value::Address(flow.source),
            Field::DstAddr => Value::Address(flow.destination),
            Field::PktSrcAddr => Value::Address(flow.packet_source),
            Field::PktDstAddr => Value::Address(flow.packet_destination),
            Field::SrcPort => Value::Number(flow.source_port.into()),
            Field::DstPort => Value::Number(flow.destination_port.into()),
            Field::Protocol => Value::Number(flow.protocol.into()),
            Field::Packets => Value::Number(flow.packets),
            Field::Bytes => Value::number(flow.bytes),
            Field::Start => Value::Number(flow.start),
            Field::End => Value::Number(flow.end),
            Field::TcpFlags => Value::Number(flow.tcp_flags.into()),
            Field::TrafficPath => Value::number(flow.egress.map(|x| x.path as u64)),
            Field::EncryptionStatus => Value::Number(flow.encryption_status.into()),
            field => Value::text(self.flow_text(field, flow)),
        }
    }

    fn flow_text(&self, field: Field, flow: &Flow) -> Option<&'a str> {
        match field {
            Field::Action => Some(match flow.action {
                Action::Accept => "ACCEPT",
                Action::Reject => "REJECT",
            }),
            Field::LogStatus => Some("OK"),
            Field::Type => Some(match flow.source {
                IpAddr::V4(_) => "IPv4",
                IpAddr::V6(_) => "IPv6",
            }),
            Field::FlowDirection => Some(if flow.egress.is_some() { "egress" } else { "ingress" }),
            Field::PktSrcAwsService => flow.source_service,
            Field::PktDstAwsService => flow.destination_service,
            Field::RejectReason => flow.reject_reason,
            Field::NextHopInterfaceId
            | Field::NextHopSubnetId
            | Field::NextHopAzId
            | Field::NextHopVpcId
            | Field::NextHopInterfaceType => self.next_hop(field, flow.egress),
            field => self.place(field, flow.reporter).or_else(|| self.attached(field, flow)),
        }
    }

    /// Where the reporter is.
    fn place(&self, field: Field, reporter: usize) -> Option<&'a str> {
        let interface = self.environment.interface(reporter);
        match field {
            Field::AccountId => Some(&interface.account_id),
            Field::InterfaceId => Some(&interface.id),
            Field::VpcId => Some(&interface.vpc_id),
            Field::SubnetId => interface.subnet_id.as_deref(),
            Field::InstanceId => interface.instance_id.as_deref(),
            Field::Region => Some(&self.environment.vpc_of(reporter).region),
            Field::AzId => self.environment.subnet_of(reporter).availability_zone_id.as_deref(),
            _ => None,
        }
    }

    /// What the reporter belongs to.
    fn attached(&self, field: Field, flow: &Flow) -> Option<&'a str> {
        let eni: &'a Eni = &self.environment.enis[flow.reporter];
        match field {
            Field::ResourceId => eni.resource_id.as_deref(),
            Field::InterfaceType => self.interface_type(flow.reporter),
            field => tag(&eni.tags, field).or_else(|| ecs(eni.ecs.as_deref()?, field)),
        }
    }

    fn next_hop(&self, field: Field, egress: Option<Egress>) -> Option<&'a str> {
        let next_hop = egress?.next_hop?;
        match field {
            Field::NextHopInterfaceId => self.place(Field::InterfaceId, next_hop),
            Field::NextHopSubnetId => self.place(Field::SubnetId, next_hop),
            Field::NextHopAzId => self.place(Field::AzId, next_hop),
            Field::NextHopVpcId => self.place(Field::VpcId, next_hop),
            _ => self.interface_type(next_hop),
        }
    }

    /// Flow logs name the types that are not an instance's.
    fn interface_type(&self, eni: usize) -> Option<&'a str> {
        Some(self.environment.interface(eni).interface_type.as_str()).filter(|x| *x != "interface")
    }
}

fn tag(tags: &Tags, field: Field) -> Option<&str> {
    match field {
        Field::InstanceTag => tags.instance.as_deref(),
        Field::InstanceTag2 => tags.instance_2.as_deref(),
        Field::InterfaceTag => tags.interface.as_deref(),
        Field::AsgTag => tags.auto_scaling_group.as_deref(),
        _ => None,
    }
}

fn ecs(task: &EcsTask, field: Field) -> Option<&str> {
    Some(match field {
        Field::EcsClusterArn => &task.cluster_arn,
        Field::EcsClusterName => &task.cluster_name,
        Field::EcsContainerInstanceArn => &task.container_instance_arn,
        Field::EcsContainerInstanceId => &task.container_instance_id,
        Field::EcsContainerId => &task.container_id,
        Field::EcsServiceName => &task.service_name,
        Field::EcsTaskDefinitionArn => &task.task_definition_arn,
        Field::EcsTaskArn => &task.task_arn,
        Field::EcsTaskId => &task.task_id,
        _ => return None,
    })
}
