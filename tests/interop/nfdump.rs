//! nfcapd and nfdump.

use std::net::UdpSocket;
use std::process::Stdio;
use std::time::Duration;

use weir_tests::{Environment, FlowLine, Guard, Nfcapd, Nfdump, run};

use crate::flow::{Flow, assert_same, totals};
use crate::rows::{self, RowTotals, replay_rows};

/// Records a second: few enough for a collector with the usual receive buffer of 208 KiB.
const RATE: &str = "20000";

/// The columns that [`flow`] reads.
const FORMAT: &str = "fmt:%tsr|%ter|%sa|%da|%sp|%dp|%pr|%flg|%pkt|%byt";

/// Ends nfcapd: what it said, and its flows.
fn finish(nfcapd: Nfcapd) -> (String, Vec<Flow>) {
    let Nfdump { messages, lines } = nfcapd.finish(FORMAT);
    (messages, lines.iter().map(|line| flow(line)).collect())
}

/// A line of nfdump's output.
fn flow(line: &str) -> Flow {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    let [
        start,
        end,
        source,
        destination,
        source_port,
        destination_port,
        protocol,
        flags,
        packets,
        bytes,
    ] = columns.as_slice()
    else {
        panic!("nfdump's output has changed: {line}")
    };
    let seconds = |text: &str| text.strip_suffix(".000").expect("whole seconds").parse().unwrap();
    // Type and code of ICMP, which AWS does not tell.
    let destination_port = if *destination_port == "0.0" { "0" } else { destination_port };
    Flow {
        start: seconds(start),
        end: seconds(end),
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        source_port: source_port.parse().unwrap(),
        destination_port: destination_port.parse().unwrap(),
        protocol: protocol.parse().unwrap(),
        tcp_flags: tcp_flags(flags),
        packets: packets.parse().unwrap(),
        bytes: bytes.parse().unwrap(),
    }
}

/// `..UAPRSF`: a letter for each flag (RFC 9293), the lowest bit last.
fn tcp_flags(letters: &str) -> u64 {
    letters.chars().fold(0, |flags, letter| (flags << 1) | u64::from(letter != '.'))
}

/// Replays all and holds what nfdump has against what went in.
#[track_caller]
fn assert_all_arrives(generate: &[&str], replay: &[&str]) -> Vec<FlowLine> {
    let environment = Environment::generate(generate);
    let nfcapd = Nfcapd::start(environment.scratch());
    let arguments = ["--collector", &nfcapd.url(), "--rate-limit", RATE];
    run(environment.replay().args(arguments).args(replay)).ended_with(0);
    let (messages, found) = finish(nfcapd);
    for words in ["Sequence Errors: 0,", "Bad Packets: 0"] {
        assert!(messages.contains(words), "{messages}");
    }
    assert_eq!(totals(&found), environment.totals());
    let lines = environment.flows();
    assert_same(found, &lines);
    lines
}

#[test]
fn nfdump_has_every_flow_with_its_times_flags_addresses_and_counters() {
    let lines = assert_all_arrives(&["--records", "5000"], &[]);
    // The sample is worth something.
    let has = |field: &str, value: &str| lines.iter().any(|line| line.get(field) == Some(value));
    assert!(has("tcp-flags", "18") && has("protocol", "1") && has("type", "IPv6"));
}

#[test]
fn nfdump_has_every_flow_of_the_smallest_packets() {
    assert_all_arrives(&["--records", "3000"], &["--max-packet-size", "512"]);
}

#[test]
fn nfdump_has_every_flow_of_the_largest_packets() {
    assert_all_arrives(&["--records", "3000"], &["--max-packet-size", "3900"]);
}

#[test]
fn nfdump_has_every_flow_of_version_2_logs() {
    assert_all_arrives(&["--records", "3000", "--fields", "v2"], &[]);
}

#[test]
fn nfdump_has_every_flow_of_many_vpcs() {
    let generate = ["--records", "3000", "--accounts", "3", "--vpcs", "4", "--seed", "2"];
    assert_all_arrives(&generate, &["--workers", "4"]);
}

#[test]
fn a_collector_that_starts_late_decodes_after_the_next_templates() {
    let environment = Environment::generate(&["--records", "4000"]);
    // The first messages go to a collector that is gone then.
    let early = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = early.local_addr().unwrap().port();
    let url = format!("udp://127.0.0.1:{port}");
    let mut command = environment.replay();
    command.args(["--collector", &url, "--rate-limit", "1000", "--template-interval", "1s"]);
    let mut replay = Guard::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
    early.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    for _ in 0..20 {
        early.recv(&mut [0; 4096]).unwrap();
    }
    drop(early);
    let nfcapd = Nfcapd::start_at(environment.scratch(), port);
    // Refusals between the two collectors make it a failure; there need not be any.
    assert_eq!(replay.output().summary()["exported"], 4000);
    let (messages, found) = finish(nfcapd);
    assert!(messages.contains("Bad Packets: 0"), "{messages}");
    assert!(found.len() > 500 && found.len() < 4000, "{} flows arrived", found.len());
    let mut expected: Vec<_> = environment.flows().iter().map(Flow::of_line).collect();
    expected.sort_unstable();
    let strange = found.iter().find(|flow| expected.binary_search(flow).is_err());
    assert_eq!(strange, None, "a flow that was not sent so");
}

/// The totals of rows as nfdump tells them.
fn row_totals(lines: &[String]) -> RowTotals {
    let mut totals = RowTotals { rows: lines.len(), ..RowTotals::default() };
    for line in lines {
        let numbers: Vec<u64> =
            line.split('|').map(|column| column.trim().parse().expect("a number")).collect();
        let [octets, packets, octets_back, packets_back] = numbers[..] else {
            panic!("nfdump's output has changed: {line}")
        };
        totals.octets += octets;
        totals.packets += packets;
        totals.octets_back += octets_back;
        totals.packets_back += packets_back;
    }
    totals
}

#[test]
fn nfdump_has_every_row_of_reports_with_its_way_back() {
    for report in ["20062", "20267"] {
        let environment = rows::environment();
        let nfcapd = Nfcapd::start(environment.scratch());
        let expected = replay_rows(&environment, report, &nfcapd.url());
        let Nfdump { messages, lines } = nfcapd.finish("fmt:%ibyt|%ipkt|%obyt|%opkt");
        for words in ["Sequence Errors: 0,", "Bad Packets: 0"] {
            assert!(messages.contains(words), "{messages}");
        }
        assert_eq!(row_totals(&lines), expected, "{report}");
        assert_eq!(expected.octets_back > 0, report == "20062");
    }
}
