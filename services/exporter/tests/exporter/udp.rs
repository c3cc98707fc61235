//! Collectors that are reached over UDP.

use std::time::{Duration, Instant};

use weir_exporter::{CollectorConfig, Transport};

use crate::support::collector::Collector;
use crate::support::receiver::{UdpReceiver, absent_udp, peer};
use crate::support::{
    DEADLINE, Running, collector, flows, layouts, run, simple_run, to_collectors,
};

fn config_for(receiver: &UdpReceiver) -> CollectorConfig {
    collector(Transport::Udp, receiver.peer())
}

/// Exports two runs of several groups: 250 flows in two domains and both families.
fn export_mixed(change: impl FnOnce(&mut CollectorConfig)) -> Collector {
    let (receiver, layouts) = (UdpReceiver::new(), layouts());
    let mut config = config_for(&receiver);
    change(&mut config);
    let exporter = Running::start(&to_collectors(vec![config]));
    let groups = vec![
        flows(&layouts.v4, 7, 0..60),
        flows(&layouts.v6, 7, 60..100),
        flows(&layouts.v4, 8, 100..140),
    ];
    exporter.deliver(&run(1, groups));
    let groups = vec![flows(&layouts.v4, 7, 140..141), flows(&layouts.v6, 8, 141..250)];
    exporter.deliver(&run(2, groups));
    let mut collector = Collector::new();
    receiver.receive(&mut collector, 250);
    let report = exporter.report();
    assert!(receiver.is_silent());
    assert_eq!(report.messages(), collector.messages.len() as u64);
    assert_eq!((report.outputs[0].records, report.runs), (250, 2));
    collector
}

#[test]
fn all_records_arrive_in_order_behind_their_templates_with_right_sequence_numbers() {
    for segmentation_offload in [false, true] {
        let collector = export_mixed(|config| config.segmentation_offload = segmentation_offload);
        collector.assert_unbroken();
        assert_eq!(collector.numbers(), Vec::from_iter(0..250));
        assert!(collector.messages.iter().all(|message| message.octets <= 1420));
    }
}

#[test]
fn segmentation_offload_does_not_change_the_records() {
    let plain = export_mixed(|config| config.segmentation_offload = false);
    let offloaded = export_mixed(|config| config.segmentation_offload = true);
    assert_eq!(plain.flows, offloaded.flows_without_padding());
}

#[cfg(target_os = "linux")]
#[test]
fn a_padded_datagram_of_records_is_exactly_as_long_as_the_limit() {
    for limit in [512, 1420, 3900] {
        let collector = export_mixed(|config| config.max_packet_size = limit);
        collector.assert_unbroken();
        assert_eq!(collector.numbers(), Vec::from_iter(0..250));
        for message in collector.messages.iter().filter(|message| message.flows > 0) {
            assert_eq!(message.octets, limit);
        }
    }
}

#[test]
fn messages_are_not_filled_when_a_low_rate_sends_them_one_by_one() {
    let collector = export_mixed(|config| config.records_per_second = 9999);
    assert_eq!(collector.flows, collector.flows_without_padding());
    let mut of_flows = collector.messages.iter().filter(|message| message.flows > 0);
    assert!(of_flows.any(|message| message.octets < 1000));
}

#[test]
fn a_high_rate_keeps_order_and_sequence_numbers() {
    let collector = export_mixed(|config| config.records_per_second = 20_000);
    collector.assert_unbroken();
    assert_eq!(collector.numbers(), Vec::from_iter(0..250));
}

#[test]
fn a_collector_that_is_not_there_costs_refusals_and_no_commit() {
    for segmentation_offload in [false, true] {
        let mut config = collector(Transport::Udp, peer(absent_udp()));
        config.segmentation_offload = segmentation_offload;
        let exporter = Running::start(&to_collectors(vec![config]));
        (0..5).for_each(|id| exporter.deliver(&simple_run(id, 0..100)));
        let report = exporter.report();
        assert_eq!((report.runs, report.outputs[0].records), (5, 500));
        assert!(report.outputs[0].refused > 0, "{report:?}");
    }
}

#[test]
fn a_collector_that_starts_late_gets_templates_while_nothing_is_exported() {
    let address = absent_udp();
    let mut config = collector(Transport::Udp, peer(address));
    config.template_interval = Duration::from_millis(50);
    let exporter = Running::start(&to_collectors(vec![config]));
    exporter.deliver(&simple_run(1, 0..100));
    let receiver = UdpReceiver::bind(address);
    let mut collector = Collector::new();
    while collector.messages.iter().all(|message| message.summary.templates == 0) {
        collector.take(&receiver.next());
    }
    exporter.deliver(&simple_run(2, 100..200));
    receiver.receive(&mut collector, 100);
    assert_eq!(collector.numbers(), Vec::from_iter(100..200));
    let first = &collector.messages[0].summary;
    assert!(first.sequence_number > 100, "the number shows what was missed: {first:?}");
    exporter.report();
}

#[test]
fn a_silent_domain_gets_its_templates_again_while_others_are_busy() {
    let receiver = UdpReceiver::new();
    let mut config = config_for(&receiver);
    config.template_interval = Duration::from_millis(50);
    let exporter = Running::start(&to_collectors(vec![config]));
    exporter.deliver(&simple_run(0, 0..1));
    let (started, mut templates) = (Instant::now(), 0);
    let mut collector = Collector::new();
    for id in 1.. {
        exporter.deliver(&run(id, vec![flows(&layouts().v4, 8, 0..1)]));
        receiver.receive(&mut collector, usize::try_from(id).unwrap() + 1);
        let messages = collector.messages.drain(..).map(|message| message.summary);
        let of_silent = messages.filter(|summary| summary.observation_domain_id == 7);
        templates += of_silent.map(|summary| summary.templates).sum::<u32>();
        // The first time is with its own record.
        if templates >= 8 {
            break;
        }
        assert!(started.elapsed() < DEADLINE, "{templates}");
    }
    exporter.report();
}

#[test]
fn templates_are_not_repeated_before_the_interval() {
    let receiver = UdpReceiver::new();
    let exporter = Running::start(&to_collectors(vec![config_for(&receiver)]));
    (0..20).for_each(|id| exporter.deliver(&simple_run(id, 0..1)));
    let mut collector = Collector::new();
    receiver.receive(&mut collector, 20);
    let templates: u32 = collector.messages.iter().map(|each| each.summary.templates).sum();
    assert_eq!(templates, 4, "one for each family and two of descriptions");
    exporter.report();
}
