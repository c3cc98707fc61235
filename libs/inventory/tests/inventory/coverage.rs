//! Which source serves a flow log: nothing is left unread, and what is read twice is told.

use proptest::collection::vec;
use proptest::prelude::*;
use weir_inventory::Subnet;
use weir_inventory::coverage::{
    Answer, Coverage, CoverageInput, CoveredFlowLog, Resources, SourceKind, Warning, Ways,
    bucket_input, log_group_input, stream_input, ways,
};
use weir_inventory::region::{
    Bucket, BucketNotification, DestinationOptions, FlowLog, FlowLogDestination, LogGroup,
    NotificationRoute, RegionSnapshot, SubscriptionFilter, TrafficType,
};

use crate::build::{interface, vpc};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
/// Later than everything that is switched over.
const LATER: u64 = 1000;

fn stream_arn(name: &str) -> String {
    format!("arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}")
}

fn group_arn(name: &str) -> String {
    format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}")
}

fn queue_arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}

fn to_group(name: &str) -> FlowLogDestination {
    FlowLogDestination::CloudWatchLogs { log_group: name.to_owned(), arn: None }
}

fn to_bucket(name: &str) -> FlowLogDestination {
    let (bucket, options) = (name.to_owned(), DestinationOptions::default());
    FlowLogDestination::S3 { bucket, prefix: String::new(), options }
}

fn flow_log(id: &str, resource: &str, traffic: TrafficType, to: FlowLogDestination) -> FlowLog {
    FlowLog {
        id: id.to_owned(),
        resource_id: resource.to_owned(),
        traffic_type: Some(traffic),
        destination: to,
        log_format: String::new(),
        aggregation_seconds: None,
        status: "ACTIVE".to_owned(),
        delivery_status: String::new(),
        delivery_error: None,
        name: None,
    }
}

fn log_group(name: &str, filters: &[(&str, &str)]) -> LogGroup {
    let filter = |(stream, pattern): &(&str, &str)| SubscriptionFilter {
        name: format!("to {stream}"),
        destination_arn: stream_arn(stream),
        target_arn: None,
        filter_pattern: (*pattern).to_owned(),
        is_account_policy: false,
    };
    LogGroup {
        name: name.to_owned(),
        arn: group_arn(name),
        retention_days: None,
        subscription_filters: filters.iter().map(filter).collect(),
    }
}

fn bucket(name: &str, queues: &[(&str, &str)]) -> Bucket {
    let notification = |(queue, prefix): &(&str, &str)| BucketNotification {
        queue_arn: queue_arn(queue),
        route: NotificationRoute::Direct,
        prefix: (*prefix).to_owned(),
        suffix: String::new(),
    };
    Bucket {
        name: name.to_owned(),
        region: None,
        notifications: queues.iter().map(notification).collect(),
        error: None,
    }
}

/// Two VPCs with two subnets each, and an interface in each subnet.
fn network() -> RegionSnapshot {
    let mut snapshot = RegionSnapshot::new(ACCOUNT, REGION, 1);
    let found = &mut snapshot.inventory;
    for name in ["a", "b"] {
        let vpc_id = format!("vpc-{name}");
        found.vpcs.push(vpc(&vpc_id, &[]));
        for number in [1, 2] {
            let id = format!("subnet-{name}{number}");
            let mut eni = interface(&format!("eni-{name}{number}"), &vpc_id, &[]);
            eni.subnet_id = Some(id.clone());
            found.interfaces.push(eni);
            found.subnets.push(Subnet {
                id,
                vpc_id: vpc_id.clone(),
                name: None,
                availability_zone_id: None,
                cidrs: Vec::new(),
            });
        }
    }
    snapshot
}

fn input(id: String, kind: SourceKind, since: u64, until: Option<u64>) -> CoverageInput {
    CoverageInput { id, kind, since, until, is_read: true }
}

/// The coverage, and the ways that it was decided for. All switch-overs are those of the inputs.
fn decide(snapshot: &RegionSnapshot, inputs: &[CoverageInput]) -> (Coverage, Ways) {
    let mut ways = ways(&[snapshot]);
    let since = |id: &str| inputs.iter().find(|input| input.id == id).map_or(0, |it| it.since);
    ways.sources.iter_mut().for_each(|source| source.switch_over = since(&source.input_id));
    ways.links.iter_mut().for_each(|link| link.switch_over = since(&link.stream));
    let mut resources = Resources::of([snapshot]);
    resources.add_interfaces([snapshot], |_| true);
    let flow_logs: Vec<_> = snapshot.flow_logs.iter().map(CoveredFlowLog::from).collect();
    (Coverage::decide(&flow_logs, inputs, &ways, &resources), ways)
}

