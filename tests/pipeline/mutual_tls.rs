//! Mutual TLS between all stages.

use weir_tests::{Authority, Corpus, Oracle, Plan, Protection, UdpCollector, run, weir};

use crate::support::report;

const RECORDS: u64 = 30_000;

#[test]
fn stages_know_each_other_by_certificates_and_nobody_else_gets_in() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 3_000);
    let collector = UdpCollector::open();
    let mut plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 15000");
    let (ours, theirs) = (Authority::new(), Authority::new());
    plan.protection = Protection::Mutual(ours.issue(plan.scratch(), "weir", &ours));
    let mut pipeline = plan.start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 10);

    // It trusts our authority and shows a certificate of another; then the other way round.
    let strangers = [("stranger", &theirs, &ours), ("distrustful", &ours, &theirs)];
    let exporter = pipeline.exporter.data_url();
    let strangers = strangers.map(|(name, authority, trusted)| {
        plan.protection = Protection::Mutual(authority.issue(plan.scratch(), name, trusted));
        let number = if name == "stranger" { 8 } else { 9 };
        plan.start_enricher(number, &exporter)
    });
    for stranger in &strangers {
        stranger.wait_until_logged("the exporter's layouts are not known");
        assert_eq!(stranger.metrics().sum("weir_enricher_records_total"), 0);
    }
    // Nor does anybody without a certificate.
    for url in [pipeline.exporter.admin_url(), pipeline.enrichers[0].data_url()] {
        let plaintext = url.replace("https", "http");
        run(weir("probe").arg(plaintext)).ended_with(1);
    }
    oracle.wait_for_all();
    let streams = pipeline.exporter.metrics().sum("weir_exporter_streams");
    assert_eq!(streams, 2, "those of our enrichers alone");
    drop(strangers);
    pipeline.end();
    report("mutual TLS", oracle.verdict().is_exact());
    assert_eq!(collector.dropped(), 0);
}
