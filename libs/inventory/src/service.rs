//! The AWS service behind an interface that AWS manages.

use crate::model::Interface;

/// EC2's InterfaceType to a service name.
///
/// Values: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html>.
/// Types that only say how an interface is attached (`interface`, `efa`, `trunk`, `branch`) are
/// left out: the description may tell more.
const BY_TYPE: &[(&str, &str)] = &[
    ("api_gateway_managed", "API_GATEWAY"),
    ("aws_codestar_connections_managed", "CODESTAR_CONNECTIONS"),
    ("gateway_load_balancer", "ELB"),
    ("gateway_load_balancer_endpoint", "VPC_ENDPOINT"),
    ("global_accelerator_managed", "GLOBALACCELERATOR"),
    ("iot_rules_managed", "IOT"),
    ("lambda", "LAMBDA"),
    ("load_balancer", "ELB"),
    ("natGateway", "NAT_GATEWAY"),
    ("nat_gateway", "NAT_GATEWAY"),
    ("network_load_balancer", "ELB"),
    ("quicksight", "QUICKSIGHT"),
    ("transit_gateway", "TRANSIT_GATEWAY"),
    ("vpc_endpoint", "VPC_ENDPOINT"),
];

/// The start of EC2's Description to a service name.
///
/// AWS services write these texts when they create an interface on the user's behalf
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/requester-managed-eni.html>); each
/// service's guide, and <https://repost.aws/knowledge-center/ec2-eni-find-attached-resource>
/// name them. Application, network, gateway and classic load balancers all start with `ELB `
/// (<https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html>).
const BY_DESCRIPTION: &[(&str, &str)] = &[
    ("AWS Lambda VPC ENI", "LAMBDA"),
    ("AWS created network interface for directory", "DIRECTORY_SERVICE"),
    ("Amazon EKS ", "EKS"),
    ("Attached to Glue using role", "GLUE"),
    ("Created By Amazon Workspaces", "WORKSPACES"),
    ("DAX ", "DAX"),
    ("DMSNetworkInterface", "DMS"),
    ("EFS mount target", "EFS"),
    ("ELB ", "ELB"),
    ("ES ", "OPENSEARCH"),
    ("ElastiCache", "ELASTICACHE"),
    ("Interface for NAT Gateway", "NAT_GATEWAY"),
    ("Network Interface for Transit Gateway Attachment", "TRANSIT_GATEWAY"),
    ("RDSNetworkInterface", "RDS"),
    ("RedshiftNetworkInterface", "REDSHIFT"),
    ("Route 53 Resolver", "ROUTE53_RESOLVER"),
    ("VPC Endpoint Interface", "VPC_ENDPOINT"),
    ("arn:aws:ecs:", "ECS"),
];

/// The service that runs `interface`; empty for an instance's interface and for unknown ones.
pub(crate) fn of_interface(interface: &Interface) -> &'static str {
    if interface.instance_id.is_some() {
        return "";
    }
    let by_type = BY_TYPE.iter().find(|(kind, _)| *kind == interface.interface_type);
    let description =
        || BY_DESCRIPTION.iter().find(|(start, _)| interface.description.starts_with(start));
    by_type.or_else(description).map_or("", |(_, service)| service)
}
