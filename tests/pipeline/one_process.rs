//! `weir run`: the same stages in one process.

use weir_tests::{Corpus, Oracle, Plan, TcpCollector, TcpMode, UdpCollector};

use crate::support::report;

const RECORDS: u64 = 60_000;

#[test]
fn all_stages_in_one_process_deliver_the_same() {
    let corpus = Corpus::new();
    corpus.write(0..RECORDS, 6_000);
    let (udp, tcp) = (UdpCollector::open(), TcpCollector::open(TcpMode::Reading));
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&udp.url(), "records_per_second = 30000")
        .collector(&tcp.url(), "")
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"")
        .enricher("in_flight = \"1MiB\"")
        .tail("in_flight = \"1MiB\"")
        .store();
    let mut process = plan.start_one_process();
    process.wait_until_serving();
    let mut over_udp = Oracle::new(&corpus, 0..RECORDS, udp.arrivals());
    let mut over_tcp = Oracle::new(&corpus, 0..RECORDS, tcp.arrivals());
    over_udp.wait_for(RECORDS / 3);
    // It is stopped in full flow, and goes on where it was.
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    assert!(over_udp.verdict().missing > 0, "there was no load left");
    let mut process = plan.start_one_process();
    over_udp.wait_for_all();
    over_tcp.wait_for_all();
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    report("one process, udp", over_udp.verdict().is_exact());
    report("one process, tcp", over_tcp.verdict().is_exact());
    assert_eq!(udp.dropped(), 0);
}
