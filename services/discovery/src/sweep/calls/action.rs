//! The actions that a sweep needs, as IAM policies and metrics name them.

use std::fmt;

/// An operation of an AWS service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Action {
    /// The service's prefix in IAM policies: `ec2`, `logs`, `s3`, ….
    pub service: &'static str,
    /// The operation's name in the API: `DescribeInstances`.
    pub operation: &'static str,
    /// The action's name in IAM policies, which differs for S3.
    pub permission: &'static str,
}

impl Action {
    const fn new(service: &'static str, operation: &'static str) -> Self {
        Self { service, operation, permission: operation }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.permission)
    }
}

macro_rules! actions {
    ($($name:ident = $service:literal $operation:literal $(as $permission:literal)?;)*) => {
        $(
            pub(crate) const $name: Action = Action {
                $(permission: $permission,)?
                ..Action::new($service, $operation)
            };
        )*

        /// Every action that a sweep calls: a least-privilege policy allows these, on all
        /// resources (`"Resource": "*"`, since lists have no resource).
        pub const ACTIONS: &[Action] = &[$($name),*];
    };
}

actions! {
    REGIONS = "ec2" "DescribeRegions";
    VPCS = "ec2" "DescribeVpcs";
    SUBNETS = "ec2" "DescribeSubnets";
    INSTANCES = "ec2" "DescribeInstances";
    INTERFACES = "ec2" "DescribeNetworkInterfaces";
    ROUTE_TABLES = "ec2" "DescribeRouteTables";
    PREFIX_LIST_ENTRIES = "ec2" "GetManagedPrefixListEntries";
    PEERING_CONNECTIONS = "ec2" "DescribeVpcPeeringConnections";
    TRANSIT_GATEWAYS = "ec2" "DescribeTransitGateways";
    TRANSIT_GATEWAY_ATTACHMENTS = "ec2" "DescribeTransitGatewayAttachments";
    TRANSIT_GATEWAY_ROUTE_TABLES = "ec2" "DescribeTransitGatewayRouteTables";
    TRANSIT_GATEWAY_ROUTES = "ec2" "SearchTransitGatewayRoutes";
    FLOW_LOGS = "ec2" "DescribeFlowLogs";
    LOG_GROUPS = "logs" "DescribeLogGroups";
    SUBSCRIPTION_FILTERS = "logs" "DescribeSubscriptionFilters";
    ACCOUNT_POLICIES = "logs" "DescribeAccountPolicies";
    DESTINATIONS = "logs" "DescribeDestinations";
    STREAMS = "kinesis" "ListStreams";
    STREAM_SUMMARY = "kinesis" "DescribeStreamSummary";
    DELIVERY_STREAM = "firehose" "DescribeDeliveryStream";
    BUCKETS = "s3" "ListBuckets" as "ListAllMyBuckets";
    BUCKET_LOCATION = "s3" "GetBucketLocation";
    BUCKET_NOTIFICATION = "s3" "GetBucketNotificationConfiguration" as "GetBucketNotification";
    SUBSCRIPTIONS = "sns" "ListSubscriptionsByTopic";
    RULES = "events" "ListRules";
    RULE_TARGETS = "events" "ListTargetsByRule";
}
