//! What can be seen of an exporter while it works.

use std::time::{Duration, SystemTime};

use weir_exporter::{ExporterConfig, OutputKind, OutputState, Transport};
use weir_ipfix::element::{ACCOUNT_ID, OCTET_DELTA_COUNT, SOURCE_IPV6_ADDRESS};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, VARIABLE_LENGTH};

use crate::support::receiver::{UdpReceiver, absent_udp, peer};
use crate::support::{Running, collector, layouts, simple_run, to_collectors, wait_until};

#[test]
fn a_run_is_seen_on_its_way() {
    let receiver = UdpReceiver::new();
    let mut config = collector(Transport::Udp, receiver.peer());
    config.records_per_second = 200;
    let exporter = Running::start(&to_collectors(vec![config]));
    let run = simple_run(1, 0..150);
    exporter.submit(&run);
    wait_until("some records are out", || exporter.output(0).records > 50);
    let output = exporter.output(0);
    assert_eq!((output.kind, output.state), (OutputKind::Collector, OutputState::Up));
    assert_eq!((output.waiting_runs, output.waiting_octets), (1, run.octets() as u64));
    assert!(output.delayed > Duration::ZERO && output.messages > 10 && output.octets > 1000);
    assert_eq!(output.records_per_second_limit, 200);
    exporter.committed(&run);
    let output = exporter.output(0);
    assert!((100.0..300.0).contains(&output.records_per_second), "{output:?}");
    assert_eq!((output.waiting_runs, output.waiting_octets), (0, 0));
    exporter.report();
}

#[test]
fn a_refusal_is_told_with_its_time() {
    let before = SystemTime::now();
    let exporter =
        Running::start(&to_collectors(vec![collector(Transport::Udp, peer(absent_udp()))]));
    (0..5).for_each(|id| exporter.deliver(&simple_run(id, 0..100)));
    let output = exporter.output(0);
    assert!(output.refused > 0);
    let last = output.last_refusal.expect("a refusal");
    assert!(last.error.contains("refused"), "{}", last.error);
    assert!(last.at >= before && last.at <= SystemTime::now());
    exporter.report();
}

#[test]
fn the_templates_of_each_collector_are_told() {
    let receivers = [UdpReceiver::new(), UdpReceiver::new()];
    let mut configs: Vec<_> =
        receivers.iter().map(|each| collector(Transport::Udp, each.peer())).collect();
    configs[0].segmentation_offload = false;
    configs[1].elements = Some(vec![OCTET_DELTA_COUNT, SOURCE_IPV6_ADDRESS, ACCOUNT_ID]);
    configs[1].segmentation_offload = false;
    let exporter = Running::start(&to_collectors(configs.clone()));
    let templates = exporter.exporter().templates().to_vec();
    let layouts = layouts();
    let addresses = templates.iter().map(|template| template.collector.clone());
    let expected =
        configs.iter().flat_map(|config| [config.address.to_string(), config.address.to_string()]);
    assert_eq!(addresses.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    for (template, layout) in templates.iter().zip([&layouts.v4, &layouts.v6]) {
        assert_eq!(template.layout, layout.revision());
        let names = template.elements.iter().map(|element| element.name);
        let expected = layout.elements().iter().map(|element| element.name);
        assert_eq!(names.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        assert!(template.id >= 256);
    }
    let chosen: Vec<_> = templates[3]
        .elements
        .iter()
        .map(|each| (each.name, each.enterprise_number, each.id, each.length))
        .collect();
    let expected = [
        ("octetDeltaCount", None, 1, 8),
        ("sourceIPv6Address", None, 27, 16),
        (ACCOUNT_ID.name, Some(DEFAULT_ENTERPRISE_NUMBER), ACCOUNT_ID.id, VARIABLE_LENGTH),
    ];
    assert_eq!(chosen, expected);
    exporter.report();
}

#[test]
fn an_exporter_without_outputs_has_a_status_too() {
    let exporter = Running::start(&ExporterConfig::default());
    exporter.deliver(&simple_run(1, 0..10));
    let status = exporter.exporter().status();
    assert_eq!((status.runs, status.pending_runs, status.outputs.len()), (1, 0, 0));
    exporter.report();
}

#[test]
fn the_memory_of_a_run_is_kept_for_others_unless_it_is_a_message() {
    let receivers = [UdpReceiver::new(), UdpReceiver::new()];
    let configs = receivers.iter().map(|each| collector(Transport::Udp, each.peer())).collect();
    for config in [ExporterConfig::default(), to_collectors(configs)] {
        let exporter = Running::start(&config);
        exporter.deliver(&simple_run(1, 0..10));
        let mut spare = Vec::new();
        wait_until("memory comes back", || {
            spare = exporter.exporter().take_spare();
            !spare.is_empty()
        });
        assert!(spare[0].bytes.len() > 1000);

        let mut received = simple_run(2, 0..10);
        received.groups[0].bytes.share();
        exporter.deliver(&received);
        drop(received);
        exporter.deliver(&simple_run(3, 0..11));
        wait_until("memory comes back", || {
            spare = exporter.exporter().take_spare();
            !spare.is_empty()
        });
        assert_eq!(spare[0].len(), 11);
        exporter.report();
    }
}
