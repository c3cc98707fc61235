//! An account whose access changes while its stream is read.

use std::sync::Arc;

use weir_aws::{Accounts, AwsConfig, Role};
use weir_ingest_kinesis::StreamConfig;
use weir_testkit::wait_for_async;

use crate::double::{line, nothing, scripted};
use crate::sandbox::{ACCOUNT, KEY, Sandbox, Worker, accounts, accounts_with, own_keys, stream};

/// The account by a role that asks for this external id, which the first user assumes.
fn by_role(sandbox: &Sandbox, external_id: &str) -> Arc<Accounts> {
    let roles = Role::list(&format!("{},{external_id}", role())).unwrap();
    let of_key = accounts(&sandbox.aws.url(), &sandbox.kinesis);
    let config = AwsConfig { roles, ..of_key.config().clone() };
    Arc::new(Accounts::with_own_credentials(config, own_keys(KEY)))
}

fn role() -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/reader")
}

/// The access key of the newest call of GetRecords.
fn reads_as(sandbox: &Sandbox) -> String {
    let calls = sandbox.aws.calls_of("kinesis", "GetRecords");
    calls.last().map(|call| call.access_key.clone()).unwrap_or_default()
}

/// Waits until it is read with another access key than this one.
async fn wait_for_another(sandbox: &Sandbox, than: &str) -> String {
    wait_for_async("another access key", async || {
        Some(reads_as(sandbox)).filter(|key| !key.is_empty() && key != than)
    })
    .await
}

/// The next read has this line.
async fn read_line(sandbox: &Sandbox, sequence: u64) {
    let text = format!("2 line {sequence}");
    sandbox.aws.on("kinesis", "GetRecords").times(1).answer(line(sequence, &text));
    sandbox.delivered.wait_for(&[text]).await;
}

/// A worker that has read a line with the first user's key.
async fn reading() -> (Sandbox, Worker) {
    let sandbox = scripted().await;
    sandbox.aws.on("kinesis", "GetRecords").answer(nothing());
    let worker = sandbox.worker("a");
    read_line(&sandbox, 1).await;
    (sandbox, worker)
}

/// It was read on from where it was, under the same lease, and nothing came twice.
async fn assert_unbroken(sandbox: &Sandbox, worker: Worker) {
    let fences: Vec<_> = sandbox.leases().await.iter().map(|(_, lease)| lease.fence).collect();
    assert_eq!(fences, [1]);
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.aws.calls_of("kinesis", "GetShardIterator").len(), 1);
    assert_eq!(sandbox.delivered.repeated(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_goes_on_with_an_access_key_that_replaces_another() {
    let (sandbox, worker) = reading().await;
    let first = reads_as(&sandbox);
    sandbox.aws.add_user("AKIASECOND", ACCOUNT, "weir");
    let second = accounts_with(&sandbox.aws.url(), &sandbox.kinesis, "AKIASECOND");
    sandbox.accounts.send_replace(Some(Arc::new(second)));
    assert_eq!(wait_for_another(&sandbox, &first).await, "AKIASECOND");
    sandbox.aws.remove_key(&first);
    read_line(&sandbox, 2).await;
    assert_unbroken(&sandbox, worker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn so_does_one_that_was_configured_anew_while_it_was_read() {
    let (sandbox, worker) = reading().await;
    let first = reads_as(&sandbox);
    let described = || sandbox.aws.calls_of("kinesis", "DescribeStreamSummary").len();
    let before = described();
    let anew = StreamConfig { begin: false, ..stream() };
    worker.streams.send_replace(Arc::from([anew]));
    wait_for_async("the stream to be described", async || (described() > before).then_some(()))
        .await;
    sandbox.aws.add_user("AKIASECOND", ACCOUNT, "weir");
    let second = accounts_with(&sandbox.aws.url(), &sandbox.kinesis, "AKIASECOND");
    sandbox.accounts.send_replace(Some(Arc::new(second)));
    assert_eq!(wait_for_another(&sandbox, &first).await, "AKIASECOND");
    read_line(&sandbox, 2).await;
    assert_unbroken(&sandbox, worker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_goes_on_by_a_role_and_with_its_external_id_as_these_are_at_each_time() {
    let (sandbox, worker) = reading().await;
    let first = reads_as(&sandbox);
    let with = |external_id| weir_testkit::Role::new(&role()).with_external_id(external_id);
    sandbox.aws.add_role(with("id-1"));
    sandbox.accounts.send_replace(Some(by_role(&sandbox, "id-1")));
    let session = wait_for_another(&sandbox, &first).await;
    assert!(session.starts_with("ASIA"), "{session}");
    read_line(&sandbox, 2).await;

    // An external id that the role does not accept: it is told, and the session goes on.
    sandbox.accounts.send_replace(Some(by_role(&sandbox, "wrong")));
    wait_for_async("the refusal to be shown", async || {
        worker.status().last_error.contains("cannot be assumed").then_some(())
    })
    .await;
    read_line(&sandbox, 3).await;
    sandbox.aws.add_role(with("id-2"));
    sandbox.accounts.send_replace(Some(by_role(&sandbox, "id-2")));
    let next = wait_for_another(&sandbox, &session).await;
    assert!(next.starts_with("ASIA"), "{next}");
    read_line(&sandbox, 4).await;
    assert_unbroken(&sandbox, worker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_stays_in_its_account_when_another_is_the_first_by_now() {
    let (sandbox, worker) = reading().await;
    let first = reads_as(&sandbox);
    sandbox.aws.add_user("AKIAELSEWHERE", "444455556666", "weir");
    let elsewhere = accounts_with(&sandbox.aws.url(), &sandbox.kinesis, "AKIAELSEWHERE");
    sandbox.accounts.send_replace(Some(Arc::new(elsewhere)));
    wait_for_async("its account to be missed", async || {
        worker.status().last_error.contains(&format!("the account {ACCOUNT}")).then_some(())
    })
    .await;
    read_line(&sandbox, 2).await;
    let calls = sandbox.aws.calls_of("kinesis", "*");
    assert!(calls.iter().all(|call| call.access_key == first));
    assert_unbroken(&sandbox, worker).await;
}
