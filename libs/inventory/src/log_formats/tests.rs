//! Which format a line has.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use weir_flowlog::{BlockParser, Field, FieldKind, Line, LogFormat, RejectReason};

use super::*;
use crate::model::{Interface, TransitGatewayAttachment};
use crate::region::{FlowLog, FlowLogDestination, RegionSnapshot};

const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";
const DAY: u64 = 24 * 60 * 60;
const LINE: &str = "2 123456789010 eni-1 10.0.0.1 10.0.0.2 443 5 6 1 40 100 160 ACCEPT OK";

fn format(text: &str) -> Arc<FlowLogFormat> {
    Arc::new(FlowLogFormat::new(Arc::new(LogFormat::parse(text).unwrap()), None))
}

fn default() -> Arc<FlowLogFormat> {
    Arc::new(FlowLogFormat::new(Arc::new(LogFormat::vpc_default()), None))
}

/// The fields that a line of the stream is read by; none where it is no flow log.
fn chosen(formats: &[Arc<FlowLogFormat>], stream: &str, line: &str) -> Option<String> {
    match choose(formats, resource_of(stream), line, &mut BlockParser::new()) {
        Choice::Format(format) => Some(format.format().to_string()),
        Choice::NoFlowLog => None,
    }
}

/// Why a line is rejected under the format that is chosen for it.
fn rejection(formats: &[Arc<FlowLogFormat>], stream: &str, line: &str) -> Option<RejectReason> {
    let mut parser = BlockParser::new();
    let Choice::Format(format) = choose(formats, resource_of(stream), line, &mut parser) else {
        return None;
    };
    let mut rejected = None;
    parser.parse(format.format(), line.as_bytes(), |outcome| {
        if let Line::Rejected { reason, .. } = outcome.line {
            rejected = Some(reason);
        }
    });
    rejected
}

fn flow_log(id: &str, resource_id: &str, log_format: &str) -> FlowLog {
    let group = FlowLogDestination::CloudWatchLogs { log_group: "flows".to_owned(), arn: None };
    FlowLog {
        id: id.to_owned(),
        resource_id: resource_id.to_owned(),
        traffic_type: None,
        destination: group,
        log_format: log_format.to_owned(),
        aggregation_seconds: None,
        status: "ACTIVE".to_owned(),
        delivery_status: String::new(),
        delivery_error: None,
        name: None,
    }
}

fn interface(id: &str, subnet: &str, vpc: &str) -> Interface {
    Interface {
        id: id.to_owned(),
        account_id: ACCOUNT.to_owned(),
        vpc_id: vpc.to_owned(),
        subnet_id: Some(subnet.to_owned()),
        instance_id: None,
        interface_type: "interface".to_owned(),
        description: String::new(),
        addresses: Vec::new(),
        ipv6_addresses: Vec::new(),
        ipv6_prefixes: Vec::new(),
    }
}

fn region(taken_at: u64, flow_logs: Vec<FlowLog>) -> RegionSnapshot {
    let mut region = RegionSnapshot::new(ACCOUNT, REGION, taken_at);
    region.flow_logs = flow_logs;
    region.inventory.interfaces = (0..8)
        .map(|at| interface(&eni(at), &format!("subnet-{}", at / 2), &format!("vpc-{}", at / 4)))
        .collect();
    region
}

fn eni(number: usize) -> String {
    format!("eni-{number}")
}

fn place(log_stream: &str) -> LogPlace<'_> {
    LogPlace { account_id: ACCOUNT, region: REGION, log_group: "flows", log_stream }
}

/// The formats that sweeps know of a stream.
fn known(found: &FoundFormats, stream: &str) -> Vec<Arc<FlowLogFormat>> {
    match KnownFormats::of(found).of_stream(&place(stream)) {
        Knowledge::Formats(formats) => formats.to_vec(),
        Knowledge::NoFlowLog { .. } => Vec::new(),
    }
}

fn texts(formats: &[Arc<FlowLogFormat>]) -> Vec<String> {
    formats.iter().map(|each| each.format().to_string()).collect()
}

