//! tshark, on capture files that the test writes.

use std::process::Command;

use weir_tests::{Datagram, Datagrams, Environment, Run, UdpSink, require_tool, run, write_pcap};

use crate::rows::{self, replay_rows};

/// Records a second of a replay that no machine is too slow for.
const RATE: &str = "50000";

/// What one run sent, as a capture file.
struct Capture {
    environment: Environment,
    port: u16,
    datagrams: Vec<Datagram>,
}

impl Capture {
    fn of_replay(generate: &[&str], rate: &str, replay: &[&str]) -> Self {
        require_tool("tshark", "tshark");
        let environment = Environment::generate(generate);
        let sink = UdpSink::open();
        let arguments = ["--collector", &sink.url(), "--rate-limit", rate];
        run(environment.replay().args(arguments).args(replay)).ended_with(0);
        Self::new(environment, sink)
    }

    /// What `sink` has received, which is ended.
    fn new(environment: Environment, sink: UdpSink) -> Self {
        let port = sink.port();
        Self { environment, port, datagrams: sink.close() }
    }

    /// Runs tshark over the capture.
    fn tshark(&self, arguments: &[&str]) -> String {
        let path = self.environment.scratch().path("replay.pcap");
        write_pcap(&path, self.port, &self.datagrams);
        let mut command = Command::new("tshark");
        command.arg("-r").arg(path).args(["-d", &format!("udp.port=={},cflow", self.port)]);
        let Run { stdout, .. } = run(command.args(arguments)).ended_with(0);
        stdout
    }

    /// tshark's expert information of all kinds: nothing when all is well.
    fn complaints(&self) -> String {
        self.tshark(&["-q", "-z", "expert"]).trim().to_owned()
    }

    /// The values of a field of each message; a message may have several.
    fn values(&self, field: &str) -> Vec<Vec<u64>> {
        let lines = self.tshark(&["-T", "fields", "-e", field]);
        let numbers = |line: &str| {
            let values = line.split(',').filter(|value| !value.is_empty());
            values.map(|value| value.parse().expect("a number")).collect()
        };
        lines.lines().map(numbers).collect()
    }
}

#[track_caller]
fn assert_well_formed(capture: &Capture, limit: usize) {
    assert_eq!(capture.complaints(), "");
    assert!(!capture.tshark(&["-V"]).contains("Malformed"), "a malformed message");
    let longest = capture.datagrams.iter().map(|datagram| datagram.payload.len()).max();
    assert!(longest <= Some(limit), "{longest:?} octets");
    let totals = capture.environment.totals();
    let sum = |field| capture.values(field).into_iter().flatten().sum::<u64>();
    assert_eq!((sum("cflow.octets"), sum("cflow.packets")), (totals.bytes, totals.packets));
    let records = capture.values("cflow.octets").into_iter().flatten().count();
    assert_eq!(records as u64, totals.records);
}

#[test]
fn tshark_has_nothing_to_complain_about() {
    let capture = Capture::of_replay(&["--records", "3000"], RATE, &[]);
    assert_well_formed(&capture, 1420);
}

#[test]
fn tshark_has_nothing_to_complain_about_in_the_smallest_packets() {
    let replay = ["--max-packet-size", "512"];
    assert_well_formed(&Capture::of_replay(&["--records", "2000"], RATE, &replay), 512);
}

#[test]
fn tshark_has_nothing_to_complain_about_in_the_largest_packets() {
    let replay = ["--max-packet-size", "3900"];
    assert_well_formed(&Capture::of_replay(&["--records", "3000"], RATE, &replay), 3900);
}

#[test]
fn tshark_has_nothing_to_complain_about_in_repeated_templates() {
    let replay = ["--template-interval", "1s", "--workers", "4"];
    let capture = Capture::of_replay(&["--records", "3000", "--seed", "2"], "1000", &replay);
    assert_well_formed(&capture, 1420);
    let messages = Datagrams::decode(&capture.datagrams);
    let with_templates = |domain| {
        let of_domain = messages.iter().filter(|it| it.observation_domain_id == domain);
        of_domain.filter(|message| message.has_templates).count()
    };
    // Three seconds hold at least one repetition.
    let domains = messages.iter().map(|message| message.observation_domain_id);
    assert!(domains.into_iter().any(|domain| with_templates(domain) > 1));
}

#[test]
fn a_template_goes_before_the_data_in_each_observation_domain() {
    let capture = Capture::of_replay(&["--records", "2000"], RATE, &[]);
    let lines = capture.tshark(&[
        "-T",
        "fields",
        "-e",
        "frame.number",
        "-e",
        "cflow.template_frame",
        "-e",
        "cflow.flowset_id",
    ]);
    for line in lines.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let number = |text: &str| text.parse::<u64>().unwrap();
        let templates = columns[1].split(',').filter(|text| !text.is_empty()).map(number);
        let data_sets = columns[2].split(',').filter(|id| number(id) >= 256).count();
        let known = templates.filter(|template| *template <= number(columns[0])).count();
        assert_eq!(known, data_sets, "a data set without a template before it: {line}");
    }
}

#[test]
fn tshark_would_see_a_lost_message() {
    let mut capture = Capture::of_replay(&["--records", "1000"], RATE, &[]);
    let middle = capture.datagrams.len() / 2;
    drop(capture.datagrams.remove(middle));
    let complaints = capture.complaints();
    assert!(complaints.contains("sequence"), "{complaints:?}");
}

#[test]
fn tshark_has_nothing_to_complain_about_in_rows_of_reports() {
    require_tool("tshark", "tshark");
    for report in ["20062", "20267"] {
        let (environment, sink) = (rows::environment(), UdpSink::open());
        let expected = replay_rows(&environment, report, &sink.url());
        let capture = Capture::new(environment, sink);
        assert_eq!(capture.complaints(), "");
        assert!(!capture.tshark(&["-V"]).contains("Malformed"), "a malformed message");
        let sum = |field| capture.values(field).into_iter().flatten().sum::<u64>();
        // The way back is in the same fields.
        assert_eq!(sum("cflow.octets"), expected.octets + expected.octets_back, "{report}");
        assert_eq!(sum("cflow.packets"), expected.packets + expected.packets_back, "{report}");
    }
}
