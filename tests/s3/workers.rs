//! Workers that are killed, and workers that share a queue.

use std::time::Duration;

use weir_testkit::RedisServer;
use weir_tests::{Corpus, Oracle, Plan, TcpCollector, TcpMode, gzip, wait_long_for};

use crate::cloud::{BUCKET, Cloud, key};

const OBJECTS: u64 = 40;
const LINES: u64 = 1_000;
const RECORDS: u64 = OBJECTS * LINES;

/// Octets of a line of the corpus, at least.
const LINE: u64 = 110;

fn fill(cloud: &Cloud, corpus: &Corpus) {
    for number in 0..OBJECTS {
        let text = corpus.text(number * LINES..(number + 1) * LINES);
        cloud.put(BUCKET, &key(number), gzip(text));
    }
}

fn is_empty(cloud: &Cloud) {
    wait_long_for(Duration::from_secs(60), "the queue to be empty", || {
        (cloud.messages() == (0, 0)).then_some(())
    });
}

#[test]
fn a_worker_that_is_killed_in_the_middle_loses_nothing() {
    let corpus = Corpus::new();
    let cloud = Cloud::open(10);
    let collector = TcpCollector::open(TcpMode::Reading);
    // Slow enough to be killed in full flow.
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 8000")
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"")
        .enricher("in_flight = \"1MiB\"");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    fill(&cloud, &corpus);
    let store = format!("[store]\nfile = \"{}\"\n", plan.scratch().path("s3.redb").display());
    let keys = format!("visibility_timeout = \"3s\"\nin_flight = \"1MiB\"\n{}", cloud.queue_keys());
    let sections = format!("{store}{}", cloud.sections());
    let start = || plan.start_ingest_s3("s3", &[enricher.data_url()], &keys, &sections);
    let worker = start();
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 4);
    worker.kill();
    let killed_at = oracle.verdict();
    assert!(killed_at.missing > 0, "there was no load left");
    let mut worker = start();
    oracle.wait_for_all();
    is_empty(&cloud);
    let verdict = oracle.verdict();
    // What was on its way to the exporter, and what this held.
    let budget = 4 * (1 << 20) / LINE;
    assert!(verdict.is_complete().repeated <= budget, "{} above {budget}", verdict.repeated);
    println!("killed at {} of {RECORDS}: {} repeated", killed_at.delivered, verdict.repeated);
    assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
}

#[test]
fn two_workers_share_a_queue_and_export_each_object_once() {
    let corpus = Corpus::new();
    let cloud = Cloud::open(10);
    let redis = RedisServer::start();
    let collector = TcpCollector::open(TcpMode::Reading);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 10000")
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"")
        .enricher("in_flight = \"1MiB\"");
    let exporter = plan.start_exporter();
    let enricher = plan.start_enricher(1, &exporter.data_url());
    enricher.wait_until_serving();
    let sections = format!("[store]\nurl = \"{}\"\n{}", redis.url(), cloud.sections());
    let keys = format!("visibility_timeout = \"5s\"\nin_flight = \"1MiB\"\n{}", cloud.queue_keys());
    let start = |name| plan.start_ingest_s3(name, &[enricher.data_url()], &keys, &sections);
    let mut workers = [start("one"), start("two")];
    fill(&cloud, &corpus);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for_all();
    is_empty(&cloud);
    oracle.verdict().is_exact();
    let exported = workers
        .each_ref()
        .map(|worker| worker.metrics().sum_of("weir_s3_objects_total", "\"exported\""));
    println!("objects of each worker: {exported:?}");
    assert_eq!(exported.iter().sum::<u64>(), OBJECTS);
    assert!(exported.iter().all(|objects| *objects > 0), "{exported:?}");
    for worker in &mut workers {
        assert_eq!(worker.terminate(), Some(0), "{}", worker.log());
    }
}
