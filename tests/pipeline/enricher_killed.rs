//! An enricher is gone in full flow: its runs go to the others.

use weir_tests::{Corpus, Oracle, Plan, UdpCollector, Verdict, wait_for};

use crate::support::{LINE, MIB, RUN, report};

const RECORDS: u64 = 80_000;

/// Kills the first of three enrichers while it has runs in hand.
fn killed(name: &str, exporter: &str, tail: &str) -> Verdict {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 8_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 25000")
        .exporter(exporter)
        .tail(tail);
    let mut pipeline = plan.start(3);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 5);
    let enricher = pipeline.enrichers.remove(0);
    wait_for("the enricher to have runs in hand", || {
        (enricher.metrics().sum("weir_enricher_pending_runs") > 0).then_some(())
    });
    enricher.kill();
    oracle.wait_for_all();
    pipeline.tail.wait_until_logged("no link");
    pipeline.end();
    let verdict = oracle.verdict();
    report(name, verdict.is_complete());
    assert_eq!(collector.dropped(), 0);
    verdict
}

#[test]
fn nothing_is_missing_or_repeated_where_the_exporter_remembers_runs() {
    killed("enricher killed", "", "").is_exact();
}

#[test]
fn without_memory_what_is_repeated_is_within_the_budgets() {
    let exporter = "remembered_runs = 0\nin_flight = \"1MiB\"\nheld = \"1MiB\"";
    let verdict = killed("enricher killed, no memory", exporter, "in_flight = \"1MiB\"");
    // What the tail holds, and one run that is read before it counts.
    let most = (2 * MIB + RUN) / LINE;
    assert!(verdict.repeated <= most, "{} above {most}", verdict.repeated);
}
