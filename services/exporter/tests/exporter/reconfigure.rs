//! Another configuration while runs are under way.

use std::collections::HashSet;
use std::fs;
use std::net::UdpSocket;
use std::thread;

use weir_delivery::{Answer, EnrichedRun, RetryReason};
use weir_enrich::NATIVE_FIELDS;
use weir_exporter::{
    ExporterConfig, FileTarget, OutputConfig, OutputTarget, Peer, TemplateStatus, Transport,
};
use weir_ipfix::element::{OCTET_DELTA_COUNT, SOURCE_GEO_REGION, SOURCE_INSTANCE_NAME};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair};
use weir_report::{GEO_FIELDS, Report};

use crate::support::collector::Collector;
use crate::support::receiver::{TcpReceiver, UdpReceiver};
use crate::support::{
    Running, collector, file, flows, layouts, run, simple_run, to_collectors, wait_until,
};

/// Runs of these would take hours.
const FOR_HOURS: u64 = 1;

fn with_geo() -> LayoutPair {
    LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &[SOURCE_GEO_REGION])
}

/// A run under these layouts.
fn run_under(layouts: &LayoutPair, id: u128, numbers: std::ops::Range<u64>) -> EnrichedRun {
    run(id, vec![flows(&layouts.v4, 7, numbers)])
}

#[test]
fn a_higher_rate_counts_amid_a_run_that_would_take_hours() {
    let (udp, tcp) = (UdpReceiver::new(), TcpReceiver::new());
    let mut config = to_collectors(vec![
        collector(Transport::Udp, udp.peer()),
        collector(Transport::Tcp, tcp.peer()),
    ]);
    config.collectors.iter_mut().for_each(|each| each.records_per_second = FOR_HOURS);
    let exporter = Running::start(&config);
    let run = simple_run(1, 0..20_000);
    exporter.submit(&run);
    let mut connection = tcp.accept();
    connection.receive(1);
    config.collectors.iter_mut().for_each(|each| each.records_per_second = 0);
    assert!(!exporter.exporter().reconfigure(&config));
    let rest = thread::spawn(move || {
        connection.receive(20_000);
        connection
    });
    let mut collector = Collector::new();
    udp.receive(&mut collector, 20_000);
    exporter.committed(&run);
    let connection = rest.join().unwrap();
    for collector in [&collector, &connection.collector] {
        assert_eq!(collector.numbers(), Vec::from_iter(0..20_000));
        collector.assert_unbroken();
    }
    assert_eq!(exporter.output(0).records_per_second_limit, 0);
}

#[test]
fn a_lower_rate_counts_for_what_comes_next() {
    let receiver = UdpReceiver::new();
    let mut config = to_collectors(vec![collector(Transport::Udp, receiver.peer())]);
    let exporter = Running::start(&config);
    exporter.deliver(&simple_run(1, 0..1000));
    config.collectors[0].records_per_second = 2;
    exporter.exporter().reconfigure(&config);
    wait_until("the status to tell", || exporter.output(0).records_per_second_limit == 2);
    exporter.submit(&simple_run(2, 1000..2000));
    wait_until("records to be delayed", || !exporter.output(0).delayed.is_zero());
    assert!(exporter.answer_within(std::time::Duration::from_millis(500)).is_none());
}

#[test]
fn another_packet_size_counts_amid_a_slow_run_and_breaks_no_sequence() {
    let receiver = UdpReceiver::new();
    let mut config = to_collectors(vec![collector(Transport::Udp, receiver.peer())]);
    config.collectors[0].records_per_second = 2000;
    let exporter = Running::start(&config);
    exporter.submit(&simple_run(1, 0..200_000));
    let mut collector = Collector::new();
    receiver.receive(&mut collector, 100);
    for size in [3000, 700] {
        config.collectors[0].max_packet_size = size;
        exporter.exporter().reconfigure(&config);
        wait_until("the status to tell", || exporter.output(0).max_packet_size == size as u64);
        // What was on its way may still be as before: two messages tell for sure.
        let fits = |octets: usize| octets <= size && octets > size - 400;
        let mut fitting = 0;
        while fitting < 2 {
            collector.take(&receiver.next());
            fitting += usize::from(fits(collector.messages.last().unwrap().octets));
        }
    }
    collector.assert_unbroken();
    let count = u64::try_from(collector.flows.len()).unwrap();
    assert_eq!(collector.numbers(), Vec::from_iter(0..count));
}

