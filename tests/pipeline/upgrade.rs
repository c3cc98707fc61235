//! Every service is replaced in full flow, in the order that docs/operations.md names, forth to
//! this version and back.
//!
//! `WEIR_OLDER` is the binary of the version before (`make upgrade OLDER=REVISION` builds it).
//! Without it both versions are this one: what is left is that a rolling restart is exact.

use std::env;
use std::fs;
use std::path::PathBuf;

use weir_tests::{Corpus, Oracle, Plan, Service, UdpCollector, free_tcp_port, weir_program};

use crate::support::report;

const RECORDS: u64 = 240_000;

fn older() -> PathBuf {
    env::var_os("WEIR_OLDER").map_or_else(weir_program, PathBuf::from)
}

/// Starts all of `from`, and replaces the exporter, two enrichers and the source by those of `to`.
fn replaced(name: &str, from: PathBuf, to: PathBuf) {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    let collector = UdpCollector::open();
    let mut plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 20000")
        .exporter("in_flight = \"2MiB\"\nheld = \"2MiB\"")
        .tail("in_flight = \"2MiB\"")
        .store();
    plan.program = from;
    let listen = format!("127.0.0.1:{}", free_tcp_port());
    let mut exporter = plan.start_exporter_at(&listen);
    let start = |plan: &Plan, number| {
        let enricher = plan.start_enricher(number, &format!("http://{listen}"));
        enricher.wait_until_serving();
        enricher
    };
    let mut enrichers: Vec<Service> = vec![start(&plan, 1), start(&plan, 2)];
    let list = plan.scratch().path("enrichers.txt");
    let publish = |plan: &Plan, enrichers: &[Service]| {
        let urls: Vec<_> = enrichers.iter().map(Service::data_url).collect();
        let part = plan.scratch().write("enrichers.part", urls.join("\n") + "\n");
        fs::rename(part, &list).unwrap();
    };
    publish(&plan, &enrichers);
    let targets = [format!("file:{}", list.display())];
    let mut tail = plan.start_tail(&targets);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 8);

    plan.program = to;
    ended_well(&mut exporter);
    exporter = plan.start_exporter_at(&listen);
    oracle.wait_for(RECORDS / 5);
    for number in [3, 4] {
        let mut before = enrichers.remove(0);
        enrichers.push(start(&plan, number));
        publish(&plan, &enrichers);
        ended_well(&mut before);
    }
    oracle.wait_for(RECORDS / 3);
    ended_well(&mut tail);
    assert!(oracle.verdict().missing > 0, "there was no load left");
    tail = plan.start_tail(&targets);
    oracle.wait_for_all();
    for service in [&mut tail].into_iter().chain(&mut enrichers).chain([&mut exporter]) {
        ended_well(service);
    }
    report(name, oracle.verdict().is_exact());
    assert_eq!(collector.dropped(), 0);
}

#[track_caller]
fn ended_well(service: &mut Service) {
    assert_eq!(service.terminate(), Some(0), "{}", service.log());
}

#[test]
fn an_upgrade_of_all_services_loses_and_repeats_nothing() {
    replaced("upgrade", older(), weir_program());
}

#[test]
fn the_way_back_to_the_version_before_loses_and_repeats_nothing() {
    replaced("way back", weir_program(), older());
}