#[test]
fn a_reject_only_stream_beside_a_bucket_with_all_loses_nothing() {
    let mut snapshot = network();
    snapshot.flow_logs = vec![
        flow_log("fl-1", "vpc-a", TrafficType::Reject, to_group("g")),
        flow_log("fl-2", "vpc-a", TrafficType::All, to_bucket("b")),
    ];
    snapshot.log_groups = vec![log_group("g", &[("k", "")])];
    snapshot.buckets = vec![bucket("b", &[("q", "")])];
    let bucket = bucket_input("b", &queue_arn("q"));
    let inputs = [
        input(stream_input(&stream_arn("k")), SourceKind::Kinesis, 10, None),
        input(bucket.clone(), SourceKind::S3, 5, None),
    ];
    let (coverage, _) = decide(&snapshot, &inputs);
    assert_eq!(coverage.of_flow_log(&bucket, "fl-2", LATER), Answer::Read);
    let [Warning::ReadTwice { one, other, .. }] = coverage.warnings() else {
        panic!("{:?}", coverage.warnings());
    };
    assert_eq!((one.flow_log_id.as_str(), other.flow_log_id.as_str()), ("fl-1", "fl-2"));
}

#[test]
fn a_better_source_takes_over_what_ends_after_the_switch_over_until_it_is_disabled() {
    let mut snapshot = network();
    snapshot.flow_logs = vec![
        flow_log("fl-1", "vpc-a", TrafficType::All, to_group("g")),
        flow_log("fl-2", "subnet-a1", TrafficType::Accept, to_bucket("b")),
    ];
    snapshot.log_groups = vec![log_group("g", &[("k", "")])];
    snapshot.buckets = vec![bucket("b", &[("q", "AWSLogs/")])];
    let (stream, group) = (stream_input(&stream_arn("k")), log_group_input(&group_arn("g")));
    let bucket = bucket_input("b", &queue_arn("q"));
    let inputs = [
        input(stream.clone(), SourceKind::Kinesis, 100, Some(200)),
        input(group.clone(), SourceKind::CloudWatchLogs, 150, None),
        input(bucket.clone(), SourceKind::S3, 5, None),
    ];
    let (coverage, _) = decide(&snapshot, &inputs);
    let by = |answer: Answer<'_>| match answer {
        Answer::Read => None,
        Answer::PassedOver(better) => Some(better.kind),
    };
    let of_bucket = |end| by(coverage.of_kind(SourceKind::S3, "fl-2", end));
    let of_group = |end| by(coverage.of_input(&group, end));
    assert_eq!([100, 101].map(of_bucket), [None, Some(SourceKind::Kinesis)]);
    assert_eq!([200, 201].map(of_group), [Some(SourceKind::Kinesis), None]);
    assert_eq!(of_bucket(201), Some(SourceKind::CloudWatchLogs));
    assert_eq!(coverage.of_flow_log(&bucket, "fl-unknown", LATER), Answer::Read);
    assert_eq!(coverage.of_input("unknown", LATER), Answer::Read);
    let sentences: Vec<_> = coverage.decisions().iter().map(ToString::to_string).collect();
    let passed_over = "passed over for records that end after 1970-01-01T00:0";
    assert!(sentences.iter().any(|it| it.starts_with(passed_over)), "{sentences:?}");
    assert!(sentences.iter().any(|it| it.contains("up to 1970-01-01T00:03:20Z,")), "{sentences:?}");
}

#[test]
fn a_flow_log_that_is_not_delivered_covers_nothing() {
    let mut snapshot = network();
    let mut failing = flow_log("fl-1", "vpc-a", TrafficType::All, to_group("g"));
    failing.delivery_status = "FAILED".to_owned();
    snapshot.flow_logs = vec![failing, flow_log("fl-2", "vpc-a", TrafficType::All, to_bucket("b"))];
    snapshot.log_groups = vec![log_group("g", &[])];
    snapshot.buckets = vec![bucket("b", &[("q", "")])];
    let inputs = [
        input(log_group_input(&group_arn("g")), SourceKind::CloudWatchLogs, 1, None),
        input(bucket_input("b", &queue_arn("q")), SourceKind::S3, 1, None),
    ];
    let (coverage, _) = decide(&snapshot, &inputs);
    assert_eq!(coverage.of_kind(SourceKind::S3, "fl-2", LATER), Answer::Read);
}

#[test]
fn fields_that_the_better_one_lacks_are_told() {
    let mut snapshot = network();
    let mut rich = flow_log("fl-2", "vpc-a", TrafficType::All, to_bucket("b"));
    rich.log_format = "${version} ${srcaddr} ${tcp-flags}".to_owned();
    snapshot.flow_logs = vec![flow_log("fl-1", "vpc-a", TrafficType::All, to_group("g")), rich];
    snapshot.log_groups = vec![log_group("g", &[])];
    snapshot.buckets = vec![bucket("b", &[("q", "")])];
    let inputs = [
        input(log_group_input(&group_arn("g")), SourceKind::CloudWatchLogs, 1, None),
        input(bucket_input("b", &queue_arn("q")), SourceKind::S3, 1, None),
    ];
    let (coverage, _) = decide(&snapshot, &inputs);
    let missing = vec!["tcp-flags".to_owned()];
    let (flow_log_id, by) = ("fl-2".to_owned(), "fl-1".to_owned());
    assert_eq!(coverage.warnings(), [Warning::FewerFields { flow_log_id, by, missing }]);
}