#[test]
fn a_rate_that_is_not_worth_filling_messages_for_begins_a_session_that_fills_none() {
    let receiver = UdpReceiver::new();
    let mut config = to_collectors(vec![collector(Transport::Udp, receiver.peer())]);
    let exporter = Running::start(&config);
    exporter.deliver(&simple_run(1, 0..100));
    let mut filled = Collector::new();
    receiver.receive(&mut filled, 100);
    config.collectors[0].records_per_second = 1000;
    exporter.exporter().reconfigure(&config);
    exporter.deliver(&simple_run(2, 100..200));
    let mut collector = Collector::new();
    receiver.receive(&mut collector, 100);
    collector.assert_unbroken();
    assert_eq!(collector.numbers(), Vec::from_iter(100..200));
    assert_eq!(collector.flows, collector.flows_without_padding());
    let ids: HashSet<_> = exporter.exporter().templates().iter().map(|each| each.id).collect();
    assert_eq!(ids.len(), 2);
}

#[test]
fn runs_under_old_layouts_are_written_and_new_ones_get_templates_of_their_own() {
    let (udp, tcp) = (UdpReceiver::new(), TcpReceiver::new());
    let path = file("reconfigured.jsonl");
    let target = OutputTarget::JsonLines(FileTarget::File(path.clone()));
    let mut config = ExporterConfig {
        outputs: vec![OutputConfig::new(target)],
        ..to_collectors(vec![
            collector(Transport::Udp, udp.peer()),
            collector(Transport::Tcp, tcp.peer()),
        ])
    };
    let exporter = Running::start(&config);
    let old: HashSet<_> = exporter.exporter().templates().iter().map(|each| each.id).collect();
    exporter.deliver(&run_under(&layouts(), 1, 0..10));
    let checked = exporter.exporter().check(run_under(&layouts(), 2, 10..20)).unwrap();

    config.extra_elements = vec![SOURCE_GEO_REGION];
    config.outputs[0].fields = Report::record_fields().chain(GEO_FIELDS).collect();
    assert!(exporter.exporter().reconfigure(&config));
    let of_collector = |each: &TemplateStatus| (each.collector.clone(), each.id);
    let new = exporter.exporter().templates();
    assert!(new.iter().all(|each| !old.contains(&of_collector(each).1)), "{new:?}");
    assert_eq!(exporter.exporter().layouts().v4.revision(), with_geo().v4.revision());

    // One that was taken before is written; one that comes now is to be encoded again.
    exporter.exporter().try_submit(checked).unwrap();
    assert_eq!(exporter.answer().answer, Answer::Committed);
    let stale = exporter.exporter().check(run_under(&layouts(), 3, 0..1)).unwrap_err();
    assert!(matches!(stale, Answer::Retry(RetryReason::StaleTemplates, _)), "{stale:?}");
    exporter.deliver(&run_under(&with_geo(), 4, 20..30));

    let mut collector = Collector::new();
    udp.receive(&mut collector, 30);
    let mut connection = tcp.accept();
    connection.receive(30);
    for collector in [&collector, &connection.collector] {
        assert_eq!(collector.numbers(), Vec::from_iter(0..30));
        collector.assert_unbroken();
        let geo = |flow: &Vec<(Option<u32>, u16, Vec<u8>)>| {
            flow.iter().any(|field| {
                (field.0, field.1) == (Some(DEFAULT_ENTERPRISE_NUMBER), SOURCE_GEO_REGION.id)
            })
        };
        assert_eq!(collector.flows.iter().filter(|flow| geo(flow)).count(), 10);
    }
    exporter.report();
    let lines = fs::read_to_string(&path).unwrap();
    let with_geo = lines.lines().filter(|line| line.contains("\"src_geo_region\"")).count();
    assert_eq!((lines.lines().count(), with_geo), (30, 10));
}

