//! Receivers that are not there or say nothing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use opentelemetry::global;
use tracing::info_span;
use weir_runtime::telemetry::{self, TelemetryConfig};

const DEADLINE: Duration = Duration::from_secs(30);

/// Longer than a flush may take, with room for a busy machine; the parts of it that would block
/// take longer than this together.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(9);

/// Runs an ignored test in a process of its own, which exports every few milliseconds.
fn run(child: &str) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([child, "--exact", "--ignored", "--nocapture"]);
    command.env("OTEL_BSP_SCHEDULE_DELAY", "5").env("OTEL_METRIC_EXPORT_INTERVAL", "5");
    command.output().unwrap()
}

fn config(receiver: SocketAddr) -> TelemetryConfig {
    TelemetryConfig {
        otlp_endpoint: Some(format!("http://{receiver}")),
        trace_sample_ratio: 1.0,
        metrics_listen: Some("127.0.0.1:0".parse().unwrap()),
        ..TelemetryConfig::new("sample")
    }
}

fn metrics(page: SocketAddr) -> String {
    let mut stream = TcpStream::connect(page).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn failed_exports_are_counted_and_logged_at_most_once_a_minute() {
    let output = run("dead::a_process_whose_receiver_is_gone");
    let logs = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{logs}");
    let complaints = logs.lines().filter(|line| line.contains("WARN") || line.contains("ERROR"));
    let complaints: Vec<_> = complaints.collect();
    let [complaint] = complaints[..] else { panic!("{logs}") };
    assert!(!logs.contains("opentelemetry: "), "the SDK speaks for itself: {logs}");
    assert!(complaint.contains("telemetry is lost") && complaint.contains("http://"), "{logs}");
}

#[test]
#[ignore = "run by the test above"]
fn a_process_whose_receiver_is_gone() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let telemetry = telemetry::start(&config(gone)).unwrap();
    let page = telemetry.metrics_address().unwrap();
    let failed = |signal: &str| {
        let page = metrics(page);
        let series = format!("weir_telemetry_failed_exports_total{{signal=\"{signal}\"}} ");
        let value = page.lines().find_map(|line| line.strip_prefix(&series)?.parse::<u64>().ok());
        value.unwrap()
    };
    let deadline = Instant::now() + DEADLINE;
    while failed("traces") < 5 || failed("metrics") < 5 {
        assert!(Instant::now() < deadline, "no failures: {}", metrics(page));
        info_span!(target: "weir_sample", "run").in_scope(|| ());
    }
    telemetry.shutdown();
}

#[test]
fn a_receiver_that_says_nothing_slows_nobody() {
    let output = run("dead::a_process_whose_receiver_says_nothing");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[ignore = "run by the test above"]
fn a_process_whose_receiver_says_nothing() {
    // The system accepts connections; nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let telemetry = telemetry::start(&config(silent.local_addr().unwrap())).unwrap();
    let page = telemetry.metrics_address().unwrap();
    let runs = global::meter("weir").u64_counter("weir_sample_runs_total").build();

    let start = Instant::now();
    // Many times what the queue of spans holds.
    for _ in 0..20_000 {
        info_span!(target: "weir_sample", "run").in_scope(|| runs.add(1, &[]));
    }
    // One export that somebody waited for would take five seconds.
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(metrics(page).contains("weir_sample_runs_total 20000\n"), "{}", metrics(page));

    let start = Instant::now();
    telemetry.shutdown();
    assert!(start.elapsed() < SHUTDOWN_LIMIT, "{:?}", start.elapsed());
}
