//! Files that Firehose wrote: batches of log events, messages.

use std::sync::Arc;

use serde_json::json;
use weir_flowlog::LogFormat;

use crate::sandbox::{Sandbox, expect, gzip_octets, lines};

fn batch(log_stream: &str, lines: &str) -> String {
    let event = |line: &str| json!({"id": line, "timestamp": 1, "message": line});
    json!({
        "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "/flows",
        "logStream": log_stream, "subscriptionFilters": [],
        "logEvents": lines.lines().map(event).collect::<Vec<_>>(),
    })
    .to_string()
}

fn messages(lines: &str) -> String {
    lines.lines().map(|line| json!({ "message": line }).to_string()).collect()
}

fn with_format(mut sandbox: Sandbox) -> Sandbox {
    let format = LogFormat::parse("version srcaddr dstaddr").unwrap();
    sandbox.log_format = Some(Arc::new(format));
    sandbox
}

#[tokio::test]
async fn documents_are_read_by_the_configured_format_with_their_origin() {
    let sandbox = with_format(Sandbox::once());
    let batches = [batch("eni-1-all", &lines(0, 3)), batch("eni-2-all", &lines(3, 2))];
    sandbox.write("a", batches.concat());
    sandbox.write("b.gz", gzip_octets(batch("eni-1-all", &lines(5, 2))));
    sandbox.write("c.gz", gzip_octets(gzip_octets(messages(&lines(7, 2)))));
    let running = sandbox.start().await;
    let exporter = running.exporter.clone();
    let report = running.end().await;
    assert_eq!((report.status.units_done, report.status.units_failed), (3, 0));
    assert_eq!(exporter.lines(), expect(&lines(0, 9)));
    let runs = exporter.runs();
    assert_eq!(runs[0].origin.source, format!("{} /flows eni-1-all", sandbox.path("a").display()));
    assert_eq!(runs[0].origin.account_id.as_deref(), Some("123456789012"));
    assert_eq!((runs[1].first_line, runs[3].origin.account_id.as_deref()), (4, None));
    let report = sandbox.start().await.end().await;
    assert_eq!((report.status.runs_read, report.status.units_failed), (0, 0), "all is done");
}

#[tokio::test]
async fn documents_that_are_cut_off_are_reported_once_and_read_when_they_are_whole() {
    let sandbox = with_format(Sandbox::new());
    let whole: String =
        (0..50).map(|each| batch(&format!("eni-{each:x}-all"), &lines(each * 9, 9))).collect();
    sandbox.put("flows", &whole[..whole.len() / 2]);
    let running = sandbox.start().await;
    running.until(|status| status.units_failed == 1).await;
    assert!(running.status().last_error.contains("ends within"), "{}", running.status().last_error);
    let before = running.exporter.ids();
    sandbox.append("flows", &whole[whole.len() / 2..]);
    running.until(|status| status.units_done == 1).await;
    let again = running.exporter.runs().iter().filter(|run| before.contains(&run.id)).count();
    assert_eq!(again, before.len() + 1, "the last one is sent again, under its id");
    let mut came = running.exporter.lines();
    came.sort();
    came.dedup();
    let mut expected = expect(&lines(0, 450));
    expected.sort();
    assert!(came == expected);
    assert!(running.stop().await.is_clean());
}

#[tokio::test]
async fn documents_without_a_configured_format_fail_and_say_what_to_do() {
    let sandbox = Sandbox::once();
    sandbox.write("a", messages(&lines(0, 1)));
    let report = sandbox.start().await.end().await;
    assert_eq!((report.status.units_failed, report.status.runs_read), (1, 0));
    let error = report.status.last_error;
    assert!(error.contains("--log-format"), "{error}");
}
