//! SIGTERM where the neighbours are gone, or are asked to end as well.

use rustix::process::Signal;
use weir_tests::{Corpus, Oracle, Plan, Service, UdpCollector, wait_for};

use crate::support::{LINE, MIB, RUN, report};

const RECORDS: u64 = 60_000;

#[test]
fn an_exporter_writes_what_it_has_taken_although_its_senders_are_gone() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000");
    let pipeline = plan.start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 6);
    let mut exporter = pipeline.exporter;
    pipeline.tail.kill();
    pipeline.enrichers.into_iter().for_each(Service::kill);
    wait_for("the exporter to see it", || {
        (exporter.metrics().sum("weir_exporter_streams") == 0).then_some(())
    });
    let page = exporter.metrics();
    let pending = page.sum("weir_exporter_pending_runs");
    let committed = page.sum_of("weir_exporter_answers_total", "answer=\"committed\"");
    assert!(pending > 0, "the fault came too late");
    assert_eq!(exporter.terminate(), Some(0), "{}", exporter.log());
    let runs = exporter.logged_number("the exporter has ended", "runs");
    println!("{committed} runs were committed before, {pending} after the senders had gone");
    assert_eq!(runs, Some(committed + pending));
    let verdict = oracle.verdict();
    report("senders gone", verdict.is_sound());
    assert_eq!(verdict.repeated, 0);
}

#[test]
fn all_stages_that_are_asked_to_end_at_once_lose_nothing() {
    let grace = "grace = \"3s\"";
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000")
        .exporter(&format!("in_flight = \"1MiB\"\nheld = \"1MiB\"\n{grace}"))
        .enricher(&format!("in_flight = \"1MiB\"\n{grace}"))
        .tail(&format!("in_flight = \"4MiB\"\n{grace}"))
        .store();
    let mut pipeline = plan.start(2);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 4);
    let services = || [&pipeline.exporter, &pipeline.tail].into_iter().chain(&pipeline.enrichers);
    services().for_each(|service| service.signal(Signal::TERM));
    let all = [&mut pipeline.exporter, &mut pipeline.tail].into_iter();
    for service in all.chain(&mut pipeline.enrichers) {
        let code = service.wait();
        println!("{} ended with {code:?}", service.name());
        // 2: the time ran out, for who could have taken the rest was ending too.
        assert!(matches!(code, Some(0 | 2)), "{code:?}: {}", service.log());
    }
    assert!(oracle.verdict().missing > 0, "there was no load left");
    let mut pipeline = plan.start(2);
    oracle.wait_for_all();
    pipeline.end();
    let verdict = oracle.verdict();
    report("all drained at once", verdict.is_complete());
    // Runs that were written behind one that was not: no checkpoint passes it, and the exporter's
    // memory has ended too.
    let most = (4 * MIB + RUN) / LINE;
    assert!(verdict.repeated <= most, "{} above {most}", verdict.repeated);
    assert_eq!(collector.dropped(), 0);
}