#[test]
fn the_interface_or_attachment_is_in_the_name_of_the_stream() {
    assert_eq!(resource_of("eni-0a1b-all"), Some("eni-0a1b"));
    assert_eq!(resource_of("eni-0a1b-reject"), Some("eni-0a1b"));
    assert_eq!(resource_of("eni-0a1b"), Some("eni-0a1b"));
    assert_eq!(resource_of("tgw-attach-0a1b-all"), Some("tgw-attach-0a1b"));
    for other in ["eni-", "eni-all", "eni-0x1-all", "tgw-attach-", "tgw-0a1b", "my-app", ""] {
        assert_eq!(resource_of(other), None, "{other}");
    }
}

#[test]
fn a_line_has_the_format_with_as_many_columns() {
    let formats = [format("srcaddr dstaddr"), default(), format("start end bytes")];
    assert_eq!(chosen(&formats, "eni-1-all", LINE), Some(default().format().to_string()));
    assert_eq!(chosen(&formats, "eni-1-all", "1 2 3").unwrap(), "start end bytes");
    assert_eq!(chosen(&formats, "eni-1-all", "10.0.0.1 10.0.0.2\n").unwrap(), "srcaddr dstaddr");
}

#[test]
fn of_formats_with_as_many_columns_the_one_that_can_be_read_is_taken() {
    let formats = [format("start srcaddr"), format("srcaddr start")];
    assert_eq!(chosen(&formats, "eni-1-all", "100 10.0.0.1").unwrap(), "start srcaddr");
    assert_eq!(chosen(&formats, "eni-1-all", "10.0.0.1 100").unwrap(), "srcaddr start");
    let neither = rejection(&formats, "eni-1-all", "neither one");
    assert_eq!(neither, Some(RejectReason::InvalidNumber), "as the first says");
}

#[test]
fn a_line_names_the_interface_of_its_stream() {
    let formats = [format("subnet-id interface-id"), format("interface-id subnet-id")];
    let line = "eni-1 subnet-1";
    assert_eq!(chosen(&formats, "eni-1-all", line).unwrap(), "interface-id subnet-id");
    let gateway = rejection(&formats, "eni-1-all", "- -");
    assert_eq!(gateway, Some(RejectReason::AmbiguousFormat), "a regional NAT gateway");
}

#[test]
fn a_line_that_is_another_flow_under_several_formats_is_rejected() {
    let formats = [format("packets bytes"), format("bytes packets")];
    let reason = rejection(&formats, "eni-1-all", "1 40");
    assert_eq!(reason, Some(RejectReason::AmbiguousFormat));
}

#[test]
fn a_line_that_tells_of_no_flow_is_so_under_all_formats() {
    let formats = [format("packets bytes log-status"), format("bytes packets log-status")];
    assert_eq!(rejection(&formats, "eni-1-all", "- - NODATA"), None);
    let reason = rejection(&formats, "eni-1-all", "1 40 OK");
    assert_eq!(reason, Some(RejectReason::AmbiguousFormat));
}

#[test]
fn what_fits_no_format_is_rejected_in_a_stream_of_flow_logs_and_no_flow_log_elsewhere() {
    let formats = [default()];
    let reason = rejection(&formats, "eni-1-all", "GET / 200");
    assert_eq!(reason, Some(RejectReason::WrongFieldCount));
    assert_eq!(chosen(&formats, "web-server", "GET / 200"), None);
    assert!(chosen(&formats, "a-stream-of-ones-own", LINE).is_some());
    let header = default().format().to_string();
    assert_eq!(rejection(&formats, "eni-1-all", &header), Some(RejectReason::InvalidNumber));
}

#[test]
fn the_end_of_a_record_is_read_where_the_format_has_it() {
    assert_eq!(default().end_of(LINE), Some(160_000));
    assert_eq!(format("srcaddr dstaddr").end_of("10.0.0.1 10.0.0.2"), None);
    assert_eq!(format("end").end_of("-"), None);
}

