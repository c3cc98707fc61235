//! What a region's reading makes of pages, refusals and closed regions.

use weir_discovery::reader::{
    FaultKind, Place, RegionError, RegionPart, RegionProgress, RegionReader,
};
use weir_discovery::sweep::{CallOutcome, SweepLimits};
use weir_inventory::region::{DestinationOptions, FlowLogDestination};
use weir_testkit::{Answer, AwsDouble, Fault, Xml, ec2};

use crate::setup::{ACCOUNT, REGION, count, reader, reader_within, region_of_three};

fn place() -> Place {
    Place::new(ACCOUNT, REGION)
}

#[tokio::test]
async fn regions_that_are_not_opted_in_are_excluded_and_not_read() {
    let aws = region_of_three();
    let regions = [
        ("eu-west-1", ec2::OptIn::NotRequired),
        ("ap-east-1", ec2::OptIn::NotOptedIn),
        ("eu-south-1", ec2::OptIn::OptedIn),
    ];
    aws.on("ec2", "DescribeRegions").answer(ec2::regions(&regions));
    let plan = reader(&aws).plan().await;
    assert_eq!(plan.faults, []);
    assert_eq!(plan.accounts[0].id, ACCOUNT);
    assert_eq!(plan.accounts[0].regions, ["eu-south-1", "eu-west-1"]);
    let [closed] = plan.accounts[0].excluded.as_slice() else { panic!("{plan:?}") };
    assert_eq!(
        (closed.region.as_str(), closed.cause.contains("not opted in")),
        ("ap-east-1", true)
    );
}

#[tokio::test]
async fn every_page_of_every_list_is_read() {
    let aws = region_of_three();
    let interfaces: Vec<_> = (0..25)
        .map(|at| ec2::Interface {
            id: format!("eni-{at}"),
            owner: ACCOUNT.into(),
            vpc: "vpc-1".into(),
            private: vec![ec2::PrivateAddress::new(&format!("10.0.0.{at}"))],
            kind: "interface".into(),
            ..Default::default()
        })
        .collect();
    let subnets: Vec<_> = (0..7)
        .map(|at| ec2::Subnet {
            id: format!("subnet-{at}"),
            vpc: "vpc-1".into(),
            ..Default::default()
        })
        .collect();
    let flow_logs: Vec<_> = (0..5)
        .map(|at| ec2::FlowLog {
            id: format!("fl-{at}"),
            resource: "vpc-1".into(),
            destination_type: "s3".into(),
            destination: Some("arn:aws:s3:::flows/net".into()),
            options: Some(ec2::DestinationOptions {
                file_format: "parquet".into(),
                hive_compatible_partitions: true,
                per_hour_partition: false,
            }),
            ..Default::default()
        })
        .collect();
    aws.on("ec2", "DescribeNetworkInterfaces").answer_in_pages(4, ec2::interfaces(&interfaces));
    aws.on("ec2", "DescribeSubnets").answer_in_pages(3, ec2::subnets(&subnets));
    aws.on("ec2", "DescribeFlowLogs").answer_in_pages(2, ec2::flow_logs(&flow_logs));
    let reader = reader(&aws);
    reader.plan().await;
    let reading = reader.read(&place(), &RegionProgress::unseen()).await.unwrap();
    assert_eq!(reading.unread, []);
    assert_eq!(reading.snapshot.inventory.interfaces.len(), 25);
    assert_eq!(reading.snapshot.inventory.subnets.len(), 7);
    assert_eq!(reading.snapshot.flow_logs.len(), 5);
    let expected = FlowLogDestination::S3 {
        bucket: "flows".into(),
        prefix: "net".into(),
        options: DestinationOptions { is_parquet: true, has_hive_keys: true, is_hourly: false },
    };
    assert_eq!(reading.snapshot.flow_logs[0].destination, expected);
    assert_eq!(aws.calls_of("ec2", "DescribeNetworkInterfaces").len(), 7);
    assert_eq!(count(&reader, "DescribeNetworkInterfaces", CallOutcome::Answered), 7);
}

