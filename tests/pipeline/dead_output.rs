//! One of two collectors is dead: with `drop` the other goes on, with `wait` both get everything.

use weir_tests::{Corpus, Oracle, Plan, TcpCollector, TcpMode, UdpCollector, wait_for};

use crate::support::{fault_lasts, report, while_it_lasts};

const RECORDS: u64 = 30_000;

#[test]
fn a_dead_collector_with_drop_does_not_stop_the_other() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 5_000);
    let (living, dead) = (UdpCollector::open(), TcpCollector::open(TcpMode::Refusing));
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&living.url(), "records_per_second = 20000")
        .collector(&dead.url(), "when_down = \"drop\"");
    let mut pipeline = plan.start(2);
    let mut of_living = Oracle::new(&corpus, 0..2 * RECORDS, living.arrivals());
    let mut of_dead = Oracle::new(&corpus, 0..2 * RECORDS, dead.arrivals());
    of_living.wait_for(RECORDS);
    let (tail, exporter) = (&pipeline.tail, &pipeline.exporter);
    wait_for("everything to be committed without the dead one", || {
        (tail.metrics().sum("weir_ingest_in_flight_runs") == 0).then_some(())
    });
    while_it_lasts(fault_lasts(1, 60), || {});
    let dropped = exporter.metrics().sum("weir_exporter_output_dropped_records_total");
    assert_eq!(dropped, RECORDS, "each record that the dead one did not get is counted");

    // It comes back, and gets what comes from then on.
    dead.set(TcpMode::Reading);
    wait_for("the exporter to connect", || (dead.connections() > 0).then_some(()));
    corpus.write(RECORDS..2 * RECORDS, 5_000);
    of_living.wait_for_all();
    of_dead.wait_for(RECORDS);
    pipeline.end();
    report("drop, the living", of_living.verdict().is_exact());
    let of_dead = of_dead.verdict();
    report("drop, the dead", of_dead.is_sound());
    assert_eq!((of_dead.missing, of_dead.repeated), (RECORDS, 0));
    assert_eq!(living.dropped(), 0);
}

#[test]
fn a_dead_collector_with_wait_keeps_runs_from_being_committed() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 5_000);
    let (living, dead) = (UdpCollector::open(), TcpCollector::open(TcpMode::Refusing));
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&living.url(), "records_per_second = 20000")
        .collector(&dead.url(), "when_down = \"wait\"");
    let mut pipeline = plan.start(2);
    let mut of_living = Oracle::new(&corpus, 0..RECORDS, living.arrivals());
    let mut of_dead = Oracle::new(&corpus, 0..RECORDS, dead.arrivals());
    // The budgets have room for all of it: the living collector is not stopped.
    of_living.wait_for_all();
    let (tail, exporter) = (&pipeline.tail, &pipeline.exporter);
    while_it_lasts(fault_lasts(2, 60), || {
        assert_eq!(tail.metrics().sum("weir_ingest_committed_runs_total"), 0);
    });
    assert_eq!(exporter.metrics().sum("weir_exporter_output_dropped_records_total"), 0);
    dead.set(TcpMode::Reading);
    of_dead.wait_for_all();
    pipeline.end();
    report("wait, the living", of_living.verdict().is_exact());
    report("wait, the dead", of_dead.verdict().is_exact());
    assert_eq!(living.dropped(), 0);
}
