//! Flow logs that a better source has.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use weir_ingest_s3::{BetterSource, Coverage, Decision};
use weir_testkit::Answer;

use crate::messages::endpoint;
use crate::setup::{Messages, Setup, created, deleted, double, gzip, key, put, text, wait_for};

/// Everything is covered from a time on.
struct CoveredSince(SystemTime, Mutex<Vec<String>>);

impl Coverage for CoveredSince {
    fn decide(&self, flow_log_id: &str, time: SystemTime) -> Decision {
        self.1.lock().unwrap().push(flow_log_id.to_owned());
        if time < self.0 { Decision::Export } else { Decision::Skip(BetterSource::Kinesis) }
    }
}

fn name(flow_log: &str, time: &str) -> String {
    key(&format!("111122223333_vpcflowlogs_eu-west-1_{flow_log}_{time}_0a1b2c3d.log.gz"))
}

#[tokio::test]
async fn covered_objects_are_skipped_by_flow_log_and_time_and_unknown_flow_logs_never() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let before = name("fl-1", "20260102T0300Z");
    let after = name("fl-2", "20260102T0305Z");
    let unknown = key("renamed.log.gz");
    for (id, key) in [("before", &before), ("after", &after), ("unknown", &unknown)] {
        put(&aws, key, Answer::octets(gzip(&text(id, 4))));
        messages.send(id, &created(&[key]));
    }
    let switched = UNIX_EPOCH + Duration::from_secs(1_767_323_100);
    let coverage = Arc::new(CoveredSince(switched, Mutex::default()));
    let setup = Setup { coverage: Arc::clone(&coverage) as _, ..Setup::new(endpoint(&aws)) };
    let running = setup.start();
    wait_for("all to be deleted", || deleted(&aws).len() == 3).await;
    let lines = running.recorder.lines();
    assert_eq!(lines.len(), 8);
    assert!(!lines.keys().any(|line| line.contains("eni-after")));
    assert_eq!(*coverage.1.lock().unwrap(), ["fl-1", "fl-2"]);
    running.ends_well().await;
}
