//! The whole way of a log event in moto: PutLogEvents, a subscription filter, a stream.

use std::time::SystemTime;

use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use weir_testkit::MotoServer;

use crate::sandbox::{REGION, STREAM, Sandbox, accounts};

const GROUP: &str = "/vpc/flows";
const LOG_STREAM: &str = "eni-0a1b2c3d4e5f67890-all";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn log_events_come_through_a_subscription() {
    let moto = MotoServer::start();
    let sandbox = Sandbox::at(moto.url(), None).await;
    let create = sandbox.client.create_stream().stream_name(STREAM).shard_count(2);
    create.send().await.unwrap();
    sandbox.wait_until_active().await;
    let account = accounts(&sandbox.aws.url(), &moto.url()).resolve().await.accounts.remove(0);
    let logs = aws_sdk_cloudwatchlogs::Client::new(&account.config(REGION));
    logs.create_log_group().log_group_name(GROUP).send().await.unwrap();
    let stream = logs.create_log_stream().log_group_name(GROUP).log_stream_name(LOG_STREAM);
    stream.send().await.unwrap();
    let summary = sandbox.client.describe_stream_summary().stream_name(STREAM).send();
    let summary = summary.await.unwrap().stream_description_summary.unwrap();
    let filter = logs.put_subscription_filter().log_group_name(GROUP).filter_name("weir");
    let filter = filter.filter_pattern("").destination_arn(summary.stream_arn());
    filter.role_arn("arn:aws:iam::123456789012:role/logs").send().await.unwrap();
    // Events that are older than 14 days are refused.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let now = i64::try_from(now.as_millis()).unwrap() - 60_000;
    let mut expected = Vec::new();
    for batch in 0..5 {
        let line = |line: i64| format!("2 123456789012 eni-1 10.0.0.1 10.0.0.2 {batch} {line}");
        let lines: Vec<_> = (0..20).map(line).collect();
        let event = |(at, line): (i64, &String)| {
            let event = InputLogEvent::builder().timestamp(now + at).message(line);
            event.build().unwrap()
        };
        let events = (0..).zip(&lines).map(event).collect();
        let put = logs.put_log_events().log_group_name(GROUP).log_stream_name(LOG_STREAM);
        put.set_log_events(Some(events)).send().await.unwrap();
        expected.extend(lines);
    }
    let worker = sandbox.worker("a");
    sandbox.delivered.wait_for(&expected).await;
    assert!(worker.stop().await.is_clean());
    assert_eq!(sandbox.delivered.lines().len(), expected.len());
    assert_eq!(sandbox.delivered.repeated(), 0);
    let origin = &sandbox.delivered.runs()[0].origin;
    assert_eq!(origin.account_id.as_deref(), Some("123456789012"));
    assert!(origin.source.ends_with(&format!("{GROUP} {LOG_STREAM}")), "{}", origin.source);
}
