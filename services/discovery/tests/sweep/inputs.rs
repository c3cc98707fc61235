//! Which streams and queues flow logs reach, where moto does not go along.

use serde_json::json;
use weir_discovery::reader::{Place, Reading, RegionProgress, RegionReader};
use weir_inventory::region::NotificationRoute;
use weir_testkit::{AwsDouble, Fault, Xml, ec2, s3};

use crate::setup::{ACCOUNT, REGION, reader, region_of_three};

const STREAM: &str = "arn:aws:kinesis:eu-west-1:111122223333:stream/flows";
const DESTINATION: &str = "arn:aws:logs:eu-west-1:111122223333:destination:central";

async fn read(aws: &AwsDouble) -> Reading {
    let reader = reader(aws);
    reader.plan().await;
    let place = Place::new(ACCOUNT, REGION);
    let reading = reader.read(&place, &RegionProgress::unseen()).await.unwrap();
    assert_eq!(reading.unread, []);
    reading
}

/// A flow log of the VPC to the log group `/flow`, and the stream.
fn flow_log_and_stream(aws: &AwsDouble) {
    let flow_log = ec2::FlowLog {
        id: "fl-1".into(),
        resource: "vpc-1".into(),
        destination_type: "cloud-watch-logs".into(),
        log_group: Some("/flow".into()),
        ..Default::default()
    };
    aws.on("ec2", "DescribeFlowLogs").answer(ec2::flow_logs(&[flow_log]));
    let group = json!({"logGroupName": "/flow", "logGroupArn":
        "arn:aws:logs:eu-west-1:111122223333:log-group:/flow"});
    let longer = json!({"logGroupName": "/flow-of-others"});
    aws.on("logs", "DescribeLogGroups").answer(json!({"logGroups": [longer, group]}));
    let stream = json!({"StreamName": "flows", "StreamARN": STREAM, "StreamStatus": "ACTIVE"});
    let streams = json!({"StreamNames": ["flows"], "HasMoreStreams": false,
        "StreamSummaries": [stream]});
    aws.on("kinesis", "ListStreams").answer(streams);
}

#[tokio::test]
async fn a_policy_of_the_account_ties_a_stream_to_a_vpc() {
    let aws = region_of_three();
    flow_log_and_stream(&aws);
    let document = json!({"DestinationArn": STREAM, "FilterPattern": ""}).to_string();
    let policy = json!({"policyName": "everything", "policyDocument": document,
        "selectionCriteria": "LogGroupName NOT IN [\"/other\"]"});
    aws.on("logs", "DescribeAccountPolicies").answer(json!({"accountPolicies": [policy]}));
    let snapshot = read(&aws).await.snapshot;
    let filter = &snapshot.log_groups[0].subscription_filters[0];
    assert!(filter.is_account_policy);
    assert_eq!(snapshot.kinesis_streams[0].vpc_ids, ["vpc-1"]);
}

#[tokio::test]
async fn a_destination_leads_to_its_stream() {
    let aws = region_of_three();
    flow_log_and_stream(&aws);
    let filter = json!({"filterName": "all", "logGroupName": "/flow",
        "destinationArn": DESTINATION});
    aws.on("logs", "DescribeSubscriptionFilters").answer(json!({"subscriptionFilters": [filter]}));
    let destination = json!({"destinationName": "central", "targetArn": STREAM,
        "arn": DESTINATION});
    aws.on("logs", "DescribeDestinations").answer(json!({"destinations": [destination]}));
    let snapshot = read(&aws).await.snapshot;
    let filter = &snapshot.log_groups[0].subscription_filters[0];
    assert_eq!(filter.target_arn.as_deref(), Some(STREAM));
    assert_eq!(snapshot.kinesis_streams[0].vpc_ids, ["vpc-1"]);
}

/// `flows` tells EventBridge; another bucket is elsewhere, and a third tells nobody.
fn buckets_of_which_one_tells_eventbridge(aws: &AwsDouble) {
    let buckets = [("flows", "eu-west-1"), ("far", "us-east-1"), ("others", "eu-west-1")];
    aws.on("s3", "ListBuckets").answer_in_pages(2, s3::buckets(&buckets));
    let told = |inner: &Xml| Xml::new().nest("NotificationConfiguration", inner);
    let events = Xml::raw("<EventBridgeConfiguration/>");
    let nobody = weir_testkit::Answer::xml(told(&Xml::new().leaf("Nobody", "")));
    aws.on("s3", "GetBucketNotificationConfiguration").answer(nobody);
    aws.on("s3", "GetBucketNotificationConfiguration")
        .with_parameter("Bucket", "flows")
        .answer(weir_testkit::Answer::xml(told(&events)));
}

