//! Log groups of moto.

use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Config, Region};
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use weir_flowlog::LogFormat;
use weir_inventory::log_formats::FlowLogFormat;
use weir_store::MemoryStore;
use weir_testkit::{MotoServer, wait_for_async};

use crate::cloud::{KEY, REGION, line, now};
use crate::exporter::Arrivals;
use crate::worker::{Plan, group};

/// The account that moto is in.
const MOTO: &str = "123456789012";

async fn client(moto: &MotoServer) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(moto.url())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(KEY, "secret", None, None, "test"));
    Client::from_conf(config.build())
}

async fn put(client: &Client, stream: &str, lines: impl IntoIterator<Item = String>) {
    let create = client.create_log_stream().log_group_name("flows").log_stream_name(stream);
    // It may be there.
    drop(create.send().await);
    let time = i64::try_from(now()).unwrap();
    let event =
        |message| InputLogEvent::builder().timestamp(time).message(message).build().unwrap();
    let put = client.put_log_events().log_group_name("flows").log_stream_name(stream);
    let events: Vec<_> = lines.into_iter().map(event).collect();
    put.set_log_events(Some(events)).send().await.unwrap();
}

#[tokio::test]
async fn a_group_of_two_formats_and_of_lines_that_are_no_flow_logs_is_read() {
    let moto = MotoServer::start();
    let client = client(&moto).await;
    client.create_log_group().log_group_name("flows").send().await.unwrap();
    put(&client, "eni-0a1b-all", (0..300).map(line)).await;
    put(&client, "eni-0c2d-accept", (0..50).map(|n| format!("10.0.0.1 10.0.0.2 {n}"))).await;
    put(&client, "web-server", ["GET / 200 in 3 ms".to_owned()]).await;
    put(&client, "eni-0c2d-accept", ["not a flow at all, said the interface".to_owned()]).await;

    let arrivals = Arrivals::default();
    let mut input = group(MOTO, "flows");
    let other = Arc::new(LogFormat::parse("srcaddr dstaddr bytes").unwrap());
    input.formats.push(Arc::new(FlowLogFormat::new(other, Some("fl-1".to_owned()))));
    let mut plan = Plan::new(moto.url(), Arc::new(MemoryStore::default()), &[]);
    plan.inputs.send_modify(|inputs| inputs.groups = vec![input]);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(351).await;
    put(&client, "eni-0a1b-all", (300..350).map(line)).await;
    arrivals.wait_for(401).await;
    wait_for_async("all to be committed", || async {
        let status = worker.meter.status();
        (status.runs_committed == status.runs_read).then_some(())
    })
    .await;
    assert_eq!((arrivals.lines(), arrivals.repeated()), (401, 0));
    let has = |words: &str| arrivals.with(|got| got.lines.keys().any(|line| line.contains(words)));
    assert!(!has("GET /"), "a line of another stream that fits no format is no flow log");
    assert!(has("said the interface"), "one of a stream of flow logs is left to be rejected");
    assert!(worker.end().await.is_clean());
}
