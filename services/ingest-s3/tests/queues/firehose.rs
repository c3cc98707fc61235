//! Objects that Firehose writes.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::watch;
use weir_flowlog::LogFormat;
use weir_ingest::Report;
use weir_ingest_s3::{Inputs, QueueInput};
use weir_inventory::log_formats::{
    FoundFormats, GroupFlowLog, GroupFormats, KnownFormats, group_id,
};
use weir_testkit::Answer;

use crate::messages::endpoint;
use crate::setup::{
    ACCOUNT, Messages, REGION, Setup, created, deleted, double, gzip_octets, key, put, queue, text,
    wait_for,
};

/// As Firehose names objects by default.
const KEY: &str = "2026/01/02/03/flows-1-2026-01-02-03-05-07-5d1f1f0e-0c4e-4f5d-9a57-0a1b2c3d4e5f";

/// The lines of a flow log, without the header.
fn lines(name: &str, count: usize) -> Vec<String> {
    text(name, count).lines().skip(1).map(str::to_owned).collect()
}

fn batch(log_stream: &str, lines: &[String]) -> Vec<u8> {
    let event = |line: &String| json!({"id": line, "timestamp": 1, "message": line});
    let document = json!({
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": "/flows",
        "logStream": log_stream, "subscriptionFilters": ["all"],
        "logEvents": lines.iter().map(event).collect::<Vec<_>>(),
    });
    document.to_string().into_bytes()
}

fn probe() -> Vec<u8> {
    br#"{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logEvents":[]}"#.to_vec()
}

fn any_key(log_format: Option<&str>) -> Inputs {
    let log_format = log_format.map(|text| Arc::new(LogFormat::parse(text).unwrap()));
    let queue = QueueInput { any_key: true, log_format, ..queue("flow-logs") };
    Inputs { queues: vec![queue], ..Inputs::default() }
}

/// What a sweep found: a flow log that writes to the group of the batches.
fn swept(log_format: &str) -> Option<Arc<KnownFormats>> {
    let flow_log = GroupFlowLog {
        id: "fl-1".to_owned(),
        resource_id: "vpc-1".to_owned(),
        log_format: log_format.to_owned(),
        gone: None,
    };
    let group = GroupFormats { flow_logs: vec![flow_log], covered: Vec::new() };
    let groups = [(group_id(ACCOUNT, REGION, "/flows"), group)].into();
    Some(Arc::new(KnownFormats::of(&FoundFormats { groups, ..FoundFormats::default() })))
}

/// Reads one object to its end.
async fn read(object: Vec<u8>) -> (Report, Vec<String>) {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    put(&aws, KEY, Answer::octets(object));
    messages.send("m", &created(&[KEY]));
    let setup = Setup { inputs: any_key(None), ..Setup::new(endpoint(&aws)) };
    let running = setup.start();
    wait_for("the message to be deleted", || deleted(&aws) == ["m"]).await;
    let lines = running.recorder.lines();
    assert!(lines.values().all(|times| *times == 1), "a line twice");
    (running.end().await, lines.into_keys().collect())
}

#[tokio::test]
async fn each_form_that_firehose_writes_has_the_same_lines() {
    let all = lines("1a", 40);
    let (one, two) = (batch("eni-1a-all", &all[..25]), batch("eni-1a-all", &all[20..]));
    let packed = [gzip_octets(&one), gzip_octets(probe()), gzip_octets(&two)].concat();
    let message = |line: &String| json!({ "message": line }).to_string();
    let messages: Vec<_> = all.iter().map(message).collect();
    let extracted = all.join("\n");
    let mut expected = all.clone();
    expected.sort();
    for (number, form) in [
        packed.clone(),
        gzip_octets(packed),
        [one.clone(), probe(), two.clone()].concat(),
        gzip_octets([one, two].join(&b"\n"[..])),
        messages.concat().into_bytes(),
        gzip_octets(messages.join("\n")),
        extracted.clone().into_bytes(),
        gzip_octets(extracted),
    ]
    .into_iter()
    .enumerate()
    {
        let (report, lines) = read(form).await;
        assert!(report.is_clean(), "{number}: {report:?}");
        assert_eq!(lines, expected, "{number}");
    }
}

