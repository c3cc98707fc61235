//! nfacctd of pmacct.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::UdpSocket;
use std::process::{Command, Stdio};

use rustix::process::Signal;
use serde_json::Value;
use weir_tests::{
    Environment, Guard, free_udp_port, require_tool, run, wait_for, wait_until_bound,
    wait_until_read,
};

use crate::flow::{Flow, assert_same, totals};
use crate::rows::{self, replay_rows};

const RATE: &str = "20000";

/// weir's own elements, by their names in nfacctd's output.
const PRIMITIVES: [(&str, u16); 4] =
    [("src_name", 12), ("dst_name", 22), ("vpc", 2), ("interface", 4)];

/// A message without records: the template 256 of one element, in an observation domain that
/// nobody else uses.
const TEMPLATE_ONLY: [u8; 28] = [
    0, 10, 0, 28, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 99, // header
    0, 2, 0, 12, 1, 0, 0, 1, 0, 1, 0, 8, // template set
];

struct Nfacctd<'e> {
    environment: &'e Environment,
    process: Guard,
    port: u16,
}

impl<'e> Nfacctd<'e> {
    fn start(environment: &'e Environment) -> Self {
        require_tool("nfacctd", "pmacct");
        let (scratch, port) = (environment.scratch(), free_udp_port());
        let mut primitives = String::new();
        for (name, id) in PRIMITIVES {
            writeln!(primitives, "name={name} field_type=32473:{id} len=vlen semantics=str")
                .unwrap();
        }
        let primitives = scratch.write("primitives.lst", primitives);
        let names = PRIMITIVES.map(|(name, _)| name).join(", ");
        let configuration = format!(
            "daemonize: false\nnfacctd_ip: 127.0.0.1\nnfacctd_port: {port}\n\
             nfacctd_pipe_size: 4194304\nprint_num_protos: true\ntimestamps_since_epoch: true\n\
             logfile: {}\naggregate_primitives: {}\nplugins: print[p]\n\
             aggregate[p]: src_host, dst_host, src_port, dst_port, proto, tcpflags, \
             timestamp_start, timestamp_end, flows, {names}\n\
             print_output[p]: json\nprint_output_file[p]: {}\nprint_refresh_time[p]: 3600\n",
            scratch.path("nfacctd.log").display(),
            primitives.display(),
            scratch.path("nfacctd.json").display(),
        );
        let configuration = scratch.write("nfacctd.conf", configuration);
        let mut command = Command::new("nfacctd");
        command.arg("-f").arg(configuration).env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Guard::spawn(&mut command);
        wait_until_bound(port);
        // What comes before the plugin is ready is lost.
        wait_for("nfacctd's plugin to start", || {
            let log = std::fs::read(scratch.path("nfacctd.log")).ok()?;
            String::from_utf8_lossy(&log).contains("JSON: setting object handlers").then_some(())
        });
        Self { environment, process, port }
    }

    fn url(&self) -> String {
        format!("udp://127.0.0.1:{}", self.port)
    }

    /// Asks for the statistics, ends nfacctd and reads them and its records, which have this sum
    /// of a counter.
    fn finish(mut self, counter: &str, expected: u64) -> (String, Vec<Value>) {
        wait_until_read(self.port);
        self.process.signal(Signal::USR1);
        // The statistics are printed between two messages that come after the signal.
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..2 {
            socket.send_to(&TEMPLATE_ONLY, ("127.0.0.1", self.port)).unwrap();
        }
        wait_until_read(self.port);
        // It writes its cache then.
        self.process.signal(Signal::INT);
        let _status = self.process.wait();
        let scratch = self.environment.scratch();
        let records = wait_for("nfacctd to write its file", || {
            let text = std::fs::read_to_string(scratch.path("nfacctd.json")).ok()?;
            let lines = text.lines().map(serde_json::from_str::<Value>);
            let records: Vec<_> = lines.collect::<Result<_, _>>().ok()?;
            (sum(&records, counter) >= expected).then_some(records)
        });
        let log = std::fs::read(scratch.path("nfacctd.log")).unwrap();
        (String::from_utf8_lossy(&log).into_owned(), records)
    }
}

