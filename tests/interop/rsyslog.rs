//! rsyslogd, which takes syslog messages apart over UDP, TCP and TLS.

use std::collections::HashMap;
use std::process::{Command, Stdio};

use weir_tests::{
    Authority, Environment, Guard, Scratch, Totals, finished_lines, free_tcp_port, free_udp_port,
    require_tool, run, wait_for, wait_until_bound,
};

/// A daemon with an input for each transport, and the file that it writes.
struct Rsyslogd {
    process: Guard,
    udp: u16,
    tcp: u16,
    tls: u16,
}

/// What rsyslogd says of a message: HOSTNAME, APP-NAME, PROCID, MSGID, STRUCTURED-DATA, MSG.
const TEMPLATE: &str =
    "%hostname%|%app-name%|%procid%|%msgid%|%structured-data%|%protocol-version%|%msg%\\n";

impl Rsyslogd {
    fn start(scratch: &Scratch) -> Self {
        require_tool("rsyslogd", "rsyslog");
        let authority = Authority::new();
        let certificates = authority.issue(scratch, "rsyslogd", &authority);
        let file = |name| certificates.join(name).display().to_string();
        let (udp, tcp, tls) = (free_udp_port(), free_tcp_port(), free_tcp_port());
        let driver = "StreamDriver.Name=\"ossl\" StreamDriver.Mode=\"1\" \
                      StreamDriver.AuthMode=\"anon\"";
        let config = format!(
            "global(workDirectory=\"{}\" DefaultNetstreamDriverCAFile=\"{}\" \
             DefaultNetstreamDriverCertFile=\"{}\" DefaultNetstreamDriverKeyFile=\"{}\" \
             maxMessageSize=\"64k\")\n\
             module(load=\"imudp\")\nmodule(load=\"imtcp\")\n\
             template(name=\"parts\" type=\"string\" string=\"{TEMPLATE}\")\n\
             input(type=\"imudp\" address=\"127.0.0.1\" port=\"{udp}\" rcvbufSize=\"4m\")\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{tcp}\")\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{tls}\" {driver})\n\
             action(type=\"omfile\" file=\"{}\" template=\"parts\")\n",
            scratch.folder().display(),
            file("ca.pem"),
            file("cert.pem"),
            file("key.pem"),
            scratch.path("received").display(),
        );
        let config = scratch.write("rsyslog.conf", config);
        let mut command = Command::new("rsyslogd");
        command.args(["-n", "-f"]).arg(config).arg("-i").arg(scratch.path("rsyslogd.pid"));
        let process = Guard::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()));
        wait_until_bound(udp);
        Self { process, udp, tcp, tls }
    }
}

/// The key=value pairs of a MSG, by the rule of docs/records.md. No value of the generated traffic
/// has a quote or a backslash in it.
fn pairs(message: &str) -> HashMap<String, String> {
    let (source, mut rest) = message.trim_start().split_once(' ').expect("a source id");
    assert_eq!(source, "ff:ff:00:01");
    let mut pairs = HashMap::new();
    while !rest.is_empty() {
        let (key, value) = rest.split_once('=').expect("a pair");
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("quotes that end"),
            None => value.split_at(value.find(' ').unwrap_or(value.len())),
        };
        assert_eq!(pairs.insert(key.to_owned(), value.to_owned()), None, "{message}");
        rest = after.trim_start();
    }
    pairs
}

fn totals(rows: &[HashMap<String, String>], report: &str) -> Totals {
    let number = |row: &HashMap<String, String>, key: &str| -> u64 {
        row.get(key).map_or(0, |value| value.parse().expect("a number"))
    };
    let mut totals = Totals::default();
    for row in rows.iter().filter(|row| row["nfc_id"] == report) {
        totals.records += if report == "20201" { 1 } else { number(row, "flow_count") };
        totals.bytes += number(row, "bytes_in") + number(row, "bytes_out");
        totals.packets += number(row, "packets_in") + number(row, "packets_out");
    }
    totals
}

#[test]
fn rsyslogd_reads_the_three_reports_over_its_three_transports() {
    let environment = Environment::generate(&["--records", "4000"]);
    let scratch = environment.scratch();
    let rsyslogd = Rsyslogd::start(scratch);
    let Rsyslogd { udp, tcp, tls, .. } = rsyslogd;
    let config = format!(
        "[[exporter.outputs]]\ntarget = \"syslog+udp://127.0.0.1:{udp}\"\nreport = \"20267\"\n\
         count_once = false\n\
         [[exporter.outputs]]\ntarget = \"syslog+tcp://127.0.0.1:{tcp}\"\nreport = \"20062\"\n\
         count_once = false\n\
         [[exporter.outputs]]\ntarget = \"syslog+tls://127.0.0.1:{tls}\"\n\
         tls = {{ ca_file = \"{}\" }}\n",
        scratch.path("rsyslogd/ca.pem").display()
    );
    let config = scratch.write("weir.toml", config);
    let replay = run(environment.replay().arg("--config").arg(config)).ended_with(0);
    let summary = replay.summary();
    let peers = summary["syslog"].as_array().expect("a list");
    let sent: u64 = peers.iter().map(|peer| peer["records"].as_u64().expect("a number")).sum();

    let received = || finished_lines(&scratch.path("received"));
    let of_weir = |text: &str| text.lines().filter(|line| line.contains("|NFO|")).count() as u64;
    wait_for("all messages", || (of_weir(&received()) == sent).then_some(()));
    let mut rsyslogd = rsyslogd;
    rsyslogd.process.terminate();
    let text = received();
    let rows: Vec<_> = text
        .lines()
        .filter(|line| line.contains("|NFO|"))
        .map(|line| {
            let parts: Vec<_> = line.splitn(7, '|').collect();
            assert_eq!(parts[1..6], ["NFO", "nfc_srv", "-", "-", "1"], "{line}");
            pairs(parts[6])
        })
        .collect();
    for report in ["20201", "20267", "20062"] {
        assert_eq!(totals(&rows, report), environment.totals(), "{report}");
    }
    let directions = rows.iter().filter_map(|row| row.get("direction"));
    assert!(directions.clone().any(|direction| direction == "outbound"));
    assert!(directions.clone().any(|direction| direction == "internal"));
}
