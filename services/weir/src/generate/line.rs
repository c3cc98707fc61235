//! Flows as lines of a flow log format.

use std::net::IpAddr;

use weir_flowlog::Field;

use super::environment::{EcsTask, Eni, Environment, Tags};
use super::flow::{Action, Egress, Flow, QuietInterval, WithoutFlow};
use super::text::{push_address, push_number};

/// Writes lines of one format.
pub(super) struct LineWriter<'a> {
    environment: &'a Environment,
    columns: &'a [Field],
    version: u8,
}

impl<'a> LineWriter<'a> {
    pub(super) fn new(environment: &'a Environment, columns: &'a [Field]) -> Self {
        // A record's version is that of the newest field in its format.
        let version = columns.iter().map(|field| field.version()).max().unwrap_or(2);
        Self { environment, columns, version }
    }

    /// The first line of an object: the fields' names.
    pub(super) fn header(&self, out: &mut Vec<u8>) {
        self.line(out, |field, out| out.extend_from_slice(field.name().as_bytes()));
    }

    pub(super) fn flow(&self, out: &mut Vec<u8>, flow: &Flow) {
        self.line(out, |field, out| self.flow_field(out, field, flow));
    }

    /// A NODATA or SKIPDATA line: where and when, and nothing about traffic.
    pub(super) fn without_flow(&self, out: &mut Vec<u8>, interval: &QuietInterval) {
        let status = match interval.status {
            WithoutFlow::NoData => "NODATA",
            WithoutFlow::SkipData => "SKIPDATA",
        };
        self.line(out, |field, out| match field {
            Field::Version => push_number(out, self.version.into()),
            Field::Start => push_number(out, interval.start),
            Field::End => push_number(out, interval.end),
            Field::LogStatus => out.extend_from_slice(status.as_bytes()),
            field => push_text(out, self.place(field, interval.reporter)),
        });
    }

    fn line(&self, out: &mut Vec<u8>, mut push_field: impl FnMut(Field, &mut Vec<u8>)) {
        for (position, &field) in self.columns.iter().enumerate() {
            if position > 0 {
                out.push(b' ');
            }
            push_field(field, out);
        }
        out.push(b'\n');
    }

    fn flow_field(&self, out: &mut Vec<u8>, field: Field, flow: &Flow) {
        match field {
            Field::Version => push_number(out, self.version.into()),
            Field::SrcAddr => push_address(out, flow.source),
            Field::DstAddr => push_address(out, flow.destination),
            Field::PktSrcAddr => push_address(out, flow.packet_source),
            Field::PktDstAddr => push_address(out, flow.packet_destination),
            Field::SrcPort => push_number(out, flow.source_port.into()),
            Field::DstPort => push_number(out, flow.destination_port.into()),
            Field::Protocol => push_number(out, flow.protocol.into()),
            Field::Packets => push_number(out, flow.packets),
            Field::Bytes => push_optional(out, flow.bytes),
            Field::Start => push_number(out, flow.start),
            Field::End => push_number(out, flow.end),
            Field::TcpFlags => push_number(out, flow.tcp_flags.into()),
            Field::TrafficPath => push_optional(out, flow.egress.map(|x| x.path as u64)),
            Field::EncryptionStatus => push_number(out, flow.encryption_status.into()),
            field => push_text(out, self.flow_text(field, flow)),
        }
    }

    fn flow_text(&self, field: Field, flow: &Flow) -> Option<&str> {
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
    fn place(&self, field: Field, reporter: usize) -> Option<&str> {
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
    fn attached(&self, field: Field, flow: &Flow) -> Option<&str> {
        let eni: &Eni = &self.environment.enis[flow.reporter];
        match field {
            Field::ResourceId => eni.resource_id.as_deref(),
            Field::InterfaceType => self.interface_type(flow.reporter),
            field => tag(&eni.tags, field).or_else(|| ecs(eni.ecs.as_deref()?, field)),
        }
    }

    fn next_hop(&self, field: Field, egress: Option<Egress>) -> Option<&str> {
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
    fn interface_type(&self, eni: usize) -> Option<&str> {
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

/// Text, or `-` for what a record does not have.
fn push_text(out: &mut Vec<u8>, text: Option<&str>) {
    out.extend_from_slice(text.unwrap_or("-").as_bytes());
}

fn push_optional(out: &mut Vec<u8>, number: Option<u64>) {
    match number {
        Some(number) => push_number(out, number),
        None => out.push(b'-'),
    }
}
