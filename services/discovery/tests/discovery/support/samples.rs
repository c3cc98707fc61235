//! Accounts and regions that are made up.

use weir_discovery::reader::{Place, Plan, PlannedAccount, Reading};
use weir_discovery::schedule::Schedule;
use weir_inventory::region::{
    Bucket, BucketNotification, FlowLog, FlowLogDestination, KinesisStream, LogGroup,
    NotificationRoute, RegionSnapshot, SubscriptionFilter,
};
use weir_inventory::{Instance, Interface, InterfaceAddress, Subnet, Vpc};

pub(crate) const ACCOUNT: &str = "111111111111";
pub(crate) const OTHER_ACCOUNT: &str = "222222222222";
pub(crate) const REGION: &str = "eu-west-1";

pub(crate) fn place(account: &str, region: &str) -> Place {
    Place::new(account, region)
}

/// A schedule that no test lives to see.
pub(crate) fn schedule() -> Schedule {
    Schedule::parse("0 0 1 1 *", "UTC").unwrap()
}

pub(crate) fn plan(accounts: &[(&str, &[&str])]) -> Plan {
    let account = |(id, regions): &(&str, &[&str])| PlannedAccount {
        id: (*id).to_owned(),
        name: Some(format!("name of {id}")),
        partition: "aws".to_owned(),
        configured_as: format!("profile {id}"),
        regions: regions.iter().map(|region| (*region).to_owned()).collect(),
        excluded: Vec::new(),
    };
    Plan { accounts: accounts.iter().map(account).collect(), faults: Vec::new() }
}

pub(crate) fn reading(snapshot: RegionSnapshot) -> Reading {
    Reading { snapshot, unread: Vec::new() }
}

/// One VPC with so many instances, a flow log to each kind of destination, and what is behind
/// these.
pub(crate) fn region(place: &Place, instances: usize, taken_at: u64) -> RegionSnapshot {
    let Place { account_id: account, region } = place;
    let mut made = RegionSnapshot::new(account, region, taken_at);
    let vpc_id = format!("vpc-{}{region}", &account[..2]);
    made.inventory.vpcs.push(Vpc {
        id: vpc_id.clone(),
        account_id: account.clone(),
        region: region.clone(),
        name: Some(format!("Production {region}")),
        cidrs: vec!["10.0.0.0/16".parse().unwrap()],
        exporter: None,
    });
    let subnet_id = format!("subnet-{}{region}", &account[..2]);
    made.inventory.subnets.push(Subnet {
        id: subnet_id.clone(),
        vpc_id: vpc_id.clone(),
        name: None,
        availability_zone_id: None,
        cidrs: vec!["10.0.1.0/24".parse().unwrap()],
    });
    for number in 0..instances {
        let id = format!("i-{}{number:04}", &account[..2]);
        made.inventory
            .instances
            .push(Instance { id: id.clone(), name: Some(format!("web {number}")) });
        made.inventory.interfaces.push(Interface {
            id: format!("eni-{}{number:04}", &account[..2]),
            account_id: account.clone(),
            vpc_id: vpc_id.clone(),
            subnet_id: Some(subnet_id.clone()),
            instance_id: Some(id),
            interface_type: "interface".to_owned(),
            description: format!("primary of {number}"),
            addresses: vec![InterfaceAddress {
                private: [10, 0, 1, u8::try_from(number % 250 + 1).unwrap()].into(),
                public: (number == 0).then(|| [198, 51, 100, 7].into()),
            }],
            ipv6_addresses: Vec::new(),
            ipv6_prefixes: Vec::new(),
        });
    }
    logs(&mut made, &vpc_id, place);
    made
}

fn logs(made: &mut RegionSnapshot, vpc_id: &str, place: &Place) {
    let Place { account_id: account, region } = place;
    let destinations = [
        FlowLogDestination::CloudWatchLogs { log_group: "flows".to_owned(), arn: None },
        FlowLogDestination::S3 {
            bucket: "flow-bucket".to_owned(),
            prefix: String::new(),
            options: weir_inventory::region::DestinationOptions::default(),
        },
    ];
    for (number, destination) in destinations.into_iter().enumerate() {
        made.flow_logs.push(FlowLog {
            id: format!("fl-{number}"),
            resource_id: vpc_id.to_owned(),
            traffic_type: Some(weir_inventory::region::TrafficType::All),
            destination,
            log_format: String::new(),
            aggregation_seconds: Some(60),
            status: "ACTIVE".to_owned(),
            delivery_status: "SUCCESS".to_owned(),
            delivery_error: None,
            name: None,
        });
    }
    let stream_arn = format!("arn:aws:kinesis:{region}:{account}:stream/flow-stream");
    made.log_groups.push(LogGroup {
        name: "flows".to_owned(),
        arn: format!("arn:aws:logs:{region}:{account}:log-group:flows"),
        retention_days: Some(7),
        subscription_filters: vec![SubscriptionFilter {
            name: "to kinesis".to_owned(),
            destination_arn: stream_arn.clone(),
            target_arn: None,
            filter_pattern: String::new(),
            is_account_policy: false,
        }],
    });
    made.kinesis_streams.push(KinesisStream {
        name: "flow-stream".to_owned(),
        arn: stream_arn,
        status: "ACTIVE".to_owned(),
        open_shards: Some(2),
        retention_hours: Some(24),
        vpc_ids: vec![vpc_id.to_owned()],
    });
    made.buckets.push(Bucket {
        name: "flow-bucket".to_owned(),
        region: Some(region.clone()),
        notifications: vec![BucketNotification {
            queue_arn: format!("arn:aws:sqs:{region}:{account}:flow-queue"),
            route: NotificationRoute::Direct,
            prefix: "AWSLogs/".to_owned(),
            suffix: String::new(),
        }],
        error: None,
    });
}
