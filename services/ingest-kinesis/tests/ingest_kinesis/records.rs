//! Records of every form, read once each.

use md5::{Digest as _, Md5};

use crate::sandbox::{Sandbox, batch, gzip};

const PROBE: &str = "{\"messageType\":\"CONTROL_MESSAGE\",\"owner\":\"CloudwatchLogs\",\
                     \"logGroup\":\"\",\"logStream\":\"\",\"logEvents\":[{\"id\":\"\",\
                     \"timestamp\":1,\"message\":\"CWL CONTROL MESSAGE\"}]}";

/// An aggregate of the Kinesis Producer Library: one key, records of less than 128 octets.
fn aggregate(key: &str, records: &[&str]) -> Vec<u8> {
    let field = |tag: u8, value: &[u8]| [&[tag, value.len() as u8], value].concat();
    let mut message = field(0x0a, key.as_bytes());
    for record in records {
        let data = field(0x1a, record.as_bytes());
        message.extend(field(0x1a, &[&[8, 0], &data[..]].concat()));
    }
    let checksum = Md5::digest(&message);
    [&[0xf3, 0x89, 0x9a, 0xc2][..], &message, checksum.as_slice()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_of_every_form_are_read_once() {
    let sandbox = Sandbox::with_shards(1).await;
    let mut expected = sandbox.put_batches(0..3).await;
    let lines: Vec<_> = ["2 a", "2 b"].map(str::to_owned).into();
    let events = [(1000, &lines[0]), (1001, &lines[1])];
    sandbox.put("k", batch(events.into_iter()).into_bytes()).await;
    sandbox.put("k", gzip(PROBE)).await;
    sandbox.put("k", b"2 plain\n2 lines".to_vec()).await;
    sandbox.put("k", aggregate("k", &["2 kpl1", "2 kpl2"])).await;
    sandbox.put("k", b"{\"message\":\"2 firehose\"}\n{\"message\":\"2 hose\"}\n".to_vec()).await;
    sandbox.put("k", vec![0, 1, 2]).await;
    sandbox.put("k", b"2 last".to_vec()).await;
    let more = ["2 a", "2 b", "2 plain", "2 lines", "2 kpl1", "2 kpl2", "2 firehose", "2 hose"];
    expected.extend(more.map(str::to_owned));
    expected.push("2 last".to_owned());
    let worker = sandbox.worker("a");
    sandbox.delivered.wait_for(&expected).await;
    let report = worker.stop().await;
    assert!(report.is_clean());
    let lines = sandbox.delivered.lines();
    assert_eq!(lines.len(), expected.len());
    assert!(lines.values().all(|count| *count == 1), "{lines:?}");
    assert!(report.status.last_error.contains("neither JSON nor text"), "{:?}", report.status);
    // All is committed: another worker finds nothing more.
    let again = sandbox.worker("b");
    let next = sandbox.put_batches(10..11).await;
    sandbox.delivered.wait_for(&next).await;
    assert_eq!(sandbox.delivered.repeated(), 0);
    assert!(again.stop().await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shard_of_probes_alone_is_checkpointed() {
    let sandbox = Sandbox::with_shards(1).await;
    sandbox.put("k", gzip(PROBE)).await;
    let worker = sandbox.worker("a");
    let is_past = |leases: &[(_, weir_lease::LeaseRecord)]| {
        leases.iter().any(|(_, record)| !record.checkpoint.is_initial())
    };
    sandbox.wait_for_leases("a checkpoint behind the probe", is_past).await;
    assert!(worker.stop().await.is_clean());
    assert!(sandbox.delivered.runs().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_events_that_come_twice_are_delivered_once() {
    let sandbox = Sandbox::with_shards(1).await;
    let first = sandbox.put_batches(0..5).await;
    sandbox.put_batches(0..5).await;
    let last = sandbox.put_batches(7..8).await;
    let worker = sandbox.worker("a");
    sandbox.delivered.wait_for(&[first, last].concat()).await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
}
