//! One folder, three enrichers, one exporter: everything arrives once.

use weir_tests::{Corpus, Environment, Nfcapd, Oracle, Plan, Totals, UdpCollector, wait_for};

use crate::support::report;

#[test]
fn every_record_arrives_once_over_three_enrichers() {
    let corpus = Corpus::new();
    corpus.write(0..60_000, 5_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 40000");
    let mut pipeline = plan.start(3);
    let mut oracle = Oracle::new(&corpus, 0..60_000, collector.arrivals());
    oracle.wait_for_all();
    for enricher in &pipeline.enrichers {
        let records = enricher.metrics().sum("weir_enricher_records_total");
        assert!(records > 0, "{} had nothing to do", enricher.name());
    }
    pipeline.end();
    report("three enrichers", oracle.verdict().is_exact());
    assert_eq!(collector.dropped(), 0);
}

#[test]
fn nfcapd_counts_what_the_environment_s_totals_say() {
    let environment = Environment::generate(&["--records", "20000"]);
    let nfcapd = Nfcapd::start(environment.scratch());
    // Few enough for a collector with the usual receive buffer.
    let plan = Plan::new(&environment.inventory(), &environment.logs())
        .collector(&nfcapd.url(), "records_per_second = 20000");
    let mut pipeline = plan.start(3);
    let exporter = &pipeline.exporter;
    let totals = environment.totals();
    wait_for("all records to be sent", || {
        let sent = exporter.metrics().sum("weir_exporter_output_records_total");
        (sent >= totals.records).then_some(())
    });
    pipeline.end();
    let found = nfcapd.finish("fmt:%pkt|%byt");
    for words in ["Sequence Errors: 0,", "Bad Packets: 0"] {
        assert!(found.messages.contains(words), "{}", found.messages);
    }
    let mut counted = Totals::default();
    for line in &found.lines {
        let (packets, bytes) = line.split_once('|').expect("two columns");
        counted.add(bytes.trim().parse().unwrap(), packets.trim().parse().unwrap());
    }
    assert_eq!(counted, totals);
}