#[test]
fn formats_stand_in_the_order_of_their_flow_logs_and_each_once() {
    let mut found = FoundFormats::default();
    let logs = vec![
        flow_log("fl-a", "vpc-0", "${start} ${end}"),
        flow_log("fl-b", "subnet-0", ""),
        flow_log("fl-c", "eni-0", "start"),
        flow_log("fl-d", "vpc-0", "${start} ${end}"),
        flow_log("fl-e", "tgw-1", ""),
    ];
    assert_eq!(found.take_notice(&[&region(100, logs)], 100), 0);
    let of_interface = known(&found, "eni-0-all");
    let version_2 = LogFormat::vpc_default().to_string();
    assert_eq!(texts(&of_interface), ["start", &version_2, "start end"]);
    assert_eq!(of_interface[0].flow_log_id(), Some("fl-c"));
    assert_eq!(of_interface[2].flow_log_id(), None, "two of them write so");
    assert_eq!(texts(&known(&found, "eni-3-all")), ["start end"]);
    // One that no sweep has seen has no flow log of its own.
    assert_eq!(known(&found, "eni-99-all").len(), 3);
    assert_eq!(known(&found, "my-app").len(), 4);
}

#[test]
fn an_attachment_has_the_flow_logs_of_its_transit_gateway() {
    let logs = vec![flow_log("fl-a", "tgw-1", "${start} ${end}"), flow_log("fl-b", "vpc-0", "")];
    let mut region = region(100, logs);
    region.inventory.transit_gateway_attachments.push(TransitGatewayAttachment {
        id: "tgw-attach-1".to_owned(),
        transit_gateway_id: "tgw-1".to_owned(),
        resource_type: "vpc".to_owned(),
        resource_id: "vpc-0".to_owned(),
        route_table_id: None,
    });
    let mut found = FoundFormats::default();
    found.take_notice(&[&region], 100);
    assert_eq!(texts(&known(&found, "tgw-attach-1-all")), ["start end"]);
}

#[test]
fn a_flow_log_that_is_gone_counts_for_another_day() {
    let mut found = FoundFormats::default();
    let old = region(100, vec![flow_log("fl-a", "vpc-0", "start")]);
    let new = region(200, vec![flow_log("fl-b", "vpc-0", "${start} ${end}")]);
    found.take_notice(&[&old], 100);
    found.take_notice(&[&new], 200);
    assert_eq!(texts(&known(&found, "eni-0-all")), ["start", "start end"]);
    found.take_notice(&[&new], 200 + DAY);
    assert_eq!(known(&found, "eni-0-all").len(), 2);
    found.take_notice(&[&new], 201 + DAY);
    assert_eq!(texts(&known(&found, "eni-0-all")), ["start end"]);
}

#[test]
fn a_log_group_of_another_account_or_region_is_found_by_its_arn() {
    let mut log = flow_log("fl-a", "vpc-0", "start");
    log.destination = FlowLogDestination::CloudWatchLogs {
        log_group: "flows".to_owned(),
        arn: Some("arn:aws:logs:us-east-1:999999999999:log-group:flows".to_owned()),
    };
    let mut found = FoundFormats::default();
    found.take_notice(&[&region(100, vec![log])], 100);
    let known = KnownFormats::of(&found);
    let there = LogPlace { account_id: "999999999999", region: "us-east-1", ..place("eni-0-all") };
    assert!(matches!(known.of_stream(&there), Knowledge::Formats(_)));
    // Its events may come through a stream of another region.
    let elsewhere = LogPlace { region: REGION, ..there };
    assert!(matches!(known.of_stream(&elsewhere), Knowledge::Formats(_)));
    let other = known.of_stream(&place("eni-0-all"));
    assert_eq!(other, Knowledge::NoFlowLog { looked: Some(100) });
}

#[test]
fn it_is_told_when_a_sweep_has_looked_for_a_group_that_has_no_flow_logs() {
    let nothing = KnownFormats::default().of_stream(&place("eni-0-all"));
    assert_eq!(nothing, Knowledge::NoFlowLog { looked: None });
    let mut found = FoundFormats::default();
    let [one, mut other] = [region(100, Vec::new()), region(300, Vec::new())];
    other.region = "us-east-1".to_owned();
    found.take_notice(&[&one, &other], 300);
    let known = KnownFormats::of(&found);
    let looked = |place: LogPlace<'_>| known.of_stream(&place);
    let at = |time| Knowledge::NoFlowLog { looked: Some(time) };
    assert_eq!(looked(place("eni-0-all")), at(100));
    assert_eq!(looked(LogPlace { region: "eu-north-1", ..place("eni-0-all") }), at(300));
    assert_eq!(looked(LogPlace { account_id: "999999999999", ..place("eni-0-all") }), at(300));
}

