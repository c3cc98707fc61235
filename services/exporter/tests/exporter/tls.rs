//! Collectors and syslog receivers that are reached over TLS.

use std::fs;
use std::time::Duration;

use weir_exporter::{
    CollectorConfig, ExportError, Exporter, ExporterConfig, OutputConfig, OutputTarget, Peer,
    SyslogAddress, TlsConfig, Transport,
};

use crate::support::tls::{Authority, TlsReceiver};
use crate::support::{
    Running, collector, file, large_run, lasting, simple_run, to_collectors, wait_until,
};

fn to_tls(peer: Peer, tls: TlsConfig) -> ExporterConfig {
    to_collectors(vec![CollectorConfig { tls, ..collector(Transport::Tls, peer) }])
}

fn trusting(authority: &Authority, name: &str) -> TlsConfig {
    TlsConfig { ca_file: Some(authority.file(&format!("{name}-ca.pem"))), ..TlsConfig::default() }
}

/// Lets an exporter try for a moment: why there is no connection.
fn refusal(config: ExporterConfig) -> String {
    let give_up_after = Some(Duration::from_millis(50));
    let exporter = Running::start(&ExporterConfig { give_up_after, ..lasting(config) });
    exporter.submit(&simple_run(1, 0..10));
    let (result, answers) = exporter.finish();
    assert_eq!(answers, [], "nothing is delivered");
    match result.expect_err("is refused") {
        ExportError::Connect { source, .. } => source.to_string(),
        error => panic!("{error:?}"),
    }
}

#[test]
fn all_records_arrive_in_order_and_the_end_is_told() {
    let authority = Authority::new("servers");
    for name in ["localhost", "127.0.0.1"] {
        let receiver = TlsReceiver::new(&authority.certificate(name), None);
        let peer = if name == "localhost" { receiver.peer() } else { receiver.address() };
        let exporter = Running::start(&to_tls(peer, trusting(&authority, "good")));
        exporter.deliver(&simple_run(1, 0..50));
        let large = large_run(2, 50..3050);
        exporter.submit(&large);
        let mut connection = receiver.accept();
        connection.receive(3050);
        exporter.committed(&large);
        exporter.report();
        connection.collector.assert_unbroken();
        assert_eq!(connection.collector.numbers(), Vec::from_iter(0..3050));
        assert!(connection.is_at_end(), "the end is no accident");
    }
}

#[test]
fn a_peer_of_another_authority_gets_nothing() {
    let authority = Authority::new("servers");
    let receiver = TlsReceiver::new(&authority.certificate("localhost"), None);
    let refusal = refusal(to_tls(receiver.peer(), trusting(&Authority::new("another"), "other")));
    assert!(refusal.contains("UnknownIssuer"), "{refusal}");
    assert!(receiver.handshake().is_err());
}

#[test]
fn a_peer_of_another_name_gets_nothing_unless_that_name_is_asked_for() {
    let authority = Authority::new("servers");
    let receiver = TlsReceiver::new(&authority.certificate("flows.example.org"), None);
    let mut tls = trusting(&authority, "name");
    let refusal = refusal(to_tls(receiver.peer(), tls.clone()));
    assert!(refusal.contains("not valid for name"), "{refusal}");
    assert!(receiver.handshake().is_err());

    tls.server_name = Some("flows.example.org".to_owned());
    let exporter = Running::start(&to_tls(receiver.peer(), tls));
    exporter.deliver(&simple_run(1, 0..10));
    receiver.accepted().receive(10);
    exporter.report();
}

#[test]
fn a_receiver_may_ask_for_a_certificate() {
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let receiver = TlsReceiver::new(&servers.certificate("localhost"), Some(&clients));
    let mut tls = trusting(&servers, "client");
    let refusal = refusal(to_tls(receiver.peer(), tls.clone()));
    assert!(refusal.contains("CertificateRequired"), "{refusal}");

    let (certificate, key) = clients.certificate("weir").files("client");
    (tls.certificate_file, tls.key_file) = (Some(certificate), Some(key));
    let exporter = Running::start(&to_tls(receiver.peer(), tls));
    exporter.deliver(&simple_run(1, 0..10));
    receiver.accepted().receive(10);
    exporter.report();
}