#[tokio::test]
async fn an_object_of_probes_alone_is_done() {
    let (report, lines) = read(gzip_octets(probe()).repeat(3)).await;
    assert!(lines.is_empty());
    assert_eq!((report.status.units_done, report.status.units_failed), (1, 0));
}

#[tokio::test]
async fn other_keys_are_left_alone_unless_the_queue_has_any_key() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    messages.send("m", &created(&[KEY]));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("the message to be deleted", || deleted(&aws) == ["m"]).await;
    assert!(aws.calls_of("s3", "*").is_empty());
    running.ends_well().await;
}

#[tokio::test]
async fn lines_have_the_format_of_their_group_s_flow_log_else_that_of_the_queue() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let other = String::from_utf8(batch("eni-1-all", &["a b".to_owned()])).unwrap();
    let other = other.replace("/flows", "/others");
    let object = [&batch("eni-1-all", &["1 2 3".to_owned()]), other.as_bytes()].concat();
    put(&aws, KEY, Answer::octets(object));
    messages.send("m", &created(&[KEY]));
    let formats = watch::Sender::new(None);
    let inputs = any_key(Some("srcaddr dstaddr"));
    let setup = Setup { inputs, formats: formats.subscribe(), ..Setup::new(endpoint(&aws)) };
    let running = setup.start();
    let is_fetched = || aws.calls_of("s3", "GetObject").len() == 1;
    wait_for("the object to be fetched", is_fetched).await;
    assert!(running.recorder.runs().is_empty(), "nothing is known of formats as yet");
    formats.send_replace(swept("version bytes vpc-id"));
    wait_for("the message to be deleted", || deleted(&aws) == ["m"]).await;
    let runs = running.recorder.whole_runs();
    let formats: Vec<_> = runs.iter().map(|run| run.format.to_string()).collect();
    assert_eq!(formats, ["version bytes vpc-id", "srcaddr dstaddr"]);
    let origin = &runs[0].origin;
    assert_eq!(origin.source, format!("s3://logs/{KEY} /flows eni-1-all"));
    assert_eq!(origin.account_id.as_deref(), Some(ACCOUNT));
    assert_eq!(origin.region.as_deref(), Some(REGION));
    assert_eq!(origin.flow_log_id.as_deref(), Some("fl-1"));
    assert_eq!(runs[1].origin.flow_log_id, None);
    running.ends_well().await;
}

#[tokio::test]
async fn what_stands_before_a_damaged_member_is_exported_once_and_the_message_is_left() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let all = lines("1a", 3000);
    let members: Vec<_> =
        all.chunks(1000).map(|some| gzip_octets(batch("eni-1a-all", some))).collect();
    let whole = members.concat();
    let cut = whole[..whole.len() - 20].to_vec();
    put(&aws, KEY, Answer::octets(cut));
    messages.send("m", &created(&[KEY]));
    let running = Setup { inputs: any_key(None), ..Setup::new(endpoint(&aws)) }.start();
    wait_for("it to fail", || running.meter.status().units_failed == 1).await;
    let error = running.meter.status().last_error;
    assert!(error.contains(KEY) && error.contains("cut off after"), "{error}");
    messages.send("m", &created(&[KEY]));
    wait_for("it to fail again", || running.meter.status().units_failed == 2).await;
    let lines = running.recorder.lines();
    assert_eq!(lines.len(), 2000);
    let mut runs = running.recorder.runs();
    runs.sort_unstable();
    runs.dedup();
    assert_eq!(2 * runs.len(), running.recorder.runs().len(), "the same runs both times");
    assert!(deleted(&aws).is_empty());
    running.ends_well().await;
}

#[tokio::test]
async fn text_without_a_header_is_damage_under_the_keys_of_flow_logs() {
    let aws = double();
    let messages = Messages::of(&aws, "flow-logs");
    let one = key("one.log.gz");
    put(&aws, &one, Answer::octets(gzip_octets(lines("1a", 3).join("\n"))));
    messages.send("m", &created(&[&one]));
    let running = Setup::new(endpoint(&aws)).start();
    wait_for("it to fail", || running.meter.status().units_failed == 1).await;
    let error = running.meter.status().last_error;
    assert!(error.contains("not a header") && error.contains("log_format"), "{error}");
    assert!(running.recorder.runs().is_empty());
    running.ends_well().await;
}