#[test]
fn what_nobody_has_read_takes_nothing_away_from_others_and_is_told() {
    let mut snapshot = network();
    snapshot.flow_logs = vec![
        flow_log("fl-1", "vpc-a", TrafficType::All, to_group("g")),
        flow_log("fl-2", "vpc-a", TrafficType::All, to_bucket("b")),
    ];
    snapshot.log_groups = vec![log_group("g", &[("k", "")])];
    snapshot.buckets = vec![bucket("b", &[("q", "")])];
    let (stream, group) = (stream_input(&stream_arn("k")), log_group_input(&group_arn("g")));
    let bucket = bucket_input("b", &queue_arn("q"));
    let mut inputs = [
        input(stream.clone(), SourceKind::Kinesis, 10, None),
        input(group.clone(), SourceKind::CloudWatchLogs, 10, None),
        input(bucket.clone(), SourceKind::S3, 5, None),
    ];
    inputs[0].is_read = false;
    let (coverage, _) = decide(&snapshot, &inputs);
    assert_eq!(coverage.of_input(&group, LATER), Answer::Read);
    let of_bucket = coverage.of_flow_log(&bucket, "fl-2", LATER);
    assert!(matches!(of_bucket, Answer::PassedOver(by) if by.input_id == group), "{of_bucket:?}");
    assert_eq!(coverage.warnings(), [Warning::NotRead { input_id: stream }]);
}

/// Flow logs of a small network to three log groups and two buckets, and inputs of these.
fn situation() -> impl Strategy<Value = (RegionSnapshot, Vec<CoverageInput>)> {
    let resources = ["vpc-a", "vpc-b", "subnet-a1", "subnet-a2", "subnet-b1", "eni-a1", "eni-b2"];
    let resource = prop::sample::select(resources.to_vec());
    let traffic =
        prop::sample::select(vec![TrafficType::All, TrafficType::Accept, TrafficType::Reject]);
    let destination = prop_oneof![
        (0..3).prop_map(|group| to_group(&format!("g{group}"))),
        (0..2).prop_map(|bucket| to_bucket(&format!("b{bucket}"))),
    ];
    let delivered = prop::bool::weighted(0.9);
    let flow_logs = vec((resource, traffic, destination, delivered), 1..8);
    let pattern = prop::sample::select(vec!["", "", "REJECT"]);
    let filters = vec(vec((0..2_usize, pattern), 0..3), 3);
    let prefix = prop::sample::select(vec!["", "AWSLogs/", "AWSLogs/1"]);
    let queues = vec(vec(prefix, 1..3), 2);
    let until = prop::option::weighted(0.2, 51..99_u64);
    let is_read = prop::bool::weighted(0.8);
    let inputs = vec((prop::bool::weighted(0.7), 0..50_u64, until, is_read), 9);
    (flow_logs, filters, queues, inputs).prop_map(|(flow_logs, filters, queues, inputs)| {
        let mut snapshot = network();
        for (number, (resource, traffic, to, is_delivered)) in flow_logs.into_iter().enumerate() {
            let mut log = flow_log(&format!("fl-{number}"), resource, traffic, to);
            log.delivery_status = if is_delivered { "SUCCESS" } else { "FAILED" }.to_owned();
            snapshot.flow_logs.push(log);
        }
        for (number, filters) in filters.iter().enumerate() {
            let filters: Vec<_> =
                filters.iter().map(|(stream, pattern)| (["k0", "k1"][*stream], *pattern)).collect();
            snapshot.log_groups.push(log_group(&format!("g{number}"), &filters));
        }
        let mut ids: Vec<_> =
            ["k0", "k1"].map(|it| (stream_input(&stream_arn(it)), SourceKind::Kinesis)).into();
        ids.extend(
            ["g0", "g1", "g2"]
                .map(|it| (log_group_input(&group_arn(it)), SourceKind::CloudWatchLogs)),
        );
        for (number, prefixes) in queues.iter().enumerate() {
            let name = format!("b{number}");
            let queues: Vec<_> =
                prefixes.iter().zip(["q0", "q1"]).map(|(prefix, queue)| (queue, *prefix)).collect();
            snapshot.buckets.push(bucket(&name, &queues));
            ids.extend(
                queues
                    .iter()
                    .map(|(queue, _)| (bucket_input(&name, &queue_arn(queue)), SourceKind::S3)),
            );
        }
        let inputs = ids.into_iter().zip(inputs).filter(|(_, (is_enabled, ..))| *is_enabled);
        let inputs = inputs.map(|((id, kind), (_, since, until, is_read))| CoverageInput {
            is_read,
            ..input(id, kind, since, until)
        });
        (snapshot, inputs.collect())
    })
}

