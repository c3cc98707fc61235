//! Peers that send nonsense, too much, or nothing: each gets a clear status, others feel nothing.

mod calls;
mod client;
mod sockets;

use std::time::Duration;

use weir_tests::{Corpus, Oracle, Pipeline, Plan, UdpCollector};

use crate::support::report;

const RECORDS: u64 = 60_000;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a hostile peer does to a pipeline in full flow. All of it still arrives once.
fn attacked(name: &str, attack: impl FnOnce(&Pipeline, &Corpus)) {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000");
    let mut pipeline = plan.start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 10);
    attack(&pipeline, &corpus);
    oracle.wait_for_all();
    for service in pipeline.enrichers.iter().chain([&pipeline.exporter]) {
        assert!(service.is_serving(), "{} has suffered", service.name());
    }
    assert_eq!(pipeline.tail.metrics().sum("weir_ingest_rewinds_total"), 0);
    pipeline.end();
    report(name, oracle.verdict().is_exact());
    assert_eq!(collector.dropped(), 0);
}
