//! Report 20201 as syslog messages.

use weir_exporter::{ExporterConfig, OutputConfig, OutputTarget, Peer, SyslogAddress, Transport};
use weir_ipfix::{DataType, InformationElement, LayoutPair};
use weir_report::{FieldSource, ReportField};

use crate::support::receiver::{TcpReceiver, UdpReceiver, absent_udp, peer};
use crate::support::{Running, flows_with_text, large_run, run, simple_run};

fn to_syslog(transport: Transport, peer: Peer) -> ExporterConfig {
    let target = OutputTarget::Syslog(SyslogAddress { transport, peer });
    ExporterConfig { outputs: vec![OutputConfig::new(target)], ..ExporterConfig::default() }
}

/// The flow's number, once the frame around it is found to be as RFC 5424 section 6 wants it:
/// priority and version, time, host, application, process, no message id, no structured data.
fn number(message: &str) -> u64 {
    let parts: Vec<_> = message.splitn(8, ' ').collect();
    let [priority, time, host, application, process, id, data, text] = parts[..] else {
        panic!("{message}")
    };
    assert_eq!((priority, application, process), ("<134>1", "NFO", "nfc_srv"));
    assert_eq!((id, data), ("-", "-"));
    time.parse::<jiff::Timestamp>().expect("RFC 3339");
    assert!(!host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(text.contains(" nfc_id=20201 "), "{text}");
    let (_, number) = text.split_once(" bytes_in=").expect("bytes_in");
    number.split(' ').next().expect("a value").parse().expect("a number")
}

#[test]
fn each_datagram_is_one_message() {
    let receiver = UdpReceiver::new();
    let exporter = Running::start(&to_syslog(Transport::Udp, receiver.peer()));
    exporter.deliver(&simple_run(1, 0..30));
    exporter.deliver(&simple_run(2, 30..50));
    let datagrams: Vec<_> = (0..50).map(|_| receiver.next()).collect();
    let report = exporter.report();
    assert!(receiver.is_silent());
    let texts = datagrams.iter().map(|datagram| str::from_utf8(datagram).unwrap());
    assert_eq!(texts.map(number).collect::<Vec<_>>(), Vec::from_iter(0..50));
    let octets: usize = datagrams.iter().map(Vec::len).sum();
    let counted = &report.outputs[0];
    assert_eq!((counted.messages, counted.records, counted.octets), (50, 50, octets as u64));
}

#[test]
fn a_receiver_that_is_not_there_costs_refusals_and_no_commit() {
    let exporter = Running::start(&to_syslog(Transport::Udp, peer(absent_udp())));
    exporter.deliver(&simple_run(1, 0..30));
    exporter.deliver(&simple_run(2, 30..50));
    let report = exporter.report();
    assert_eq!(report.outputs[0].records, 50);
    assert!(report.outputs[0].refused > 0);
}

#[test]
fn a_message_that_no_datagram_holds_is_cut_and_holds_nothing_up() {
    let receiver = UdpReceiver::new();
    let extras: Vec<_> =
        (100..120).map(|id| InformationElement::weir(id, "extra", DataType::String)).collect();
    let mut config = to_syslog(Transport::Udp, receiver.peer());
    config.outputs[0].fields.extend(
        extras.iter().map(|extra| ReportField { key: "extra", source: FieldSource::Any(*extra) }),
    );
    let layouts = LayoutPair::with_extras(config.enterprise_number, &extras);
    config.extra_elements = extras;
    let exporter = Running::start(&config);
    // Each octet is written as four.
    let hostile = flows_with_text(&layouts.v4, 7, 0..1, &"\u{1}".repeat(1024));
    exporter.deliver(&run(1, vec![hostile]));
    exporter.deliver(&run(2, vec![flows_with_text(&layouts.v4, 7, 1..2, "web-01")]));
    let cut = receiver.next();
    assert_eq!(cut.len(), 65_507);
    assert_eq!(number(str::from_utf8(&cut).unwrap()), 0);
    assert_eq!(number(str::from_utf8(&receiver.next()).unwrap()), 1);
    assert_eq!(exporter.report().outputs[0].strings_cut, 1);
}

#[test]
fn frames_in_a_stream_are_counted_in_octets() {
    let receiver = TcpReceiver::new();
    let exporter = Running::start(&to_syslog(Transport::Tcp, receiver.peer()));
    exporter.deliver(&simple_run(1, 0..30));
    let mut connection = receiver.accept();
    exporter.deliver(&simple_run(2, 30..50));
    let numbers: Vec<_> = (0..50).map(|_| number(&connection.frame())).collect();
    assert_eq!(numbers, Vec::from_iter(0..50));
    let report = exporter.report();
    assert!(connection.is_at_end());
    assert_eq!((report.outputs[0].messages, report.outputs[0].records), (50, 50));
}

#[test]
fn nothing_is_lost_when_the_connection_breaks() {
    let receiver = TcpReceiver::new();
    let exporter = Running::start(&to_syslog(Transport::Tcp, receiver.peer()));
    exporter.deliver(&simple_run(1, 0..50));
    let mut first = receiver.accept();
    (0..50).for_each(|expected| assert_eq!(number(&first.frame()), expected));

    let large = large_run(2, 50..3050);
    exporter.submit(&large);
    assert_eq!(number(&first.frame()), 50);
    drop(first);
    let mut second = receiver.accept();
    (50..3050).for_each(|expected| assert_eq!(number(&second.frame()), expected));
    exporter.committed(&large);

    // Closed between runs, it is noticed before anything is written.
    drop(second);
    exporter.deliver(&simple_run(3, 3050..3060));
    let mut third = receiver.accept();
    (3050..3060).for_each(|expected| assert_eq!(number(&third.frame()), expected));
    let report = exporter.report();
    // What the first connection had not taken when it broke is not counted.
    assert!((3060..6060).contains(&report.outputs[0].records), "{report:?}");
}