#[tokio::test]
async fn a_rule_of_eventbridge_leads_to_its_queue() {
    let aws = region_of_three();
    buckets_of_which_one_tells_eventbridge(&aws);
    let pattern = json!({"source": ["aws.s3"], "detail": {"bucket": {"name": ["flows"]},
        "object": {"key": [{"prefix": "AWSLogs/"}]}}});
    let rule = json!({"Name": "flows", "Arn": "arn:aws:events:eu-west-1:111122223333:rule/flows",
        "State": "ENABLED", "EventPattern": pattern.to_string()});
    let off = json!({"Name": "off", "Arn": "arn:aws:events:eu-west-1:111122223333:rule/off",
        "State": "DISABLED", "EventPattern": pattern.to_string()});
    aws.on("events", "ListRules").answer_in_turn([
        weir_testkit::Answer::json(json!({"Rules": [off], "NextToken": "more"})),
        weir_testkit::Answer::json(json!({"Rules": [rule]})),
    ]);
    let queue = "arn:aws:sqs:eu-west-1:111122223333:flows";
    let function = "arn:aws:lambda:eu-west-1:111122223333:function:flows";
    let targets = json!({"Targets": [{"Id": "1", "Arn": function}, {"Id": "2", "Arn": queue}]});
    aws.on("events", "ListTargetsByRule").answer(targets);
    let snapshot = read(&aws).await.snapshot;
    assert_eq!(snapshot.buckets.len(), 1, "one is elsewhere, one tells nobody");
    let [notification] = snapshot.buckets[0].notifications.as_slice() else {
        panic!("{:?}", snapshot.buckets);
    };
    assert_eq!(notification.queue_arn, queue);
    assert_eq!(notification.prefix, "AWSLogs/");
    assert!(matches!(notification.route, NotificationRoute::EventBridge { .. }));
}

#[tokio::test]
async fn a_rule_leads_over_another_bus_to_a_queue() {
    let aws = region_of_three();
    buckets_of_which_one_tells_eventbridge(&aws);
    let arn = |resource: &str| format!("arn:aws:events:eu-west-1:111122223333:{resource}");
    let rule = |name: &str, prefix: &str| {
        let pattern = json!({"source": ["aws.s3"], "detail": {"bucket": {"name": ["flows"]},
            "object": {"key": [{"prefix": prefix}]}}});
        json!({"Name": name, "Arn": arn(&format!("rule/{name}")), "State": "ENABLED",
            "EventPattern": pattern.to_string()})
    };
    let on_bus = |operation: &str, bus: &str, answer: serde_json::Value| {
        aws.on("events", operation).with_parameter("EventBusName", bus).answer(answer);
    };
    on_bus("ListRules", "default", json!({"Rules": [rule("on", "AWSLogs/")]}));
    // Back to where it came from: events may go in circles.
    let targets = [arn("event-bus/network"), arn("event-bus/closed"), arn("event-bus/default")];
    let far = "arn:aws:events:us-east-1:111122223333:event-bus/far".to_owned();
    let targets = targets.into_iter().chain([far]);
    let targets: Vec<_> =
        targets.enumerate().map(|(at, arn)| json!({"Id": at.to_string(), "Arn": arn})).collect();
    on_bus("ListTargetsByRule", "default", json!({"Targets": targets}));
    let of_network = json!({"Rules": [rule("network/queue", "AWSLogs/1/"), rule("other", "tmp/")]});
    on_bus("ListRules", "network", of_network);
    let queue = "arn:aws:sqs:eu-west-1:111122223333:flows";
    on_bus("ListTargetsByRule", "network", json!({"Targets": [{"Id": "1", "Arn": queue}]}));
    aws.on("events", "ListRules")
        .with_parameter("EventBusName", "closed")
        .answer(Fault::denied("events:ListRules"));

    let reader = reader(&aws);
    reader.plan().await;
    let place = Place::new(ACCOUNT, REGION);
    let reading = reader.read(&place, &RegionProgress::unseen()).await.unwrap();
    let denied: Vec<_> =
        reading.unread.iter().map(|each| each.fault.denied_action.as_deref()).collect();
    assert_eq!(denied, [Some("events:ListRules")]);
    let [notification] = reading.snapshot.buckets[0].notifications.as_slice() else {
        panic!("{:?}", reading.snapshot.buckets);
    };
    assert_eq!(
        (notification.queue_arn.as_str(), notification.prefix.as_str()),
        (queue, "AWSLogs/1/")
    );
    let rule_arn = arn("rule/network/queue");
    assert_eq!(notification.route, NotificationRoute::EventBridge { rule_arn });
    assert_eq!(aws.calls_of("events", "ListRules").len(), 3, "each bus is read once");
}
