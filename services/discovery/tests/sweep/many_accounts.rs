//! A sweep of many accounts and regions, while AWS's own limits hold.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use weir_aws::{RegionFilter, Role};
use weir_discovery::clock::Clock;
use weir_discovery::orchestration::{RowState, SweepConfig, Sweeper};
use weir_discovery::publish::{PublishConfig, Publisher};
use weir_discovery::sweep::{AwsReader, CallOutcome, SweepLimits};
use weir_store::{MemoryStore, StoreOptions};
use weir_testkit::{AwsDouble, Listing, Xml, ec2, s3};

use crate::setup::{ACCOUNT, KEY, accounts};

/// The regions that are open to every account.
const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// What a sweep of so many accounts came to.
struct Figures {
    calls: u64,
    duration: Duration,
}

/// Sweeps so many accounts at the usual pace. AWS throttles none of them, and every region is
/// read whole.
async fn sweep(count: usize) -> Figures {
    let aws = AwsDouble::start();
    let roles = (0..count - 1).map(|number| {
        let arn = format!("arn:aws:iam::{:012}:role/weir", 200_000_000_000 + number);
        aws.add_role(weir_testkit::Role::new(&arn));
        Role::new(arn.parse().unwrap())
    });
    let roles = roles.collect();
    fill(&aws);
    aws.limit_as_aws_does();
    let accounts = accounts(aws.url(), KEY, roles, RegionFilter::default());
    let reader = Arc::new(AwsReader::new(accounts, SweepLimits::default()));
    let store = Arc::new(MemoryStore::new(StoreOptions::default()));
    let publisher = Publisher::new(store, PublishConfig::default());
    let config = SweepConfig {
        concurrency: NonZeroUsize::new(16).unwrap(),
        region_timeout: Duration::from_secs(300),
        plan_timeout: Duration::from_secs(300),
        clock: Clock::system(),
    };
    let start = Instant::now();
    let swept: Arc<dyn weir_discovery::reader::RegionReader> = reader.clone();
    let sweeper = Sweeper::new(swept, None, publisher, config);
    sweeper.sweep_to_the_end().await;
    let report = sweeper.last().unwrap();
    assert!(report.problems.is_empty() && report.unread.is_empty(), "{report:?}");
    assert_eq!(report.count(RowState::Fresh), count * REGIONS.len());
    assert_eq!(report.publish_error, None);

    let throttled = aws.calls().iter().filter(|call| call.error.is_some()).count();
    assert_eq!(throttled, 0, "calls that the double refused");
    let counts = reader.calls();
    let throttled = counts.keys().find(|kind| kind.outcome != CallOutcome::Answered);
    assert_eq!(throttled, None);
    Figures { calls: counts.values().sum(), duration: start.elapsed() }
}

/// In each region: interfaces on three pages, subnets on two, a prefix list in a route, flow logs
/// to two log groups with filters, three streams and a bucket.
fn fill(aws: &AwsDouble) {
    aws.add_user(KEY, ACCOUNT, "weir");
    aws.otherwise(weir_testkit::Answer::empty());
    let regions = REGIONS.map(|region| (region, ec2::OptIn::NotRequired));
    aws.on("ec2", "DescribeRegions").answer(ec2::regions(&regions));
    let vpc =
        ec2::Vpc { id: "vpc-1".into(), cidrs: vec!["10.0.0.0/16".into()], ..Default::default() };
    aws.on("ec2", "DescribeVpcs").answer(ec2::vpcs(&[vpc]));
    let subnets: Vec<_> = (0..4).map(subnet).collect();
    aws.on("ec2", "DescribeSubnets").answer_in_pages(2, ec2::subnets(&subnets));
    let interfaces: Vec<_> = (0..12).map(interface).collect();
    aws.on("ec2", "DescribeNetworkInterfaces").answer_in_pages(4, ec2::interfaces(&interfaces));
    let route = Xml::new().leaf("destinationPrefixListId", "pl-1").leaf("gatewayId", "vpce-1");
    let table = Xml::new().leaf("routeTableId", "rtb-1").leaf("vpcId", "vpc-1");
    let table = table.nest("routeSet", &Xml::new().nest("item", &route));
    aws.on("ec2", "DescribeRouteTables").answer(Listing::xml("routeTableSet", vec![table]));
    let flow_logs: Vec<_> = (0..2).map(flow_log).collect();
    aws.on("ec2", "DescribeFlowLogs").answer(ec2::flow_logs(&flow_logs));
    aws.on("logs", "DescribeLogGroups").answer_with(|call| {
        let name = call.parameter("logGroupNamePrefix").unwrap_or_default();
        json!({"logGroups": [{"logGroupName": name}]}).into()
    });
    let streams: Vec<_> = (0..3).map(stream).collect();
    aws.on("kinesis", "ListStreams").answer(json!({"StreamNames": [], "HasMoreStreams": false,
        "StreamSummaries": streams}));
    aws.on("kinesis", "DescribeStreamSummary").answer(json!({"StreamDescriptionSummary":
        {"StreamName": "flows", "StreamARN": "arn:aws:kinesis:::stream/flows",
         "StreamStatus": "ACTIVE", "RetentionPeriodHours": 24, "StreamCreationTimestamp": 1,
         "EnhancedMonitoring": [], "OpenShardCount": 2}}));
    aws.on("s3", "ListBuckets").answer(s3::buckets(&[]));
}

fn subnet(number: usize) -> ec2::Subnet {
    let (id, cidr) = (format!("subnet-{number}"), format!("10.0.{number}.0/24"));
    ec2::Subnet { id, vpc: "vpc-1".into(), cidr, ..Default::default() }
}

fn interface(number: usize) -> ec2::Interface {
    ec2::Interface {
        id: format!("eni-{number}"),
        vpc: "vpc-1".into(),
        private: vec![ec2::PrivateAddress::new(&format!("10.0.0.{number}"))],
        kind: "interface".into(),
        ..Default::default()
    }
}

fn flow_log(number: usize) -> ec2::FlowLog {
    ec2::FlowLog {
        id: format!("fl-{number}"),
        resource: "vpc-1".into(),
        destination_type: "cloud-watch-logs".into(),
        log_group: Some(format!("/flow/{number}")),
        ..Default::default()
    }
}

fn stream(number: usize) -> serde_json::Value {
    let name = format!("flows-{number}");
    let arn = format!("arn:aws:kinesis:eu-west-1:{ACCOUNT}:stream/{name}");
    json!({"StreamName": name, "StreamARN": arn, "StreamStatus": "ACTIVE"})
}

/// `WEIR_LONG_TESTS` asks for a hundred, which takes minutes.
fn accounts_of_the_sweep() -> usize {
    if std::env::var_os("WEIR_LONG_TESTS").is_some() { 100 } else { 10 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_of_many_accounts_in_all_regions_gets_none_of_them_throttled() {
    let count = accounts_of_the_sweep();
    let Figures { calls, duration } = sweep(count).await;
    println!("{count} accounts in 17 regions: {calls} calls in {duration:.0?}, none throttled");
    assert!(calls > count as u64 * 17 * 20, "{calls}");
}
