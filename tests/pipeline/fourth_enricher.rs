//! A fourth enricher comes while the pipeline runs.

use std::fs;
use std::time::{Duration, Instant};

use weir_tests::{Corpus, Oracle, Plan, Service, UdpCollector, wait_long_for};

use crate::support::report;

const RECORDS: u64 = 120_000;

#[test]
fn a_fourth_enricher_takes_its_share_within_ten_seconds() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 5_000);
    let collector = UdpCollector::open();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 15000")
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"")
        .enricher("in_flight = \"1MiB\"")
        .tail("in_flight = \"4MiB\"");
    let exporter = plan.start_exporter();
    let start = |number| {
        let enricher = plan.start_enricher(number, &exporter.data_url());
        enricher.wait_until_serving();
        enricher
    };
    let mut enrichers: Vec<Service> = (1..=3).map(start).collect();
    let list = plan.scratch().path("enrichers.txt");
    let publish = |enrichers: &[Service]| {
        let urls: Vec<_> = enrichers.iter().map(Service::data_url).collect();
        let part = plan.scratch().write("enrichers.part", urls.join("\n") + "\n");
        fs::rename(part, &list).unwrap();
    };
    publish(&enrichers);
    let mut tail = plan.start_tail(&[format!("file:{}", list.display())]);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 6);

    enrichers.push(start(4));
    let records = |enricher: &Service| enricher.metrics().sum("weir_enricher_records_total");
    let before: u64 = enrichers.iter().map(records).sum();
    publish(&enrichers);
    let published = Instant::now();
    let fourth = enrichers.last().unwrap();
    wait_long_for(Duration::from_secs(10), "the fourth enricher to have records", || {
        (records(fourth) > 0).then_some(())
    });
    let took = published.elapsed();
    let verdict = oracle.wait_for_all();
    let since: u64 = enrichers.iter().map(records).sum::<u64>() - before;
    let share = records(fourth) as f64 / since as f64;
    println!("the fourth enricher had records after {took:?}, and {share:.2} of all since");
    assert!(share > 0.1, "its share is {share}");
    report("fourth enricher", verdict.is_exact());
    assert_eq!(tail.terminate(), Some(0));
    assert_eq!(collector.dropped(), 0);
}