#[tokio::test]
async fn a_throttled_call_is_counted_and_repeated() {
    let aws = region_of_three();
    aws.on("ec2", "DescribeNetworkInterfaces").times(1).answer(Fault::Throttled);
    aws.on("kinesis", "ListStreams").times(1).answer(Fault::Throttled);
    // After it the SDK has each call of the service wait for seconds: all others go before.
    let limits = SweepLimits { pace: 100.0, calls_per_region: 32, ..Default::default() };
    let reader = reader_within(&aws, limits);
    reader.plan().await;
    let reading = reader.read(&place(), &RegionProgress::unseen()).await.unwrap();
    assert_eq!(reading.unread, []);
    assert_eq!(count(&reader, "DescribeNetworkInterfaces", CallOutcome::Throttled), 1);
    assert_eq!(count(&reader, "DescribeNetworkInterfaces", CallOutcome::Answered), 1);
    assert_eq!(count(&reader, "ListStreams", CallOutcome::Throttled), 1);
}

#[tokio::test]
async fn a_denied_action_is_noted_and_the_rest_goes_on() {
    let aws = region_of_three();
    aws.on("ec2", "DescribeInstances").answer(Fault::denied("ec2:DescribeInstances"));
    aws.on("ec2", "DescribeTransitGateways").answer(Fault::denied("ec2:DescribeTransitGateways"));
    aws.on("kinesis", "ListStreams").answer(Fault::denied("kinesis:ListStreams"));
    aws.on("s3", "ListBuckets").answer(Fault::denied("s3:ListAllMyBuckets"));
    let reader = reader(&aws);
    reader.plan().await;
    let reading = reader.read(&place(), &RegionProgress::unseen()).await.unwrap();
    assert_eq!(reading.snapshot.inventory.interfaces.len(), 1);
    assert_eq!(reading.snapshot.inventory.vpcs.len(), 1);
    let mut denied: Vec<_> = reading
        .unread
        .iter()
        .map(|unread| (unread.fault.denied_action.clone().unwrap(), unread.part))
        .collect();
    denied.sort();
    let expected = [
        ("ec2:DescribeInstances".to_owned(), RegionPart::Detail),
        ("ec2:DescribeTransitGateways".to_owned(), RegionPart::TransitGateways),
        ("kinesis:ListStreams".to_owned(), RegionPart::KinesisStreams),
        ("s3:ListAllMyBuckets".to_owned(), RegionPart::Buckets),
    ];
    assert_eq!(denied, expected);
    assert_eq!(count(&reader, "DescribeInstances", CallOutcome::Denied), 1);
}

#[tokio::test]
async fn a_failed_call_that_is_vital_fails_the_region_with_its_cause() {
    let aws = region_of_three();
    aws.on("ec2", "DescribeSubnets").answer(Answer::error("InvalidParameterValue", "no such page"));
    let reader = reader(&aws);
    reader.plan().await;
    let error = reader.read(&place(), &RegionProgress::unseen()).await.unwrap_err();
    let RegionError::Failed(fault) = error else { panic!("{error}") };
    assert_eq!(fault.kind, FaultKind::Invalid);
    assert!(fault.cause.starts_with("ec2:DescribeSubnets failed"), "{}", fault.cause);
    assert!(fault.cause.contains("no such page"), "{}", fault.cause);
}

#[tokio::test]
async fn a_failed_call_that_is_not_vital_leaves_its_part_unread() {
    let aws = region_of_three();
    aws.on("kinesis", "ListStreams").answer(Answer::error("InvalidArgumentException", "no"));
    let reader = reader(&aws);
    reader.plan().await;
    let reading = reader.read(&place(), &RegionProgress::unseen()).await.unwrap();
    assert_eq!(reading.unread.len(), 1);
    assert_eq!(reading.unread[0].part, RegionPart::KinesisStreams);
    assert_eq!(reading.unread[0].fault.kind, FaultKind::Invalid);
}

