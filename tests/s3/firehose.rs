//! Objects that Firehose writes into a bucket, in each of its forms.

use std::ops::Range;
use std::process::Command;

use serde_json::json;
use weir_tests::{Corpus, Oracle, Plan, Scratch, TcpCollector, TcpMode, gzip, run, wait_for, weir};

use crate::cloud::{ACCOUNT, BUCKET, Cloud, REGION};

/// Lines of an object.
const LINES: u64 = 600;

/// How an object holds its lines.
type Form = fn(&Corpus, Range<u64>) -> Vec<u8>;

/// What Firehose writes by its settings, and by who writes to it.
const FORMS: [(&str, Form); 8] = [
    ("batches", |corpus, numbers| batches(corpus, numbers, gzip)),
    ("batches-gzip.gz", |corpus, numbers| gzip(batches(corpus, numbers, gzip))),
    ("decompressed", |corpus, numbers| batches(corpus, numbers, |batch| batch)),
    ("decompressed-lines.gz", |corpus, numbers| {
        gzip(batches(corpus, numbers, |batch| [batch, b"\n".to_vec()].concat()))
    }),
    ("extracted", |corpus, numbers| lines(corpus, numbers).join("\n").into_bytes()),
    ("extracted.gz", |corpus, numbers| gzip(lines(corpus, numbers).join("\n"))),
    ("messages", |corpus, numbers| messages(corpus, numbers).concat().into_bytes()),
    ("messages.gz", |corpus, numbers| gzip(messages(corpus, numbers).join("\n"))),
];

/// The events of a batch.
const EVENTS: usize = 40;

/// Events that CloudWatch Logs sends a second time.
const REPEATED: usize = 3;

fn lines(corpus: &Corpus, numbers: Range<u64>) -> Vec<String> {
    numbers.map(|number| corpus.line(number)).collect()
}

fn messages(corpus: &Corpus, numbers: Range<u64>) -> Vec<String> {
    let message = |line: String| json!({ "message": line }).to_string();
    lines(corpus, numbers).into_iter().map(message).collect()
}

/// A probe, then a batch for each log stream, whose first events are the last of the one before.
fn batches(corpus: &Corpus, numbers: Range<u64>, pack: fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let probe =
        json!({"messageType": "CONTROL_MESSAGE", "owner": "CloudwatchLogs", "logEvents": []});
    let numbers: Vec<_> = numbers.collect();
    let batch = |from: usize| {
        let events =
            numbers[from.saturating_sub(REPEATED)..numbers.len().min(from + EVENTS)].iter();
        let event = |number: &u64| json!({"id": format!("{number:056}"), "timestamp": 1, "message": corpus.line(*number)});
        let document = json!({
            "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "/vpc/flows",
            "logStream": format!("eni-{from:x}-all"), "subscriptionFilters": ["all"],
            "logEvents": events.map(event).collect::<Vec<_>>(),
        });
        pack(document.to_string().into_bytes())
    };
    let batches = (0..numbers.len()).step_by(EVENTS).flat_map(batch);
    pack(probe.to_string().into_bytes()).into_iter().chain(batches).collect()
}

/// Firehose's own name of an object.
fn key(name: &str) -> String {
    format!("firehose/2026/01/02/03/flows-1-2026-01-02-03-05-07-{name}")
}

fn numbers(place: usize) -> Range<u64> {
    place as u64 * LINES..(place as u64 + 1) * LINES
}

const RECORDS: u64 = FORMS.len() as u64 * LINES;

/// Events of the forms with batches that come twice.
const DUPLICATES: u64 = 4 * (LINES.div_ceil(EVENTS as u64) - 1) * REPEATED as u64;

#[test]
fn objects_of_each_form_are_exported_once() {
    let corpus = Corpus::new();
    let cloud = Cloud::open(2);
    let collector = TcpCollector::open(TcpMode::Reading);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    for (place, (name, form)) in FORMS.iter().enumerate() {
        cloud.put(BUCKET, &key(name), form(&corpus, numbers(place)));
    }
    let store = format!("[store]\nfile = \"{}\"\n", plan.scratch().path("s3.redb").display());
    let queue = format!(", any_key = true, log_format = \"{}\"", Corpus::log_format());
    let sections = format!("{store}{}", cloud.sections());
    let keys = cloud.queue_keys_with(&queue);
    let mut ingest = plan.start_ingest_s3("s3", &[enricher.data_url()], &keys, &sections);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for_all();
    wait_for("the queue to be empty", || (cloud.messages() == (0, 0)).then_some(()));
    assert_eq!(cloud.dead_letters(), 0);
    oracle.verdict().is_exact();

    let metrics = ingest.metrics();
    let left_out = |reason: &str| {
        let name = "weir_ingest_object_events_left_out_total";
        metrics.sum_of(name, &format!("\"{reason}\""))
    };
    assert_eq!((left_out("control_message"), left_out("duplicate")), (4, DUPLICATES));
    assert_eq!(metrics.sum_of("weir_s3_objects_total", "\"exported\""), FORMS.len() as u64);
    assert_eq!(ingest.terminate(), Some(0), "{}", ingest.log());
}

#[test]
fn a_replay_reads_the_same_objects_from_a_bucket_and_from_files() {
    let (corpus, scratch) = (Corpus::new(), Scratch::new());
    let cloud = Cloud::open(0);
    let folder = scratch.path("objects");
    std::fs::create_dir(&folder).unwrap();
    for (place, (name, form)) in FORMS.iter().enumerate() {
        let object = form(&corpus, numbers(place));
        std::fs::write(folder.join(name), &object).unwrap();
        cloud.put(BUCKET, &key(name), object);
    }
    let config = format!(
        "[inventory]\nfile = \"{}\"\n[aws]\nendpoint = \"{}\"\nregion = \"{REGION}\"\n",
        corpus.inventory().display(),
        cloud.endpoint()
    );
    let config = scratch.write("weir.toml", config);
    let replay = |flags: &[&str]| {
        let mut command: Command = weir("replay");
        command.args(flags).arg("--config").arg(&config).args(["--summary", "json"]);
        command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
        run(&mut command)
    };
    let format = Corpus::log_format();
    let bucket = format!("s3://{BUCKET}/");
    for place in [&[bucket.as_str(), "--any-key"][..], &[folder.to_str().unwrap()]] {
        let flags = [place, &["--log-format", &format]].concat();
        let summary = replay(&flags).ended_with(0).summary();
        let number = |key: &str| summary[key].as_u64().unwrap();
        let expected = (FORMS.len() as u64, RECORDS, (0..RECORDS).sum());
        assert_eq!((number("files"), number("exported"), number("bytes")), expected);
        let left_out = json!({"control_message": 4, "duplicate": DUPLICATES});
        assert_eq!(summary["events_left_out"], left_out);
    }
    replay(&[&bucket, "--log-format", &format]).ended_with(1).says(&["no flow log objects"]);
    let batches = folder.join("batches");
    replay(&[batches.to_str().unwrap()]).ended_with(1).says(&["--log-format"]);
}