/// Where a record of a flow log may be read, and whether it is.
struct Reading {
    flow_log: usize,
    input: String,
    /// It is surely there: the source is whole, and its time is right.
    is_certain: bool,
    is_read: bool,
    /// Log groups all of whose events are here too, whatever these are.
    feeds: Vec<String>,
}

/// All places of a record of this interface that ends at `end`.
fn readings(
    snapshot: &RegionSnapshot,
    inputs: &[CoverageInput],
    (eni, is_accepted, end): (&str, bool, u64),
) -> Vec<Reading> {
    let (coverage, ways) = decide(snapshot, inputs);
    let name = eni.strip_prefix("eni-").unwrap();
    let wholes = [format!("vpc-{}", &name[..1]), format!("subnet-{name}"), eni.to_owned()];
    let mut readings = Vec::new();
    for (number, log) in snapshot.flow_logs.iter().enumerate() {
        let traffic = match log.traffic_type.unwrap() {
            TrafficType::All => true,
            TrafficType::Accept => is_accepted,
            TrafficType::Reject => !is_accepted,
        };
        if !traffic || !wholes.contains(&log.resource_id) {
            continue;
        }
        for source in ways.sources.iter().filter(|source| source.flow_log_id == log.id) {
            // What nobody has read has nothing for anybody.
            let mut reading = inputs.iter().filter(|input| input.is_read);
            let Some(input) = reading.find(|it| it.id == source.input_id) else { continue };
            let is_open = input.until.is_none_or(|until| end <= until);
            let answer = match input.kind {
                SourceKind::Kinesis => Answer::Read,
                SourceKind::CloudWatchLogs => coverage.of_input(&input.id, end),
                SourceKind::S3 => coverage.of_flow_log(&input.id, &log.id, end),
            };
            let is_in_time = input.since < end && is_open;
            let links = ways.links.iter().filter(|link| link.stream == input.id && is_in_time);
            readings.push(Reading {
                feeds: links.map(|link| link.log_group.clone()).collect(),
                flow_log: number,
                input: input.id.clone(),
                is_certain: source.is_whole && is_in_time,
                is_read: is_open && answer == Answer::Read,
            });
        }
    }
    readings
}

fn record() -> impl Strategy<Value = (&'static str, bool)> {
    (prop::sample::select(vec!["eni-a1", "eni-a2", "eni-b1", "eni-b2"]), any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_record_is_left_unread(
        (snapshot, inputs) in situation(),
        (eni, is_accepted) in record(),
        end in 1..120_u64,
    ) {
        let readings = readings(&snapshot, &inputs, (eni, is_accepted, end));
        // What an enabled input surely has is read from there, or from where it surely is.
        if readings.iter().any(|reading| reading.is_certain) {
            let is_read = readings.iter().any(|reading| reading.is_certain && reading.is_read);
            prop_assert!(is_read);
        }
        // What one may have, and does not read, is surely read elsewhere.
        for reading in &readings {
            let is_open = inputs.iter().any(|input| {
                input.id == reading.input && input.until.is_none_or(|until| end <= until)
            });
            if is_open && !reading.is_read {
                let has = |other: &Reading| {
                    let is_fed = other.flow_log == reading.flow_log
                        && other.feeds.contains(&reading.input);
                    other.is_read && (other.is_certain || is_fed)
                };
                prop_assert!(readings.iter().any(has));
            }
        }
    }

    #[test]
    fn none_is_read_twice_without_a_warning(
        (snapshot, inputs) in situation(),
        (eni, is_accepted) in record(),
    ) {
        let readings = readings(&snapshot, &inputs, (eni, is_accepted, LATER));
        let read: Vec<_> = readings.iter().filter(|reading| reading.is_read).collect();
        let (coverage, _) = decide(&snapshot, &inputs);
        for (place, one) in read.iter().enumerate() {
            for two in read.iter().skip(place + 1) {
                let names = |reading: &Reading| (format!("fl-{}", reading.flow_log), reading.input.clone());
                let wanted = [names(one), names(two)];
                let is_told = coverage.warnings().iter().any(|warning| match warning {
                    Warning::ReadTwice { one, other, .. } => [one, other].iter().all(|source| {
                        wanted.contains(&(source.flow_log_id.clone(), source.input_id.clone()))
                    }),
                    _ => false,
                });
                prop_assert!(is_told, "{wanted:?} {:?}", coverage.warnings());
            }
        }
    }
}
