//! Where a stream begins, and when it does not.

use std::sync::Arc;

use weir_ingest::End;
use weir_ingest_kinesis::StreamConfig;
use weir_lease::InitialPosition;
use weir_store::MemoryStore;

use crate::sandbox::{Sandbox, stream};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_without_leases_is_refused_unless_it_may_begin() {
    let sandbox = Sandbox::with_shards(1).await;
    sandbox.put_batches(0..2).await;
    let worker = sandbox.worker_of("a", StreamConfig { begin: false, ..stream() });
    let End::Fatal(error) = worker.end().await.end else { panic!("it did not end") };
    let text = error.describe();
    assert!(text.contains("the store has no leases of"), "{text}");
    assert!(sandbox.delivered.runs().is_empty() && sandbox.leases().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_begun_goes_on_without_being_told_again() {
    let mut sandbox = Sandbox::with_shards(1).await;
    let first = sandbox.put_batches(0..2).await;
    let worker = sandbox.worker("a");
    sandbox.delivered.wait_for(&first).await;
    assert!(worker.stop().await.is_clean());
    let next = sandbox.put_batches(2..4).await;
    let worker = sandbox.worker_of("b", StreamConfig { begin: false, ..stream() });
    sandbox.delivered.wait_for(&next).await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
    // The store loses everything.
    sandbox.store = Arc::new(MemoryStore::default());
    let worker = sandbox.worker_of("c", StreamConfig { begin: false, ..stream() });
    assert!(matches!(worker.end().await.end, End::Fatal(_)));
    assert_eq!(sandbox.delivered.repeated(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn latest_loses_nothing_between_two_workers() {
    let sandbox = Sandbox::with_shards(2).await;
    let latest = || StreamConfig { initial: InitialPosition::Latest, ..stream() };
    let worker = sandbox.worker_of("a", latest());
    sandbox
        .wait_for_leases("the stream to begin", |leases| {
            leases.len() == 2 && leases.iter().all(|(_, record)| record.owner.is_some())
        })
        .await;
    // Nothing came: there is no checkpoint to go on from.
    assert!(worker.stop().await.is_clean());
    let meanwhile = sandbox.put_batches(0..4).await;
    let worker = sandbox.worker_of("b", latest());
    sandbox.delivered.wait_for(&meanwhile).await;
    assert!(worker.stop().await.is_clean());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_no_longer_configured_is_given_back() {
    let sandbox = Sandbox::with_shards(2).await;
    let first = sandbox.put_batches(0..4).await;
    let worker = sandbox.worker("a");
    sandbox.delivered.wait_for(&first).await;
    worker.streams.send_replace(Arc::from([]));
    sandbox
        .wait_for_leases("the leases to be given back", |leases| {
            leases.iter().all(|(_, record)| record.owner.is_none())
        })
        .await;
    worker.streams.send_replace(Arc::from([stream()]));
    let next = sandbox.put_batches(4..8).await;
    sandbox.delivered.wait_for(&next).await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
}