fn sum(records: &[Value], counter: &str) -> u64 {
    records.iter().map(|record| record[counter].as_u64().expect("a number")).sum()
}

/// The flows of a record: equal ones are merged.
fn flow(record: &Value) -> Flow {
    assert_eq!(record["flows"], 1, "this sample has no two equal flows: {record}");
    let number = |key: &str| record[key].as_u64().unwrap();
    let text = |key: &str| record[key].as_str().unwrap();
    let seconds =
        |key: &str| text(key).strip_suffix(".000000").expect("whole seconds").parse().unwrap();
    Flow {
        start: seconds("timestamp_start"),
        end: seconds("timestamp_end"),
        source: text("ip_src").parse().unwrap(),
        destination: text("ip_dst").parse().unwrap(),
        source_port: number("port_src"),
        destination_port: number("port_dst"),
        protocol: text("ip_proto").parse().unwrap(),
        tcp_flags: text("tcp_flags").parse().unwrap(),
        packets: number("packets"),
        bytes: number("bytes"),
    }
}

/// The sum of a counter over all exporters of the statistics.
fn statistic(log: &str, name: &str) -> u64 {
    let key = format!(" {name}=");
    let exporters = log.lines().filter(|line| line.contains(" agent="));
    let exporters = exporters.filter(|line| !line.contains(":99 "));
    let values = exporters.filter_map(|line| line.split(&key).nth(1)?.split(' ').next());
    values.map(|value| value.trim().parse::<u64>().unwrap()).sum()
}

#[test]
fn nfacctd_has_every_flow_and_the_names_of_the_instances() {
    let environment = Environment::generate(&["--records", "3000"]);
    let nfacctd = Nfacctd::start(&environment);
    let output = format!("jsonl:{}", environment.scratch().path("out.jsonl").display());
    let arguments = ["--collector", &nfacctd.url(), "--rate-limit", RATE, "--output", &output];
    let replay = run(environment.replay().args(arguments)).ended_with(0);
    let (log, records) = nfacctd.finish("flows", environment.totals().records);

    let flows: Vec<_> = records.iter().map(flow).collect();
    assert_eq!(totals(&flows), environment.totals());
    assert_same(flows, &environment.flows());
    assert_eq!(statistic(&log, "seq_jmp_fwd") + statistic(&log, "seq_jmp_bck"), 0, "{log}");
    assert_eq!(Some(statistic(&log, "packets")), replay.summary()["messages"].as_u64(), "{log}");
    assert!(log.contains("discarded_packets=0"), "{log}");

    let json = environment.scratch().read("out.jsonl");
    let json = json.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let keys = ["src_inst_name", "dest_inst_name", "vpc_id", "interface_id"];
    let expected = counts(json.map(|line| keys.map(|key| string(&line[key]))));
    let keys = PRIMITIVES.map(|(name, _)| name);
    assert_eq!(counts(records.iter().map(|record| keys.map(|key| string(&record[key])))), expected);
    assert!(expected.keys().any(|[source, ..]| !source.is_empty()));
}

/// It has no counters of the way back: reverse elements are nothing to it.
#[test]
fn nfacctd_has_the_way_there_of_every_row_of_reports() {
    for report in ["20062", "20267"] {
        let environment = rows::environment();
        let nfacctd = Nfacctd::start(&environment);
        let expected = replay_rows(&environment, report, &nfacctd.url());
        let (log, records) = nfacctd.finish("bytes", expected.octets);
        let sums = ["bytes", "packets"].map(|counter| sum(&records, counter));
        assert_eq!(sums, [expected.octets, expected.packets], "{report}");
        assert!(log.contains("discarded_packets=0"), "{log}");
        let jumps = statistic(&log, "seq_jmp_fwd") + statistic(&log, "seq_jmp_bck");
        assert_eq!(jumps, 0, "{log}");
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn counts(strings: impl Iterator<Item = [String; 4]>) -> HashMap<[String; 4], u64> {
    let mut counts = HashMap::new();
    for each in strings {
        *counts.entry(each).or_default() += 1;
    }
    counts
}