#[test]
fn other_elements_of_the_same_layouts_begin_a_session_since_ids_are_not_redefined() {
    let (udp, tcp) = (UdpReceiver::new(), TcpReceiver::new());
    let mut config = to_collectors(vec![
        collector(Transport::Udp, udp.peer()),
        collector(Transport::Tcp, tcp.peer()),
    ]);
    let exporter = Running::start(&config);
    exporter.deliver(&simple_run(1, 0..10));
    for each in &mut config.collectors {
        each.elements = Some(vec![OCTET_DELTA_COUNT, SOURCE_INSTANCE_NAME]);
    }
    assert!(!exporter.exporter().reconfigure(&config));
    exporter.deliver(&simple_run(2, 10..20));
    let (mut before, mut after) = (Collector::new(), Collector::new());
    udp.receive(&mut before, 10);
    udp.receive(&mut after, 10);
    let mut connections = [tcp.accept(), tcp.accept()];
    connections.iter_mut().for_each(|each| each.receive(10));
    for after in [&after, &connections[1].collector] {
        after.assert_unbroken();
        assert_eq!(after.numbers(), Vec::from_iter(10..20));
        assert!(after.flows_without_padding().iter().all(|flow| flow.len() == 2));
    }
}

#[test]
fn a_packet_size_without_room_for_the_templates_is_refused_and_the_rest_counts() {
    let receiver = UdpReceiver::new();
    let mut config = to_collectors(vec![collector(Transport::Udp, receiver.peer())]);
    let exporter = Running::start(&config);
    let smallest = config.collectors[0].max_packet_size;
    config.collectors[0].max_packet_size = 100;
    config.collectors[0].records_per_second = 50_000;
    exporter.exporter().reconfigure(&config);
    wait_until("the rate counts", || exporter.output(0).records_per_second_limit == 50_000);
    let status = exporter.output(0);
    assert_eq!(status.max_packet_size, smallest as u64);
    assert!(status.refused_setting.unwrap().contains("out of range"));
    // What may be had clears the refusal.
    config.collectors[0].max_packet_size = 3900;
    exporter.exporter().reconfigure(&config);
    wait_until("the size counts", || exporter.output(0).max_packet_size == 3900);
    assert_eq!(exporter.output(0).refused_setting, None);
}

#[test]
fn fields_that_a_collector_has_no_room_for_change_nothing_for_anybody() {
    let receivers = [UdpReceiver::new(), UdpReceiver::new()];
    let mut config = to_collectors(
        receivers.iter().map(|each| collector(Transport::Udp, each.peer())).collect(),
    );
    config.collectors[1].max_packet_size = 512;
    config.collectors[1].elements = Some(vec![OCTET_DELTA_COUNT]);
    let exporter = Running::start(&config);
    // Templates of all of these do not fit 512 octets.
    config.extra_elements = NATIVE_FIELDS.iter().map(|native| native.element).collect();
    config.collectors[1].elements = None;
    assert!(!exporter.exporter().reconfigure(&config));
    assert_eq!(exporter.exporter().layouts().v4.revision(), layouts().v4.revision());
    let refused = exporter.output(1).refused_setting.unwrap();
    assert!(refused.contains("the exported fields stay"), "{refused}");
    exporter.deliver(&simple_run(1, 0..10));
}

#[test]
fn a_packet_size_beyond_the_path_is_refused_and_the_one_before_stays() {
    // An address of the documentation (RFC 5737), to which nothing is sent.
    const ELSEWHERE: &str = "198.51.100.1";
    let has_route =
        UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect((ELSEWHERE, 4739))).is_ok();
    let peer = Peer { host: ELSEWHERE.to_owned(), port: 4739 };
    let mut config = to_collectors(vec![collector(Transport::Udp, peer)]).for_service();
    config.collectors[0].max_packet_size = 600;
    let exporter = Running::start(&config);
    config.collectors[0].max_packet_size = 3900;
    exporter.exporter().reconfigure(&config);
    let status = exporter.output(0);
    if has_route {
        assert_eq!(status.max_packet_size, 600);
        let refused = status.refused_setting.unwrap();
        assert!(refused.contains("does not fit the path"), "{refused}");
    }
}
