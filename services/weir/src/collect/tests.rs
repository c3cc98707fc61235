//! The collector on a real socket.

use std::{
    cell::Cell,
    io::{self, BufWriter, Write},
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::mpsc,
    thread,
};

use serde_json::{Value, json};

use super::*;

/// A message of the sets given, each with its id.
fn message(sequence_number: u32, sets: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (id, octets) in sets {
        body.extend(words(&[*id, octets.len() as u16 + 4]));
        body.extend(octets);
    }
    let mut message = words(&[10, body.len() as u16 + 16]);
    message.extend(1_700_000_000u32.to_be_bytes());
    message.extend(sequence_number.to_be_bytes());
    message.extend(7u32.to_be_bytes());
    message.extend(body);
    message
}

fn words(words: &[u16]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_be_bytes()).collect()
}

/// Template 256: one octet per record, protocolIdentifier.
fn protocol_template() -> (u16, Vec<u8>) {
    (2, words(&[256, 1, 4, 1]))
}

fn protocols(protocols: &[u8]) -> (u16, Vec<u8>) {
    (256, protocols.to_vec())
}

fn loopback() -> CollectConfig {
    CollectConfig::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

/// Sends all messages and collects until all of them are taken.
fn collect(config: &CollectConfig, messages: &[Vec<u8>]) -> (Vec<Value>, CollectSummary, String) {
    let collector = Collector::bind(config).expect("binds");
    let exporter = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds");
    for message in messages {
        exporter.send_to(message, collector.local_addr()).expect("sends");
    }
    let mut out = Vec::new();
    // Loopback delivers at once: the loop asks before each message and once more after them.
    let asked = Cell::new(0);
    let shutdown = || asked.replace(asked.get() + 1) >= messages.len();
    let summary = collector.run(&mut out, &shutdown).expect("collects");
    let lines = String::from_utf8(out).expect("is UTF-8");
    let records = lines.lines().map(|line| serde_json::from_str(line).expect("is JSON")).collect();
    (records, summary, exporter.local_addr().expect("has an address").to_string())
}

#[test]
fn a_flow_record_becomes_a_json_line() {
    let mut template = words(&[256, 9, 8, 4, 27, 16, 152, 8, 1, 4, 56, 6, 210, 2]);
    template.extend(words(&[82, 65535, 0x8001, 65535, 0, 32473, 32000, 3]));
    let mut data = vec![192, 0, 2, 1];
    data.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    data.extend(1_700_000_000_123u64.to_be_bytes());
    data.extend(5_341_487u32.to_be_bytes());
    data.extend([0, 0x1b, 0x44, 0x11, 0x3a, 0xb7, 0, 0]);
    data.extend(b"\x06a\"b\n\xffz\x0c123456789012\x00\xab\x10");
    let messages = [message(0, &[(2, template), (256, data)])];
    let (records, summary, exporter) = collect(&loopback(), &messages);
    let expected = json!({
        "exporter": exporter,
        "observationDomainId": 7,
        "templateId": 256,
        "exportTime": 1_700_000_000,
        "sourceIPv4Address": "192.0.2.1",
        "sourceIPv6Address": "2001:db8::1",
        "flowStartMilliseconds": 1_700_000_000_123u64,
        "octetDeltaCount": 5_341_487,
        "sourceMacAddress": "00:1b:44:11:3a:b7",
        "interfaceName": "a\"b\n\u{fffd}z",
        "awsAccountId": "123456789012",
        "ie32000": "00ab10",
    });
    assert_eq!(records, [expected]);
    assert_eq!((summary.records, summary.messages), (1, 1));
    assert_eq!(summary.octets, messages[0].len() as u64);
}

#[test]
fn options_records_are_marked_and_not_counted_as_flows() {
    let options = (3, words(&[257, 2, 1, 149, 4, 300, 65535]));
    let sets =
        [options, (257, b"\0\0\0\x07\x03dmz".to_vec()), protocol_template(), protocols(&[6])];
    let config = CollectConfig { count: Some(1), ..loopback() };
    let (records, summary, _) = collect(&config, &[message(0, &sets)]);
    assert_eq!(records[0]["options"], true);
    assert_eq!(records[0]["observationDomainName"], "dmz");
    // The record's own observationDomainId does not hide the header's.
    assert_eq!(
        (&records[0]["observationDomainId"], &records[0]["observationDomainId#2"]),
        (&json!(7), &json!(7))
    );
    assert_eq!(records[1].get("options"), None);
    assert_eq!((summary.options_records, summary.records), (1, 1));
}

#[test]
fn an_element_that_comes_twice_keeps_both_values() {
    let template = (2, words(&[256, 3, 4, 1, 4, 1, 4, 1]));
    let (records, ..) = collect(&loopback(), &[message(0, &[template, protocols(&[6, 17, 1])])]);
    let values = ["protocolIdentifier", "protocolIdentifier#2", "protocolIdentifier#3"]
        .map(|key| records[0][key].clone());
    assert_eq!(values, [json!(6), json!(17), json!(1)]);
}

#[test]
fn collecting_stops_at_the_count_inside_a_message() {
    let config = CollectConfig { count: Some(2), ..loopback() };
    let collector = Collector::bind(&config).expect("binds");
    let exporter = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds");
    let message = message(0, &[protocol_template(), protocols(&[6, 17, 1])]);
    exporter.send_to(&message, collector.local_addr()).expect("sends");
    let mut out = Vec::new();
    let summary = collector.run(&mut out, &|| false).expect("collects");
    assert_eq!((summary.records, out.split(|octet| *octet == b'\n').count()), (2, 3));
}

#[test]
fn malformed_messages_are_counted_and_the_next_ones_still_read() {
    let messages = [
        message(0, &[protocol_template(), protocols(&[6])]),
        b"no IPFIX at all".to_vec(),
        vec![],
        message(1, &[protocols(&[17])]),
        message(2, &[(300, vec![0; 8])]),
    ];
    let (records, summary, _) = collect(&loopback(), &messages);
    assert_eq!(records.len(), 2);
    assert_eq!((summary.messages, summary.malformed, summary.without_template), (5, 2, 1));
    assert_eq!((summary.missing_records(), summary.sequence_errors), (0, 0));
}

#[test]
fn lost_records_are_told_and_late_ones_are_not_lost() {
    let first = message(0, &[protocol_template(), protocols(&[6; 3])]);
    let lost_before = message(10, &[protocols(&[6; 2])]);
    let late = message(3, &[protocols(&[6; 7])]);
    let next = message(12, &[protocols(&[6])]);
    let (_, summary, _) = collect(&loopback(), &[first.clone(), lost_before.clone(), next.clone()]);
    assert_eq!((summary.missing_records(), summary.sequence_errors), (7, 1));
    let (_, summary, _) =
        collect(&loopback(), &[first.clone(), lost_before, late, next, first.clone(), first]);
    assert_eq!((summary.missing_records(), summary.records), (0, 19));
}

/// Tells of each flush what was written up to it.
struct Flushes {
    written: Vec<u8>,
    flushed: mpsc::SyncSender<Vec<u8>>,
}

impl Write for Flushes {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.written.is_empty() {
            self.flushed.send(std::mem::take(&mut self.written)).map_err(io::Error::other)?;
        }
        Ok(())
    }
}

