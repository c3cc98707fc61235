//! A TCP collector that stops, comes late, goes away or reads slowly.

use std::time::Duration;

use weir_tests::{Corpus, Oracle, Plan, TcpCollector, TcpMode, wait_for};

use crate::support::{report, while_it_lasts};

const RECORDS: u64 = 60_000;

fn plan(corpus: &Corpus, collector: &TcpCollector) -> Plan {
    corpus.write(0..RECORDS, 6_000);
    Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000")
}

#[test]
fn a_collector_that_stops_for_ten_seconds_gets_everything_once() {
    let corpus = Corpus::new();
    let collector = TcpCollector::open(TcpMode::Reading);
    let mut pipeline = plan(&corpus, &collector).start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 4);
    collector.set(TcpMode::Stalled);
    // Longer than two heartbeats: the age of a run breaks no stream.
    while_it_lasts(Duration::from_secs(11), || {});
    assert!(oracle.verdict().missing > 0, "the fault came too late");
    collector.set(TcpMode::Reading);
    oracle.wait_for_all();
    assert_eq!(pipeline.tail.metrics().sum("weir_ingest_rewinds_total"), 0);
    let resent =
        |enricher: &weir_tests::Service| enricher.metrics().sum("weir_enricher_resent_runs_total");
    assert_eq!(pipeline.enrichers.iter().map(resent).sum::<u64>(), 0);
    pipeline.end();
    let verdict = oracle.verdict();
    report("collector stopped", verdict.is_exact());
    assert_eq!(verdict.sessions, 1);
}

#[test]
fn a_collector_that_comes_late_gets_everything_once() {
    let corpus = Corpus::new();
    let collector = TcpCollector::open(TcpMode::Refusing);
    let mut pipeline = plan(&corpus, &collector).start(2);
    let exporter = &pipeline.exporter;
    wait_for("the exporter to hold runs", || {
        (exporter.metrics().sum("weir_exporter_held_bytes") > 0).then_some(())
    });
    collector.set(TcpMode::Reading);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for_all();
    pipeline.end();
    report("collector late", oracle.verdict().is_exact());
}

#[test]
fn a_collector_that_goes_away_loses_at_most_what_the_system_had_taken() {
    let corpus = Corpus::new();
    let collector = TcpCollector::open(TcpMode::Reading);
    let mut pipeline = plan(&corpus, &collector).start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 4);
    collector.set(TcpMode::Refusing);
    let exporter = &pipeline.exporter;
    wait_for("the exporter to see it", || exporter.has_logged("trying again").then_some(()));
    collector.set(TcpMode::Reading);
    let tail = &pipeline.tail;
    // What was on its way in the broken connection, IPFIX has no means to tell.
    wait_for("everything to be committed", || {
        (tail.metrics().sum("weir_ingest_in_flight_runs") == 0).then_some(())
    });
    pipeline.end();
    let verdict = oracle.verdict();
    report("collector gone", verdict.is_sound());
    // It read at once: what was on its way is far below a second's worth.
    assert!(verdict.missing < 20_000, "{verdict:?}");
    assert_eq!(verdict.sessions, 2);
}

#[test]
fn a_collector_that_reads_at_a_trickle_gets_everything_once() {
    let corpus = Corpus::new();
    // About 2 MB a second.
    let collector = TcpCollector::open(TcpMode::Trickle(4096));
    let mut pipeline = plan(&corpus, &collector).start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for_all();
    pipeline.end();
    report("collector slow", oracle.verdict().is_exact());
}
