//! Several collectors and outputs at once, and what each of them gets.

use std::collections::HashSet;
use std::fs;

use weir_exporter::{
    CollectorConfig, ExporterConfig, FileTarget, OutputConfig, OutputTarget, SyslogAddress,
    Transport,
};
use weir_ipfix::element::{
    DESTINATION_IPV6_ADDRESS, INTERFACE_ID, OCTET_DELTA_COUNT, SOURCE_INSTANCE_NAME,
    SOURCE_IPV4_ADDRESS,
};
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, InformationElement};

use crate::support::collector::Collector;
use crate::support::receiver::{TcpReceiver, UdpReceiver};
use crate::support::{Running, collector, file, flows, layouts, run, simple_run, to_collectors};

#[test]
fn every_collector_and_output_gets_every_record() {
    let (udp, other_udp, tcp) = (UdpReceiver::new(), UdpReceiver::new(), TcpReceiver::new());
    let (syslog, path) = (UdpReceiver::new(), file("several.jsonl"));
    let address = SyslogAddress { transport: Transport::Udp, peer: syslog.peer() };
    let mut config = ExporterConfig {
        collectors: vec![
            collector(Transport::Udp, udp.peer()),
            collector(Transport::Udp, other_udp.peer()),
            collector(Transport::Tcp, tcp.peer()),
        ],
        outputs: vec![
            OutputConfig::new(OutputTarget::JsonLines(FileTarget::File(path.clone()))),
            OutputConfig::new(OutputTarget::Syslog(address)),
        ],
        ..ExporterConfig::default()
    };
    config.collectors[1].max_packet_size = 600;
    let exporter = Running::start(&config);
    exporter.deliver(&simple_run(1, 0..60));
    exporter.deliver(&simple_run(2, 60..100));

    let expected = Vec::from_iter(0..100);
    for receiver in [&udp, &other_udp] {
        let mut collector = Collector::new();
        receiver.receive(&mut collector, 100);
        collector.assert_unbroken();
        assert_eq!(collector.numbers(), expected);
    }
    let mut connection = tcp.accept();
    connection.receive(100);
    assert_eq!(connection.collector.numbers(), expected);
    for number in &expected {
        let message = syslog.next();
        assert!(str::from_utf8(&message).unwrap().contains(&format!(" bytes_in={number} ")));
    }
    let report = exporter.report();
    assert_eq!(fs::read_to_string(path).unwrap().lines().count(), 100);
    let addresses = report.outputs.iter().map(|output| output.address.clone());
    let collectors = config.collectors.iter().map(|each| each.address.to_string());
    let outputs = config.outputs.iter().map(|each| each.target.to_string());
    assert_eq!(addresses.collect::<Vec<_>>(), collectors.chain(outputs).collect::<Vec<_>>());
    assert!(report.outputs.iter().all(|output| output.records == 100));
    assert_eq!(report.runs, 2);
}

fn ids(elements: &[InformationElement]) -> Vec<(Option<u32>, u16)> {
    let specifiers = elements.iter().map(|each| each.specifier(DEFAULT_ENTERPRISE_NUMBER));
    specifiers.map(|each| (each.enterprise_number, each.id)).collect()
}

/// The lists of elements among the flows.
fn received_ids(collector: &Collector) -> HashSet<Vec<(Option<u32>, u16)>> {
    let flows = collector.flows_without_padding().into_iter();
    flows.map(|flow| flow.iter().map(|field| (field.0, field.1)).collect()).collect()
}

#[test]
fn a_collector_gets_exactly_the_elements_that_were_chosen_for_it() {
    let (chosen, whole, layouts) = (UdpReceiver::new(), UdpReceiver::new(), layouts());
    let both = [OCTET_DELTA_COUNT, SOURCE_INSTANCE_NAME, INTERFACE_ID];
    let of_family = [SOURCE_IPV4_ADDRESS, DESTINATION_IPV6_ADDRESS];
    let config = CollectorConfig {
        elements: Some([both.as_slice(), &of_family].concat()),
        ..collector(Transport::Udp, chosen.peer())
    };
    let configs = vec![config, collector(Transport::Udp, whole.peer())];
    let exporter = Running::start(&to_collectors(configs));
    let groups = vec![flows(&layouts.v4, 7, 0..20), flows(&layouts.v6, 7, 20..40)];
    exporter.deliver(&run(1, groups));

    let mut collector = Collector::new();
    chosen.receive(&mut collector, 40);
    collector.assert_unbroken();
    assert_eq!(collector.numbers(), Vec::from_iter(0..40));
    let v4 = [OCTET_DELTA_COUNT, SOURCE_IPV4_ADDRESS, SOURCE_INSTANCE_NAME, INTERFACE_ID];
    let v6 = [OCTET_DELTA_COUNT, DESTINATION_IPV6_ADDRESS, SOURCE_INSTANCE_NAME, INTERFACE_ID];
    assert_eq!(received_ids(&collector), HashSet::from([ids(&v4), ids(&v6)]));

    let mut collector = Collector::new();
    whole.receive(&mut collector, 40);
    let all = [&layouts.v4, &layouts.v6].map(|layout| ids(layout.elements()));
    assert_eq!(received_ids(&collector), HashSet::from(all));
    exporter.report();
}
