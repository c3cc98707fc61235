//! Reports that are counted over intervals: what is in an open window is lost by no fault, and
//! waits for nothing when all ends.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use weir_tests::{Corpus, Plan, Service, finished_lines, free_tcp_port, wait_for};

const RECORDS: u64 = 20_000;

/// Longer than any test.
const LASTING: &str = "report = \"20062\"\ninterval = \"30m\"";
const SHORT: &str = "report = \"20062\"\ninterval = \"5s\"";

fn corpus() -> Corpus {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 4_000);
    corpus
}

/// How often each numbered line is in the rows of the file. A line's octets are its number and its
/// destination is no other's, so that each is a row of its own.
fn rows(path: &Path) -> BTreeMap<u64, u64> {
    let text = finished_lines(path);
    let mut found = BTreeMap::new();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).expect("a row is JSON");
        assert_eq!((&row["nfc_id"], &row["flow_count"]), (&20062.into(), &1.into()), "{row}");
        let octets = row["bytes_in"].as_u64().unwrap() + row["bytes_out"].as_u64().unwrap();
        *found.entry(octets).or_default() += 1;
    }
    found
}

#[track_caller]
fn assert_each_once(path: &Path) {
    let found = rows(path);
    let missing = (0..RECORDS).filter(|number| !found.contains_key(number)).count();
    let repeated = found.values().filter(|times| **times > 1).count();
    assert_eq!((missing, repeated, found.len() as u64), (0, 0, RECORDS));
}

/// Waits until everything is accepted and held back by the window.
fn wait_until_held(tail: &Service, exporter: &Service) {
    wait_for("all runs to be in the window", || {
        let entries = exporter.metrics().sum("weir_exporter_window_entries");
        let left = tail.metrics().sum("weir_ingest_in_flight_bytes");
        (entries == RECORDS && left == 0).then_some(())
    });
}

#[test]
fn nothing_is_missing_when_the_exporter_is_killed_in_a_window() {
    let corpus = corpus();
    let mut plan = Plan::new(&corpus.inventory(), &corpus.folder());
    let path = plan.scratch().path("rows.jsonl");
    let target = format!("jsonl:{}", path.display());
    plan = plan.output(&target, LASTING);
    let listen = format!("127.0.0.1:{}", free_tcp_port());
    let exporter = plan.start_exporter_at(&listen);
    let mut enricher = plan.start_enricher(1, &exporter.data_url());
    let mut tail = plan.start_tail(&[enricher.data_url()]);
    wait_until_held(&tail, &exporter);
    assert_eq!(rows(&path).len(), 0);
    exporter.kill();

    plan.outputs.clear();
    plan = plan.output(&target, SHORT);
    let mut exporter = plan.start_exporter_at(&listen);
    wait_for("all rows", || (rows(&path).len() as u64 == RECORDS).then_some(()));
    assert!(tail.metrics().sum("weir_ingest_rewinds_total") > 0);
    for service in [&mut tail, &mut enricher, &mut exporter] {
        assert_eq!(service.terminate(), Some(0), "{}", service.log());
    }
    assert_each_once(&path);
}

#[test]
fn an_exporter_that_is_asked_to_end_closes_its_windows() {
    let corpus = corpus();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).store();
    let path = plan.scratch().path("rows.jsonl");
    let plan = plan.output(&format!("jsonl:{}", path.display()), LASTING);
    let mut pipeline = plan.start(1);
    wait_until_held(&pipeline.tail, &pipeline.exporter);
    let exporter = &mut pipeline.exporter;
    assert_eq!(exporter.terminate(), Some(0), "{}", exporter.log());
    assert_each_once(&path);
    // The source heard of it: nothing is left to wait for.
    assert_eq!(pipeline.tail.terminate(), Some(0), "{}", pipeline.tail.log());
}

#[test]
fn one_process_that_is_asked_to_end_closes_its_windows() {
    let corpus = corpus();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).store();
    let path = plan.scratch().path("rows.jsonl");
    let plan = plan.output(&format!("jsonl:{}", path.display()), LASTING);
    let mut service = plan.start_one_process();
    wait_until_held(&service, &service);
    assert_eq!(service.terminate(), Some(0), "{}", service.log());
    assert_each_once(&path);
}