#[test]
fn a_renewed_certificate_is_taken_for_the_next_connection() {
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let receiver = TlsReceiver::new(&servers.certificate("localhost"), Some(&clients));
    let (certificate, key) = Authority::new("another").certificate("weir").files("renewed");
    let tls = TlsConfig {
        certificate_file: Some(certificate),
        key_file: Some(key),
        ..trusting(&servers, "renewed")
    };
    let exporter = Running::start(&lasting(to_tls(receiver.peer(), tls)));
    exporter.submit(&simple_run(1, 0..10));
    let reason = exporter.down(0);
    assert!(reason.contains("UnknownCA") || reason.contains("alert"), "{reason}");
    clients.certificate("weir").files("renewed");
    receiver.accepted().receive(10);
    exporter.committed(&simple_run(1, 0..10));
    exporter.report();
}

#[test]
fn nothing_is_written_to_a_connection_that_was_closed_between_runs() {
    let authority = Authority::new("servers");
    let receiver = TlsReceiver::new(&authority.certificate("localhost"), None);
    let exporter = Running::start(&to_tls(receiver.peer(), trusting(&authority, "closed")));
    for id in 0..3 {
        let numbers = id * 100..id * 100 + 100;
        exporter.deliver(&simple_run(u128::from(id), numbers.clone()));
        let mut connection = receiver.accept();
        connection.receive(100);
        connection.collector.assert_unbroken();
        assert_eq!(connection.collector.numbers(), Vec::from_iter(numbers));
    }
    let report = exporter.report();
    // Tickets for later sessions, which the receiver sends, were taken for what they are.
    assert_eq!((report.outputs[0].records, report.outputs[0].reconnects), (300, 2));
}

#[test]
fn syslog_messages_go_in_frames() {
    let authority = Authority::new("servers");
    let receiver = TlsReceiver::new(&authority.certificate("localhost"), None);
    let address = SyslogAddress { transport: Transport::Tls, peer: receiver.peer() };
    let mut output = OutputConfig::new(OutputTarget::Syslog(address));
    output.tls = trusting(&authority, "syslog");
    let exporter =
        Running::start(&ExporterConfig { outputs: vec![output], ..ExporterConfig::default() });
    exporter.deliver(&simple_run(1, 0..3));
    let mut connection = receiver.accept();
    for number in 0..3 {
        let frame = connection.frame();
        assert!(frame.contains(&format!(" bytes_in={number} ")), "{frame}");
    }
    exporter.report();
}

#[test]
fn files_that_are_missing_or_of_no_use_are_named_at_the_start() {
    let authority = Authority::new("servers");
    let peer = Peer { host: "localhost".to_owned(), port: 4740 };
    let (certificate, key) = authority.certificate("weir").files("start");
    let nowhere = Some(file("nowhere.pem"));
    let empty = file("empty.pem");
    fs::write(&empty, "").unwrap();
    let good = trusting(&authority, "start");
    let cases = [
        (TlsConfig { ca_file: nowhere.clone(), ..good.clone() }, "nowhere.pem"),
        (TlsConfig { ca_file: Some(empty), ..good.clone() }, "there is no certificate in"),
        (TlsConfig { certificate_file: Some(certificate.clone()), ..good.clone() }, "both"),
        (TlsConfig { key_file: Some(key.clone()), ..good.clone() }, "both"),
        (
            TlsConfig { certificate_file: Some(certificate), key_file: nowhere, ..good.clone() },
            "cannot read a key",
        ),
        (TlsConfig { server_name: Some("no name".to_owned()), ..good }, "neither"),
    ];
    for (tls, expected) in cases {
        let config = to_tls(peer.clone(), tls);
        let error = Exporter::start(&config, std::sync::Arc::new(drop)).expect_err("is refused");
        assert!(error.is_configuration(), "{error:?}");
        let source = std::error::Error::source(&error).expect("a cause").to_string();
        assert!(source.contains(expected), "{source}");
    }
}

#[test]
fn a_peer_that_does_not_speak_tls_is_no_collector() {
    let receiver = crate::support::receiver::TcpReceiver::new();
    let authority = Authority::new("servers");
    let config = to_tls(receiver.peer(), trusting(&authority, "plain"));
    let exporter = Running::start(&lasting(config));
    exporter.submit(&simple_run(1, 0..10));
    drop(receiver.accept_stream());
    exporter.down(0);
    wait_until("a further attempt", || exporter.output(0).last_error.is_some());
    exporter.exporter().stopper().stop();
    exporter.finish().0.expect("is no failure");
}
