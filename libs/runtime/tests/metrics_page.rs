//! The metrics page over real connections.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use opentelemetry::{KeyValue, global};
use weir_runtime::telemetry::{self, Telemetry, TelemetryConfig};

/// Longer than every time limit of the page.
const DEADLINE: Duration = Duration::from_secs(30);

/// Instruments are found through the process: one test at a time.
static PROCESS: Mutex<()> = Mutex::new(());

fn with_page() -> (MutexGuard<'static, ()>, Telemetry, SocketAddr) {
    let guard = PROCESS.lock().unwrap();
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let config = TelemetryConfig { metrics_listen: listen, ..TelemetryConfig::new("sample") };
    let telemetry = telemetry::start(&config).unwrap();
    let address = telemetry.metrics_address().unwrap();
    (guard, telemetry, address)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    stream
}

/// The whole answer, until the server closes the connection.
fn ask(address: SocketAddr, method: &str, path: &str) -> String {
    let mut stream = connect(address);
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn metrics(address: SocketAddr) -> String {
    ask(address, "GET", "/metrics")
}

/// The value of the one sample whose name and labels are `series`.
fn value(page: &str, series: &str) -> Option<f64> {
    let mut lines = page.lines();
    lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

#[test]
fn what_is_counted_stands_on_the_page_under_the_name_that_it_was_given() {
    let (_guard, telemetry, address) = with_page();
    let meter = global::meter("weir");
    let dropped = meter.u64_counter("weir_sample_dropped_bytes_total").with_unit("By").build();
    let reason = [KeyValue::new("reason", "no_collector")];
    let series = "weir_sample_dropped_bytes_total{reason=\"no_collector\"}";

    assert_eq!(value(&metrics(address), series), None);
    dropped.add(3, &reason);
    assert_eq!(value(&metrics(address), series), Some(3.0));
    dropped.add(4, &reason);
    let page = metrics(address);
    assert_eq!(value(&page, series), Some(7.0), "{page}");
    assert!(page.contains("# TYPE weir_sample_dropped_bytes_total counter"), "{page}");
    assert!(page.contains("content-type: text/plain; version=0.0.4"), "{page}");
    telemetry.shutdown();
}

#[test]
fn histograms_have_the_boundaries_of_seconds() {
    let (_guard, telemetry, address) = with_page();
    let waits = global::meter("weir")
        .f64_histogram("weir_sample_wait_seconds")
        .with_unit("s")
        .with_boundaries(telemetry::SECONDS.to_vec())
        .build();
    waits.record(0.002, &[]);
    let page = metrics(address);
    assert_eq!(value(&page, "weir_sample_wait_seconds_bucket{le=\"0.001\"}"), Some(0.0), "{page}");
    assert_eq!(value(&page, "weir_sample_wait_seconds_bucket{le=\"0.0025\"}"), Some(1.0));
    assert_eq!(value(&page, "weir_sample_wait_seconds_count"), Some(1.0));
    telemetry.shutdown();
}

#[test]
fn every_service_tells_what_it_is() {
    let (_guard, telemetry, address) = with_page();
    let page = metrics(address);
    let version = env!("CARGO_PKG_VERSION");
    let build = format!("weir_build_info{{service=\"sample\",version=\"{version}\"}}");
    assert_eq!(value(&page, &build), Some(1.0), "{page}");
    let target = page.lines().find(|line| line.starts_with("target_info{")).unwrap();
    for label in ["service_name=\"sample\"", "service_version=\"", "service_instance_id=\""] {
        assert!(target.contains(label), "{target}");
    }
    telemetry.shutdown();
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_is_described_under_the_usual_names() {
    let (_guard, telemetry, address) = with_page();
    let page = metrics(address);
    let of = |name| value(&page, name).unwrap_or_else(|| panic!("no {name} in {page}"));
    assert!(of("process_resident_memory_bytes") > 100_000.0);
    assert!(of("process_cpu_seconds_total") >= 0.0);
    assert!(of("process_open_fds") > 3.0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let age = now.as_secs_f64() - of("process_start_time_seconds");
    assert!((-5.0..86_400.0).contains(&age), "started {age} s ago");
    telemetry.shutdown();
}

#[test]
fn the_root_points_to_the_page_and_nothing_else_is_there() {
    let (_guard, telemetry, address) = with_page();
    let root = ask(address, "GET", "/");
    assert!(root.starts_with("HTTP/1.1 200") && root.contains("/metrics"), "{root}");
    assert!(ask(address, "GET", "/metricsx").starts_with("HTTP/1.1 404"));
    assert!(ask(address, "GET", "/../etc/passwd").starts_with("HTTP/1.1 404"));
    assert!(ask(address, "POST", "/metrics").starts_with("HTTP/1.1 405"));
    let long = format!("/{}", "x".repeat(100_000));
    assert!(ask_rudely(address, &long), "a head of 100 kB was taken");
    telemetry.shutdown();
}

/// Whether a request for `path` is refused, or its connection closed.
fn ask_rudely(address: SocketAddr, path: &str) -> bool {
    let mut stream = connect(address);
    // The server need not read all of it.
    drop(write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    answer.is_empty() || answer.starts_with(b"HTTP/1.1 4")
}

#[test]
fn clients_that_say_nothing_make_room_again() {
    let (_guard, telemetry, address) = with_page();
    let mut silent: Vec<_> = (0..20).map(|_| connect(address)).collect();
    for stream in &mut silent {
        stream.write_all(b"GET /met").unwrap();
    }
    assert!(metrics(address).starts_with("HTTP/1.1 200"));
    telemetry.shutdown();
}

#[test]
fn after_the_shutdown_nobody_listens() {
    let (_guard, telemetry, address) = with_page();
    telemetry.shutdown();
    assert!(TcpStream::connect_timeout(&address, DEADLINE).is_err());
}

#[test]
fn an_address_that_is_taken_is_said_with_its_key() {
    let _guard = PROCESS.lock().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = Some(taken.local_addr().unwrap());
    let config = TelemetryConfig { metrics_listen: listen, ..TelemetryConfig::new("sample") };
    let error = telemetry::start(&config).unwrap_err();
    assert!(error.to_string().starts_with("telemetry.metrics_listen: 127.0.0.1:"), "{error:#}");
}

#[cfg(target_os = "linux")]
#[test]
fn without_configuration_nothing_runs_beside_the_service() {
    let _guard = PROCESS.lock().unwrap();
    let telemetry = telemetry::start(&TelemetryConfig::new("sample")).unwrap();
    assert_eq!(telemetry.metrics_address(), None);
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
    let names: Vec<_> = names.flatten().collect();
    let is_ours =
        |name: &String| name.starts_with("telemetry") || name.starts_with("OpenTelemetry");
    assert!(!names.iter().any(is_ours), "{names:?}");
    telemetry.shutdown();
}
