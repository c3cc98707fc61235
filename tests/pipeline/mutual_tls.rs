//! Mutual TLS between all stages: who gets in, and what both sides say of who does not.

use weir_tests::{Authority, Corpus, Oracle, Plan, Protection, UdpCollector, run, wait_for, weir};

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

/// An enricher that calls an exporter: what the one and what the other has to log.
struct Case {
    name: &'static str,
    enricher: Protection,
    exporter: Protection,
    /// Of the enricher's line that it has no layouts.
    called: &'static str,
    /// Of the exporter's line that it refused a connection; an exporter in plaintext has none.
    refused: Option<&'static str>,
}

#[test]
fn who_is_refused_is_told_why_by_both_sides() {
    let corpus = Corpus::new();
    let collector = UdpCollector::open();
    let mut plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let (ours, theirs) = (Authority::new(), Authority::new());
    let issued = plan.scratch();
    let good = || Protection::Mutual(ours.issue(issued, "good", &ours));
    let cases = [
        Case {
            name: "a caller of another authority",
            enricher: Protection::Mutual(theirs.issue(issued, "stranger", &ours)),
            exporter: good(),
            called: "UnknownCA",
            refused: Some("UnknownIssuer"),
        },
        Case {
            name: "a caller whose certificate has expired",
            enricher: Protection::Mutual(ours.issue_expired(issued, "late", &ours)),
            exporter: good(),
            called: "CertificateExpired",
            refused: Some("certificate expired"),
        },
        Case {
            name: "a receiver of another authority",
            enricher: good(),
            exporter: Protection::Mutual(theirs.issue(issued, "other", &ours)),
            called: "UnknownIssuer",
            refused: Some("UnknownCA"),
        },
        Case {
            name: "a receiver whose certificate has expired",
            enricher: good(),
            exporter: Protection::Mutual(ours.issue_expired(issued, "over", &ours)),
            called: "certificate expired",
            refused: Some("CertificateExpired"),
        },
        Case {
            name: "a receiver of another name",
            enricher: good(),
            exporter: Protection::Mutual(ours.issue_elsewhere(issued, "elsewhere", &ours)),
            called: "not valid for name",
            refused: Some("BadCertificate"),
        },
        Case {
            name: "a caller in plaintext",
            enricher: Protection::Plaintext,
            exporter: good(),
            called: "error",
            refused: Some("InvalidContentType"),
        },
        Case {
            name: "a receiver in plaintext",
            enricher: good(),
            exporter: Protection::Plaintext,
            called: "InvalidContentType",
            refused: None,
        },
    ];
    for case in cases {
        plan.protection = case.exporter.clone();
        let exporter = plan.start_exporter_unasked();
        let scheme = if matches!(case.enricher, Protection::Plaintext) { "http" } else { "https" };
        let url = format!("{scheme}://{}", exporter.addresses().data.unwrap());
        plan.protection = case.enricher.clone();
        let enricher = plan.start_enricher(1, &url);
        wait_for(&format!("{}: the enricher to say {}", case.name, case.called), || {
            enricher
                .has_logged_both("the exporter's layouts are not known", case.called)
                .then_some(())
        });
        if let Some(refused) = case.refused {
            wait_for(&format!("{}: the exporter to say {refused}", case.name), || {
                exporter.has_logged_both("connection refused", refused).then_some(())
            });
        }
        assert!(!enricher.is_serving(), "{}", case.name);
        assert_eq!(exporter.metrics().sum("weir_exporter_streams"), 0, "{}", case.name);
    }
}
