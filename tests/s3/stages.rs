//! `weir run` with queues, and with a folder beside them.

use weir_tests::{Corpus, Oracle, Plan, TcpCollector, TcpMode, gzip, wait_for};

use crate::cloud::{BUCKET, Cloud, key};

const OBJECTS: u64 = 20;
const LINES: u64 = 500;
/// The folder has as many lines as the objects have.
const RECORDS: u64 = 2 * OBJECTS * LINES;

#[test]
fn one_process_reads_a_folder_and_queues_and_goes_on_after_a_restart() {
    let corpus = Corpus::new();
    let cloud = Cloud::open(0);
    let collector = TcpCollector::open(TcpMode::Reading);
    corpus.write(RECORDS / 2..RECORDS, LINES);
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "records_per_second = 5000")
        .exporter("in_flight = \"1MiB\"\nheld = \"1MiB\"")
        .enricher("in_flight = \"1MiB\"")
        .sections(&format!(
            "[ingest_s3]\nvisibility_timeout = \"10s\"\nin_flight = \"1MiB\"\n{}{}",
            cloud.queue_keys(),
            cloud.sections()
        ))
        .store();
    for number in 0..OBJECTS {
        let text = corpus.text(number * LINES..(number + 1) * LINES);
        cloud.put(BUCKET, &key(number), gzip(text));
    }
    let mut process = plan.start_one_process();
    process.wait_until_serving();
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for(RECORDS / 4);
    process.wait_until_logged("the queue has no redrive policy");
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    assert!(oracle.verdict().missing > 0, "there was no load left");
    let mut process = plan.start_one_process();
    oracle.wait_for_all();
    wait_for("the queue to be empty", || (cloud.messages() == (0, 0)).then_some(()));
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    oracle.verdict().is_exact();
}
