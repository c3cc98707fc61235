//! The exporter is gone in full flow and comes back at its address.

use std::time::Duration;

use weir_tests::{
    Corpus, Oracle, Plan, TcpCollector, TcpMode, UdpCollector, free_tcp_port, wait_for,
};

use crate::support::{LINE, MIB, RUN, report, while_it_lasts};

const RECORDS: u64 = 60_000;

#[test]
fn nothing_is_missing_and_each_session_starts_with_its_templates_and_sequence_0() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    let (udp, tcp) = (UdpCollector::open(), TcpCollector::open(TcpMode::Reading));
    let budgets = "in_flight = \"1MiB\"\nheld = \"2MiB\"";
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&udp.url(), "records_per_second = 15000")
        .collector(&tcp.url(), "records_per_second = 15000")
        .exporter(budgets)
        .tail("in_flight = \"1MiB\"");
    let listen = format!("127.0.0.1:{}", free_tcp_port());
    let exporter = plan.start_exporter_at(&listen);
    let number = |number| plan.start_enricher(number, &exporter.data_url());
    let mut enrichers: Vec<_> = (1..=2).map(number).collect();
    let targets: Vec<_> = enrichers.iter().map(|enricher| enricher.data_url()).collect();
    let mut tail = plan.start_tail(&targets);
    let mut over_udp = Oracle::new(&corpus, 0..RECORDS, udp.arrivals());
    let mut over_tcp = Oracle::new(&corpus, 0..RECORDS, tcp.arrivals());
    over_udp.wait_for(RECORDS / 4);
    exporter.kill();
    let mut exporter = plan.start_exporter_at(&listen);

    over_udp.wait_for_all();
    over_tcp.wait_for_all();
    for service in [&mut tail].into_iter().chain(&mut enrichers).chain([&mut exporter]) {
        assert_eq!(service.terminate(), Some(0), "{}", service.log());
    }
    // What the exporter had written of runs that it had not answered, and answers on their way.
    let most = (3 * MIB + 2 * RUN) / LINE;
    for (name, verdict) in [("udp", over_udp.verdict()), ("tcp", over_tcp.verdict())] {
        report(&format!("exporter killed, {name}"), verdict.is_complete());
        assert_eq!(verdict.sessions, 2, "{name}");
        assert!(verdict.repeated <= most, "{name}: {} above {most}", verdict.repeated);
    }
    assert_eq!(udp.dropped(), 0);
}

#[test]
fn runs_that_a_dead_exporter_had_accepted_are_read_again() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    // It takes no connection, so that the exporter has to hold what it accepts.
    let collector = TcpCollector::open(TcpMode::Refusing);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder()).collector(&collector.url(), "");
    let listen = format!("127.0.0.1:{}", free_tcp_port());
    let exporter = plan.start_exporter_at(&listen);
    let mut enricher = plan.start_enricher(1, &exporter.data_url());
    let mut tail = plan.start_tail(&[enricher.data_url()]);
    wait_for("all runs to be accepted", || {
        let is_read = tail.metrics().sum("weir_ingest_read_runs_total") > 0;
        let left = tail.metrics().sum("weir_ingest_in_flight_bytes");
        let held = exporter.metrics().sum("weir_exporter_held_bytes");
        (is_read && left == 0 && held > 0).then_some(())
    });
    exporter.kill();
    collector.set(TcpMode::Reading);
    let mut exporter = plan.start_exporter_at(&listen);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for_all();
    assert!(tail.metrics().sum("weir_ingest_rewinds_total") > 0);
    for service in [&mut tail, &mut enricher, &mut exporter] {
        assert_eq!(service.terminate(), Some(0), "{}", service.log());
    }
    report("accepted runs lost", oracle.verdict().is_exact());
}

#[test]
fn an_enricher_without_its_exporter_says_so_once() {
    const WORDS: &str = "layouts are not known";
    let corpus = Corpus::new();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder());
    let enricher = plan.start_enricher(1, &format!("http://127.0.0.1:{}", free_tcp_port()));
    enricher.wait_until_logged(WORDS);
    // It asks twice a second.
    while_it_lasts(Duration::from_secs(2), || assert_eq!(enricher.logged(WORDS).len(), 1));
}
