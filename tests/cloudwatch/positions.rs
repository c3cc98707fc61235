//! A log group that is read again from a position that a person sets.

use std::fs;

use serde_json::json;
use weir_tests::{AdminClient, Corpus, Oracle, Plan, TcpCollector, TcpMode, wait_for};

use crate::cloud::Cloud;

const RECORDS: u64 = 8_000;

#[test]
fn what_a_group_got_since_a_time_that_is_set_is_exported_again_and_nothing_else() {
    let (corpus, cloud) = (Corpus::new(), Cloud::open());
    let collector = TcpCollector::open(TcpMode::Reading);
    cloud.put(&corpus, 0..RECORDS);
    fs::create_dir_all(corpus.folder()).unwrap();
    let plan = Plan::new(&corpus.inventory(), &corpus.folder())
        .collector(&collector.url(), "")
        .tail(&cloud.sections(""))
        .store();
    let mut process = plan.start_one_process();
    process.wait_until_serving();
    let client = AdminClient::of(&process);
    let mut oracle = Oracle::new(&corpus, 0..RECORDS, collector.arrivals());
    oracle.wait_for_all();
    let leases = client.leases();
    assert_eq!(leases.len(), 4);
    let lease = &leases[1];
    assert_eq!((&lease["kind"], &lease["part"]), (&json!("cloudwatch"), &json!("all")));
    let since = cloud.ingested(RECORDS / 2, RECORDS);
    let time = jiff::Timestamp::from_millisecond(i64::try_from(since).unwrap()).unwrap();
    let wrong = json!({"id": lease["id"], "position": since.to_string()});
    let refused = client.fail("IngestService/SetPosition", &wrong);
    assert!(refused.contains("InvalidArgument") && refused.contains("RFC 3339"), "{refused}");
    let request = json!({"id": lease["id"], "position": time.to_string()});
    let set = client.call("IngestService/SetPosition", &request);
    assert_eq!((&set["lease"]["owner"], &set["lease"]["timesSet"]), (&json!(""), &json!("1")));

    // The second of the groups has every fourth line.
    let again = (0..RECORDS).filter(|number| number % 4 == 1);
    let again: Vec<_> = again.filter(|it| cloud.ingested(*it, RECORDS) >= since).collect();
    wait_for("the lines to come again", || {
        (oracle.verdict().repeated >= again.len() as u64).then_some(())
    });
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    oracle.verdict().is_complete();
    assert_eq!(oracle.repeated(), again);
    // What was exported again is known after a restart too.
    let mut process = plan.start_one_process();
    process.wait_until_serving();
    let client = AdminClient::of(&process);
    wait_for("the groups to be read", || {
        let leases = client.leases();
        leases.iter().all(|lease| lease["lag"].is_string()).then_some(())
    });
    assert_eq!(process.terminate(), Some(0), "{}", process.log());
    assert_eq!(oracle.verdict().repeated, again.len() as u64);
}
