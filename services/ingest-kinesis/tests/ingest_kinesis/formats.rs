//! Batches of a log group whose flow logs have several formats, as discovery learns of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_ingest_kinesis::StreamConfig;
use weir_inventory::log_formats::KnownFormats;
use weir_testkit::{known_formats, wait_for_async};

use crate::sandbox::{ACCOUNT, REGION, Sandbox, batch_of, gzip, stream};

/// Flow logs of interfaces that write to the group of the batches, each with its format.
fn known(flow_logs: &[(&str, &str)]) -> Option<Arc<KnownFormats>> {
    Some(known_formats(ACCOUNT, REGION, "/vpc/flows", flow_logs))
}

/// Puts a batch of one line.
async fn put(sandbox: &Sandbox, log_stream: &str, number: u32, line: &str) {
    let line = line.to_owned();
    sandbox.put("k", gzip(&batch_of(log_stream, [(number, &line)].into_iter()))).await;
}

/// The fields of each line, and its flow log.
fn formats(sandbox: &Sandbox) -> BTreeMap<String, (String, Option<String>)> {
    let runs = sandbox.delivered.runs().into_iter();
    let read = runs.map(|run| {
        let text = String::from_utf8(run.text.to_vec()).unwrap();
        (text.trim_end().to_owned(), (run.format.to_string(), run.origin.flow_log_id.clone()))
    });
    read.collect()
}

fn of(format: &str, flow_log: &str) -> (String, Option<String>) {
    (format.to_owned(), Some(flow_log.to_owned()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_are_read_by_the_flow_logs_of_their_interfaces() {
    let sandbox = Sandbox::with_shards(1).await;
    sandbox.formats.send_replace(known(&[("eni-a", "start end"), ("eni-b", "end start")]));
    put(&sandbox, "eni-a-all", 1, "1 2").await;
    put(&sandbox, "eni-b-reject", 2, "3 4").await;
    // An interface that no sweep has seen: nothing tells which it is.
    put(&sandbox, "eni-c-all", 3, "5 6").await;
    let worker = sandbox.worker_of("a", StreamConfig { log_format: None, ..stream() });
    sandbox.delivered.wait_for(&["1 2", "3 4", "5 6"].map(str::to_owned)).await;
    assert_eq!(worker.status().log_formats, ["start end", "end start"]);
    let found = formats(&sandbox);
    assert_eq!(found["1 2"], of("start end", "fl-of-eni-a"));
    assert_eq!(found["3 4"], of("end start", "fl-of-eni-b"));
    assert_eq!(found["5 6"], (String::new(), None));
    assert!(worker.stop().await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_whose_format_nobody_knows_waits_with_all_behind_it() {
    let sandbox = Sandbox::with_shards(1).await;
    put(&sandbox, "eni-a-all", 1, "1 2").await;
    sandbox.put("k", b"a plain line".to_vec()).await;
    let worker = sandbox.worker_of("a", StreamConfig { log_format: None, ..stream() });
    wait_for_async("the error to be shown", async || {
        let words = "the log group /vpc/flows of account 111122223333 are not known";
        worker.status().last_error.contains(words).then_some(())
    })
    .await;
    assert!(sandbox.delivered.runs().is_empty());
    sandbox.formats.send_replace(known(&[("eni-a", "start end")]));
    sandbox.delivered.wait_for(&["1 2", "a plain line"].map(str::to_owned)).await;
    assert_eq!(formats(&sandbox)["1 2"], of("start end", "fl-of-eni-a"));
    assert_eq!(sandbox.delivered.repeated(), 0);
    assert!(worker.stop().await.is_clean());
}
