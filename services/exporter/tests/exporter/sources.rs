//! Records that leave from their exporter's address.
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use weir_exporter::{CollectorConfig, ExportError, Exporter, SourceAddress, Transport};
use weir_ipfix::{FixedPart, Layout, RecordGroup, standard};

use crate::support::collector::Collector;
use crate::support::receiver::UdpReceiver;
use crate::support::{Running, collector, lasting, layouts, run, to_collectors};

/// An address of the documentation (RFC 5737), which no host has.
const NOWHERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 77);

fn address(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 0, last)
}

fn config_for(receiver: &UdpReceiver, source_address: SourceAddress) -> CollectorConfig {
    CollectorConfig { source_address, ..collector(Transport::Udp, receiver.peer()) }
}

/// Flows of an exporter whose octetDeltaCount is their number.
fn flows_of(
    layout: &Layout,
    domain: u32,
    exporter: Ipv4Addr,
    numbers: std::ops::Range<u64>,
) -> RecordGroup {
    let mut group = RecordGroup::new(layout.revision(), domain);
    for number in numbers {
        let mut fixed = FixedPart::new(layout);
        fixed.put_u64(standard::OCTETS, number);
        fixed.put_ipv4(standard::EXPORTER_ADDRESS, exporter);
        let mut record = group.start_record(&fixed);
        (0..layout.string_count()).for_each(|_| record.push_string(b"web-01"));
        record.finish();
    }
    group
}

/// What came, by source address and port.
fn receive(receiver: &UdpReceiver, flows: usize) -> HashMap<IpAddr, Collector> {
    let (mut sessions, mut ports) = (HashMap::new(), HashMap::new());
    let count = |sessions: &HashMap<IpAddr, Collector>| {
        sessions.values().map(|session| session.flows.len()).sum::<usize>()
    };
    while count(&sessions) < flows {
        let (source, datagram) = receiver.next_from();
        assert_eq!(*ports.entry(source.ip()).or_insert(source.port()), source.port());
        sessions.entry(source.ip()).or_insert_with(Collector::new).take(&datagram);
    }
    sessions
}

#[test]
fn each_exporter_has_a_session_from_its_own_address() {
    let (receiver, layouts) = (UdpReceiver::new(), layouts());
    let config = config_for(&receiver, SourceAddress::Exporter);
    let exporter = Running::start(&lasting(to_collectors(vec![config])));
    for id in 0..3 {
        let first = id * 100;
        let groups = vec![
            flows_of(&layouts.v4, 7, address(2), first..first + 30),
            flows_of(&layouts.v6, 7, address(2), first + 30..first + 50),
            flows_of(&layouts.v4, 8, address(3), first + 50..first + 80),
            flows_of(&layouts.v4, 9, NOWHERE, first + 80..first + 100),
        ];
        exporter.deliver(&run(u128::from(id), groups));
    }
    let sessions = receive(&receiver, 300);
    let numbers = |range: std::ops::Range<u64>| {
        (0..3).flat_map(|id| range.clone().map(move |number| id * 100 + number)).collect::<Vec<_>>()
    };
    for (source, expected) in [(2, 0..50), (3, 50..80), (1, 80..100)] {
        let session = &sessions[&IpAddr::V4(address(source))];
        session.assert_unbroken();
        assert_eq!(session.numbers(), numbers(expected), "from 127.0.0.{source}");
    }
    assert_eq!(sessions.len(), 3);
    let report = exporter.report();
    assert_eq!((report.outputs[0].source_fallbacks, report.runs), (60, 3));
}

#[test]
fn all_records_leave_from_the_address_that_is_given() {
    let (receiver, layouts) = (UdpReceiver::new(), layouts());
    let source = SourceAddress::Fixed(IpAddr::V4(address(2)));
    let exporter = Running::start(&to_collectors(vec![config_for(&receiver, source)]));
    let groups = vec![
        flows_of(&layouts.v4, 7, address(3), 0..30),
        flows_of(&layouts.v4, 8, NOWHERE, 30..50),
    ];
    exporter.deliver(&run(1, groups));
    let sessions = receive(&receiver, 50);
    assert_eq!(Vec::from_iter(sessions.keys()), [&IpAddr::V4(address(2))]);
    assert_eq!(exporter.report().outputs[0].source_fallbacks, 0);
}

#[test]
fn a_given_address_that_the_host_does_not_have_is_an_error() {
    let receiver = UdpReceiver::new();
    let source = SourceAddress::Fixed(IpAddr::V4(NOWHERE));
    let config = to_collectors(vec![config_for(&receiver, source)]);
    let error = Exporter::start(&config, std::sync::Arc::new(drop)).expect_err("is refused");
    assert!(matches!(error, ExportError::Connect { .. }), "{error:?}");
    // A service waits for it.
    let exporter = Running::start(&lasting(config));
    let reason = exporter.down(0);
    assert!(reason.contains("assign requested address"), "{reason}");
}

#[test]
fn the_rate_holds_for_all_sessions_together() {
    let (receiver, layouts) = (UdpReceiver::new(), layouts());
    let mut config = config_for(&receiver, SourceAddress::Exporter);
    config.records_per_second = 400;
    let exporter = Running::start(&to_collectors(vec![config]));
    let started = Instant::now();
    let groups =
        (0..10).map(|id| flows_of(&layouts.v4, id, address(2 + id as u8 % 2), 0..24)).collect();
    exporter.deliver(&run(1, groups));
    let elapsed = started.elapsed().as_secs_f64();
    assert!(elapsed > 0.45, "240 records at 400 a second after {elapsed} s");
    receive(&receiver, 240).values().for_each(Collector::assert_unbroken);
    exporter.report();
}