/// A line of a flow log under its format.
fn line_of(format: &LogFormat, interface: &str) -> String {
    let value = |field: Option<Field>| match field {
        Some(Field::InterfaceId) => interface.to_owned(),
        Some(field) => match field.kind() {
            FieldKind::Number { .. } => "1".to_owned(),
            FieldKind::Address => "10.0.0.1".to_owned(),
            FieldKind::Text => "x-1".to_owned(),
            FieldKind::Action => "ACCEPT".to_owned(),
            FieldKind::LogStatus => "OK".to_owned(),
            FieldKind::Direction => "ingress".to_owned(),
        },
        None => "-".to_owned(),
    };
    format.columns().map(value).collect::<Vec<_>>().join(" ")
}

fn any_format() -> impl Strategy<Value = String> {
    let fields = vec![
        "start",
        "bytes",
        "srcaddr",
        "dstaddr",
        "action",
        "interface-id",
        "vpc-id",
        "log-status",
        "flow-direction",
    ];
    let some = subsequence(fields, 2..=3).prop_shuffle();
    some.prop_map(|fields| fields.join(" "))
}

fn any_flow_logs() -> impl Strategy<Value = Vec<FlowLog>> {
    let resource = prop_oneof![
        (0..8_usize).prop_map(eni),
        (0..4).prop_map(|number| format!("subnet-{number}")),
        (0..2).prop_map(|number| format!("vpc-{number}")),
    ];
    let logs = prop::collection::vec((resource, any_format()), 1..8);
    logs.prop_map(|logs| {
        let logs = logs.into_iter().enumerate();
        logs.map(|(at, (resource, format))| flow_log(&format!("fl-{at}"), &resource, &format))
            .collect()
    })
}

/// The flow logs that cover an interface of [`region`].
fn covering(logs: &[FlowLog], number: usize) -> Vec<&FlowLog> {
    let parts = [eni(number), format!("subnet-{}", number / 2), format!("vpc-{}", number / 4)];
    logs.iter().filter(|log| parts.contains(&log.resource_id)).collect()
}

proptest! {
    #[test]
    fn a_stream_has_the_formats_of_the_flow_logs_that_cover_its_interface(
        logs in any_flow_logs(),
        number in 0..8_usize,
    ) {
        let mut found = FoundFormats::default();
        found.take_notice(&[&region(100, logs.clone())], 100);
        let text = serde_json::to_vec(&found).unwrap();
        prop_assert_eq!(&serde_json::from_slice::<FoundFormats>(&text).unwrap(), &found);
        let covering = covering(&logs, number);
        let all: BTreeSet<_> = logs.iter().map(|log| log.log_format.clone()).collect();
        let expected: BTreeSet<_> = covering.iter().map(|log| log.log_format.clone()).collect();
        let known: BTreeSet<_> = texts(&known(&found, &format!("eni-{number}-all"))).into_iter().collect();
        match (covering.is_empty(), all.len()) {
            // Nobody writes to such a stream.
            (true, _) => {}
            (false, 1) => prop_assert_eq!(known, all),
            (false, _) => prop_assert_eq!(known, expected),
        }
    }

    #[test]
    fn a_line_is_read_as_what_its_flow_log_wrote_or_rejected(
        logs in any_flow_logs(),
        number in 0..8_usize,
        which in any::<Index>(),
    ) {
        let covering = covering(&logs, number);
        prop_assume!(!covering.is_empty());
        let mut found = FoundFormats::default();
        found.take_notice(&[&region(100, logs.clone())], 100);
        let stream = format!("eni-{number}-all");
        let formats = known(&found, &stream);
        let own = LogFormat::parse(&which.get(&covering).log_format).unwrap();
        let line = line_of(&own, &eni(number));
        let columns = own.columns().count();
        let choice = choose(&formats, resource_of(&stream), &line, &mut BlockParser::new());
        let Choice::Format(chosen) = choice else { panic!("{line} is no flow log") };
        prop_assert!(chosen.format().is_undecided() || **chosen.format() == own, "{}", line);
        let with_as_many = formats.iter().filter(|it| it.format().columns().count() == columns);
        if with_as_many.count() == 1 {
            prop_assert!(!chosen.format().is_undecided());
        }
    }
}