#[tokio::test]
async fn closed_regions_are_excluded() {
    let aws = region_of_three();
    aws.on("ec2", "*").in_region("ap-east-1").answer(Fault::UnknownKey);
    let closed = Fault::closed_by_policy("ec2:DescribeVpcs");
    aws.on("ec2", "*").in_region("us-east-2").answer(closed);
    let reader = reader(&aws);
    reader.plan().await;
    for region in ["ap-east-1", "us-east-2"] {
        let place = Place::new(ACCOUNT, region);
        let error = reader.read(&place, &RegionProgress::unseen()).await.unwrap_err();
        assert!(matches!(error, RegionError::Excluded { .. }), "{region}: {error}");
    }
}

#[tokio::test]
async fn a_region_where_nothing_is_allowed_fails() {
    let aws = region_of_three();
    aws.on("ec2", "*").answer(Fault::denied("ec2:DescribeVpcs"));
    let regions = [(REGION, ec2::OptIn::NotRequired)];
    aws.on("ec2", "DescribeRegions").answer(ec2::regions(&regions));
    let reader = reader(&aws);
    reader.plan().await;
    let error = reader.read(&place(), &RegionProgress::unseen()).await.unwrap_err();
    let RegionError::Failed(fault) = error else { panic!("{error}") };
    assert_eq!(fault.denied_action.as_deref(), Some("ec2:DescribeVpcs"));
}

#[tokio::test]
async fn transit_gateways_are_read_with_their_routes() {
    let aws = region_of_three();
    gateway(&aws);
    let reader = reader(&aws);
    reader.plan().await;
    let reading = reader.read(&place(), &RegionProgress::unseen()).await.unwrap();
    assert_eq!(reading.unread, []);
    let inventory = reading.snapshot.inventory;
    assert_eq!(inventory.transit_gateways[0].account_id, "999988887777");
    let attachment = &inventory.transit_gateway_attachments[0];
    assert_eq!(attachment.route_table_id.as_deref(), Some("tgw-rtb-1"));
    let table = &inventory.transit_gateway_route_tables[0];
    assert_eq!(table.routes.len(), 2);
    assert_eq!(table.routes[0].attachment_id.as_deref(), Some("tgw-attach-1"));
    assert_eq!(table.routes[1].attachment_id, None);
}

fn gateway(aws: &AwsDouble) {
    let listing = |name: &str, items: Vec<Xml>| weir_testkit::Listing::xml(name, items);
    let gateway = Xml::new().leaf("transitGatewayId", "tgw-1").leaf("ownerId", "999988887777");
    aws.on("ec2", "DescribeTransitGateways").answer(listing("transitGatewaySet", vec![gateway]));
    let association = Xml::new().leaf("transitGatewayRouteTableId", "tgw-rtb-1");
    let attachment = Xml::new()
        .leaf("transitGatewayAttachmentId", "tgw-attach-1")
        .leaf("transitGatewayId", "tgw-1")
        .leaf("resourceType", "vpc")
        .leaf("resourceId", "vpc-1")
        .leaf("state", "available")
        .nest("association", &association);
    aws.on("ec2", "DescribeTransitGatewayAttachments")
        .answer(listing("transitGatewayAttachments", vec![attachment]));
    let table = Xml::new()
        .leaf("transitGatewayRouteTableId", "tgw-rtb-1")
        .leaf("transitGatewayId", "tgw-1")
        .leaf("state", "available");
    aws.on("ec2", "DescribeTransitGatewayRouteTables")
        .answer(listing("transitGatewayRouteTables", vec![table]));
    let to =
        Xml::new().nest("item", &Xml::new().leaf("transitGatewayAttachmentId", "tgw-attach-1"));
    let route = Xml::new()
        .leaf("destinationCidrBlock", "10.0.0.0/8")
        .nest("transitGatewayAttachments", &to)
        .leaf("state", "active");
    let hole = Xml::new().leaf("destinationCidrBlock", "10.9.0.0/16").leaf("state", "blackhole");
    aws.on("ec2", "SearchTransitGatewayRoutes")
        .answer_in_pages(1, listing("routeSet", vec![route, hole]));
}
