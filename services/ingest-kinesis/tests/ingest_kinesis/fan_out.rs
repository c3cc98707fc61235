//! Enhanced fan-out against a simulator.

use std::sync::Arc;
use std::time::Duration;

use weir_testkit::{KinesisServer, wait_for_async};

use crate::sandbox::{CONSUMER, STREAM, Sandbox, fanned_out, stream};

impl Sandbox {
    async fn stream_arn(&self) -> String {
        let summary = self.client.describe_stream_summary().stream_name(STREAM).send().await;
        summary.unwrap().stream_description_summary.unwrap().stream_arn
    }

    /// The ARNs of the consumers of the stream.
    async fn consumers(&self) -> Vec<String> {
        let list = self.client.list_stream_consumers().stream_arn(self.stream_arn().await);
        let list = list.send().await.unwrap();
        list.consumers().iter().map(|consumer| consumer.consumer_arn().to_owned()).collect()
    }

    async fn wait_for_a_consumer(&self) -> String {
        wait_for_async("a consumer", async || self.consumers().await.pop()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_pushed_where_a_poll_would_come_too_late() {
    let sandbox = Sandbox::with_shards(2).await;
    // Two polls lie further apart than anything is waited for.
    let hour = |config: &mut weir_ingest_kinesis::KinesisConfig| {
        config.idle = Duration::from_secs(3600);
    };
    let worker = sandbox.worker_with("a", fanned_out(), hour);
    let mut expected = sandbox.put_batches(0..10).await;
    sandbox.delivered.wait_for(&expected).await;
    for step in 1..5 {
        expected.extend(sandbox.put_batches(step * 10..step * 10 + 10).await);
        sandbox.delivered.wait_for(&expected).await;
    }
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
    let consumers = sandbox.consumers().await;
    assert_eq!(consumers.len(), 1);
    assert!(consumers[0].contains(&format!("/consumer/{CONSUMER}:")), "{consumers:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_switched_to_and_fro_in_full_flow() {
    let server = KinesisServer::start_with_subscriptions_of(Duration::from_millis(400));
    let sandbox = Sandbox::in_simulator(server, 4).await;
    let worker = sandbox.worker("a");
    let mut expected = sandbox.put_batches(0..20).await;
    for step in 1..9 {
        let next = if step % 2 == 1 { fanned_out() } else { stream() };
        worker.streams.send_replace(Arc::from([next]));
        expected.extend(sandbox.put_batches(step * 20..step * 20 + 10).await);
        sandbox.delivered.wait_for(&expected[..expected.len() / 2]).await;
        expected.extend(sandbox.put_batches(step * 20 + 10..step * 20 + 20).await);
    }
    sandbox.delivered.wait_for(&expected).await;
    // It keeps its leases over all that.
    let leases = sandbox.leases().await;
    assert!(leases.iter().all(|(_, record)| record.fence == 1), "{leases:?}");
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.lines().len(), expected.len());
    assert_eq!(sandbox.delivered.repeated(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscriptions_that_end_are_followed_by_others() {
    let server = KinesisServer::start_with_subscriptions_of(Duration::from_millis(300));
    let sandbox = Sandbox::in_simulator(server, 2).await;
    let worker = sandbox.worker_of("a", fanned_out());
    sandbox.wait_for_a_consumer().await;
    let mut expected = Vec::new();
    for step in 0..20 {
        expected.extend(sandbox.put_batches(step * 5..step * 5 + 5).await);
        sandbox.delivered.wait_for(&expected).await;
    }
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_somebody_takes_away_is_registered_again() {
    let server = KinesisServer::start_with_subscriptions_of(Duration::from_millis(300));
    let sandbox = Sandbox::in_simulator(server, 2).await;
    let worker = sandbox.worker_of("a", fanned_out());
    let arn = sandbox.wait_for_a_consumer().await;
    let mut expected = sandbox.put_batches(0..10).await;
    sandbox.delivered.wait_for(&expected).await;
    let deregister = sandbox.client.deregister_stream_consumer().consumer_arn(&arn);
    deregister.send().await.unwrap();
    expected.extend(sandbox.put_batches(10..20).await);
    sandbox.delivered.wait_for(&expected).await;
    let again = async || sandbox.consumers().await.pop().filter(|found| *found != arn);
    wait_for_async("another consumer", again).await;
    expected.extend(sandbox.put_batches(20..30).await);
    sandbox.delivered.wait_for(&expected).await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_share_a_consumer_and_hand_shards_over() {
    let sandbox = Sandbox::with_shards(4).await;
    let first = sandbox.worker_of("a", fanned_out());
    let mut expected = sandbox.put_batches(0..20).await;
    sandbox.delivered.wait_for(&expected).await;
    let second = sandbox.worker_of("b", fanned_out());
    sandbox
        .wait_for_leases("two for the second", |leases| {
            leases.iter().filter(|(_, record)| record.owner.as_deref() == Some("b")).count() == 2
        })
        .await;
    expected.extend(sandbox.put_batches(20..40).await);
    let (report, more) = tokio::join!(first.stop(), sandbox.put_batches(40..60));
    assert!(report.is_clean());
    expected.extend(more);
    sandbox.delivered.wait_for(&expected).await;
    assert!(second.stop().await.is_clean());
    assert_eq!(sandbox.delivered.repeated(), 0);
    assert_eq!(sandbox.consumers().await.len(), 1);
}