#[test]
fn lines_are_flushed_when_no_message_waits() {
    let config = CollectConfig { count: Some(2), ..loopback() };
    let collector = Collector::bind(&config).expect("binds");
    let address = collector.local_addr();
    let (flushed, flushes) = mpsc::sync_channel(4);
    let running = thread::spawn(move || {
        let mut out = BufWriter::new(Flushes { written: Vec::new(), flushed });
        collector.run(&mut out, &|| false)
    });
    let exporter = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds");
    for (sequence_number, protocol) in [(0, 6), (1, 17)] {
        let message = message(sequence_number, &[protocol_template(), protocols(&[protocol])]);
        exporter.send_to(&message, address).expect("sends");
        let line: Value =
            serde_json::from_slice(&flushes.recv().expect("is flushed")).expect("is one line");
        assert_eq!(line["protocolIdentifier"], protocol);
    }
    assert_eq!(running.join().expect("ends").expect("collects").records, 2);
}

#[test]
fn a_reader_that_leaves_ends_the_run_and_other_write_errors_fail_it() {
    struct Broken(io::ErrorKind);
    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let run_into = |kind| {
        let collector = Collector::bind(&loopback()).expect("binds");
        let exporter = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds");
        let message = message(0, &[protocol_template(), protocols(&[6])]);
        exporter.send_to(&message, collector.local_addr()).expect("sends");
        collector.run(&mut Broken(kind), &|| false)
    };
    assert!(run_into(io::ErrorKind::BrokenPipe).is_ok());
    let error = run_into(io::ErrorKind::StorageFull).expect_err("cannot write");
    assert_eq!(error.to_string(), "cannot write the records");
}

#[test]
fn an_address_in_use_is_named() {
    let holder = Collector::bind(&loopback()).expect("binds");
    let config = CollectConfig::new(holder.local_addr());
    let error = Collector::bind(&config).expect_err("is in use");
    assert_eq!(error.to_string(), format!("cannot listen at udp://{}", holder.local_addr()));
}

#[test]
fn ipv4_exporters_of_an_ipv6_socket_are_shown_as_ipv4() {
    let config = CollectConfig {
        count: Some(1),
        ..CollectConfig::new("[::]:0".parse().expect("is an address"))
    };
    let Ok(collector) = Collector::bind(&config) else {
        return; // A machine without IPv6.
    };
    let exporter = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds");
    let message = message(0, &[protocol_template(), protocols(&[6])]);
    exporter
        .send_to(&message, (Ipv4Addr::LOCALHOST, collector.local_addr().port()))
        .expect("sends");
    let mut out = Vec::new();
    collector.run(&mut out, &|| false).expect("collects");
    let line: Value = serde_json::from_slice(&out).expect("is one line");
    assert_eq!(line["exporter"], exporter.local_addr().expect("has an address").to_string());
}
