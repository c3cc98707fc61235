//! `weir run` with log groups, and with a folder beside them.

use weir_tests::{Corpus, Oracle, Plan, TcpCollector, TcpMode};

use crate::cloud::Cloud;

/// The folder has as many lines as the groups have.
const RECORDS: u64 = 20_000;

#[test]
fn one_process_reads_a_folder_and_log_groups_and_goes_on_after_a_restart() {
    let (corpus, cloud) = (Corpus::new(), Cloud::open());
    let collector = TcpCollector::open(TcpMode::Reading);
    cloud.put(&corpus, 0..RECORDS / 2);
    corpus.write(RECORDS / 2..RECORDS, 500);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 4000")
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"")
        .enricher("in_flight = \"1MiB\"")
        .tail(&cloud.sections("in_flight = \"1MiB\""))
        .store();
    let mut process = plan.start_one_process();
    process.wait_until_serving();
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 4);
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    assert!(oracle.verdict().missing > 0, "there was no load left");
    let mut process = plan.start_one_process();
    oracle.wait_for_all();
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    oracle.verdict().is_exact();
}
