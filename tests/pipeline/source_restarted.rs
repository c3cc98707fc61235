//! The source is gone in full flow and comes back with its checkpoints.

use weir_tests::{Corpus, Oracle, Plan, Service, UdpCollector};

use crate::support::report;

const RECORDS: u64 = 60_000;

#[test]
fn a_source_that_was_killed_goes_on_from_its_checkpoint() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000")
        .tail("in_flight = \"2MiB\"")
        .store();
    let mut pipeline = plan.start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 2);
    let targets: Vec<_> = pipeline.enrichers.iter().map(Service::data_url).collect();
    pipeline.tail.signal(rustix::process::Signal::KILL);
    assert_eq!(pipeline.tail.wait(), None);
    let tail = plan.start_tail(&targets);
    oracle.wait_for_all();
    pipeline.tail = tail;
    let read = pipeline.tail.metrics().sum("weir_ingest_read_bytes_total");
    println!("read {read} octets after the restart");
    pipeline.end();
    // The same runs have the same ids, which the exporter remembers.
    report("tail killed", oracle.verdict().is_exact());
    assert!(read < corpus.text(0..RECORDS).len() as u64, "it has read everything again");
    assert_eq!(collector.dropped(), 0);
}
