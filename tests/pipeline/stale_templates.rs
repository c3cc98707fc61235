//! The exporter comes back with other templates than its enrichers know.

use weir_tests::{Corpus, Oracle, Plan, Service, UdpCollector, free_tcp_port};

use crate::support::report;

const RECORDS: u64 = 80_000;

#[test]
fn runs_under_old_templates_are_encoded_again() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 5_000);
    let collector = UdpCollector::open();
    let mut plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000")
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"");
    let listen = format!("127.0.0.1:{}", free_tcp_port());
    let exporter = plan.start_exporter_at(&listen);
    let number = |number| plan.start_enricher(number, &exporter.data_url());
    let mut enrichers: Vec<_> = (1..=2).map(number).collect();
    let targets: Vec<_> = enrichers.iter().map(Service::data_url).collect();
    let mut tail = plan.start_tail(&targets);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 4);
    exporter.kill();
    plan = plan.exporter("add_fields = [\"log_status\"]");
    let mut exporter = plan.start_exporter_at(&listen);
    oracle.wait_for_all();
    let stale = |enricher: &Service| enricher.metrics().sum("weir_enricher_stale_runs_total");
    let stale: u64 = enrichers.iter().map(stale).sum();
    println!("{stale} runs were encoded again");
    assert!(stale > 0, "the fault came too late");
    for service in [&mut tail].into_iter().chain(&mut enrichers).chain([&mut exporter]) {
        assert_eq!(service.terminate(), Some(0), "{}", service.log());
    }
    report("stale templates", oracle.verdict().is_complete());
    assert_eq!(collector.dropped(), 0);
}
