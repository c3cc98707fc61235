//! Workers that come, go and fail.

use weir_ingest::End;
use weir_testkit::wait_for_async;

use crate::sandbox::Sandbox;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_share_a_stream_and_a_rolling_restart_repeats_nothing() {
    let sandbox = Sandbox::with_shards(4).await;
    let first = sandbox.worker("a");
    let mut expected = sandbox.put_batches(0..20).await;
    sandbox.delivered.wait_for(&expected).await;
    let second = sandbox.worker("b");
    sandbox
        .wait_for_leases("two for each", |leases| {
            let of = |worker| {
                leases.iter().filter(|(_, record)| record.owner.as_deref() == Some(worker)).count()
            };
            of("a") == 2 && of("b") == 2
        })
        .await;
    expected.extend(sandbox.put_batches(20..40).await);
    let (report, more) = tokio::join!(first.stop(), sandbox.put_batches(40..60));
    assert!(report.is_clean());
    expected.extend(more);
    let third = sandbox.worker("c");
    let (report, more) = tokio::join!(second.stop(), sandbox.put_batches(60..80));
    assert!(report.is_clean());
    expected.extend(more);
    sandbox.delivered.wait_for(&expected).await;
    assert!(matches!(third.stop().await.end, End::Drained));
    assert_eq!(sandbox.delivered.lines().len(), expected.len());
    assert_eq!(sandbox.delivered.repeated(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_worker_had_not_committed_is_read_again() {
    let sandbox = Sandbox::with_shards(2).await;
    let first = sandbox.worker("a");
    let mut expected = sandbox.put_batches(0..10).await;
    sandbox.delivered.wait_for(&expected).await;
    sandbox
        .wait_for_leases("checkpoints", |leases| {
            leases.iter().all(|(_, record)| !record.checkpoint.is_initial())
        })
        .await;
    first.commits.send_replace(false);
    expected.extend(sandbox.put_batches(10..20).await);
    sandbox.delivered.wait_for(&expected).await;
    first.kill().await;
    let second = sandbox.worker("b");
    let again = async || (sandbox.delivered.repeated() >= 100).then_some(());
    wait_for_async("what was not committed to come again", again).await;
    assert!(second.stop().await.is_clean());
    assert_eq!(sandbox.delivered.lines().len(), expected.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_committed_that_the_exporter_has_not_committed() {
    let sandbox = Sandbox::with_shards(1).await;
    let worker = sandbox.worker("a");
    worker.commits.send_replace(false);
    let expected = sandbox.put_batches(0..5).await;
    sandbox.delivered.wait_for(&expected).await;
    let leases = sandbox.leases().await;
    assert!(leases.iter().all(|(_, record)| record.checkpoint.is_initial()), "{leases:?}");
    worker.commits.send_replace(true);
    sandbox
        .wait_for_leases("a checkpoint", |leases| {
            leases.iter().all(|(_, record)| !record.checkpoint.is_initial())
        })
        .await;
    assert!(worker.stop().await.is_clean());
}
