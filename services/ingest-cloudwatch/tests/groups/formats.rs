//! What is known of flow logs, as discovery learns it, and lines of several formats.

use std::collections::HashMap;
use std::sync::Arc;

use weir_inventory::log_formats::KnownFormats;
use weir_store::MemoryStore;
use weir_testkit::{LogEvent, Quirks, known_formats, wait_for_async};

use crate::cloud::{ACCOUNT, Cloud, REGION, now};
use crate::exporter::{Arrivals, Treatment};
use crate::worker::{Plan, Worker, group};

/// Flow logs of interfaces that write to the group `flows`, each with its format.
fn known(flow_logs: &[(&str, &str)]) -> Option<Arc<KnownFormats>> {
    Some(known_formats(ACCOUNT, REGION, "flows", flow_logs))
}

/// Lines of a stream, of just now.
fn put(cloud: &Cloud, stream: &str, lines: &[&str]) {
    let event = |line: &&str| LogEvent {
        group: "flows".to_owned(),
        stream: stream.to_owned(),
        id: format!("{stream} {line}"),
        timestamp: now(),
        ingestion: now(),
        visible: 0,
        message: (*line).to_owned(),
    };
    cloud.groups.add(lines.iter().map(event).collect::<Vec<_>>());
}

/// A worker of a group without configured formats.
fn plan(cloud: &Cloud) -> Plan {
    let plan = Plan::new(cloud.aws.url(), Arc::new(MemoryStore::default()), &[]);
    let mut input = group(ACCOUNT, "flows");
    input.formats.clear();
    plan.inputs.send_modify(|inputs| inputs.groups = vec![input]);
    plan
}

async fn wait_for_error(worker: &Worker, words: &str) {
    wait_for_async(words, || async {
        worker.meter.status().last_error.contains(words).then_some(())
    })
    .await;
}

fn formats(arrivals: &Arrivals) -> HashMap<String, String> {
    arrivals.with(|got| got.formats.clone())
}

fn expected<const N: usize>(formats: [(&str, &str); N]) -> HashMap<String, String> {
    formats.into_iter().map(|(line, format)| (line.to_owned(), format.to_owned())).collect()
}

#[tokio::test]
async fn a_group_whose_formats_nobody_knows_waits_and_loses_nothing() {
    let cloud = Cloud::new(Quirks::default());
    put(&cloud, "eni-a-all", &["1 2"]);
    let (arrivals, mut plan) = (Arrivals::default(), plan(&cloud));
    plan.formats.send_replace(None);
    let worker = plan.start(arrivals.committing());
    wait_for_error(&worker, "was not read as yet").await;
    plan.formats.send_replace(Some(Arc::default()));
    wait_for_error(&worker, "knows no flow log that writes to it").await;
    assert_eq!(cloud.aws.calls_of("logs", "FilterLogEvents").len(), 0);
    plan.formats.send_replace(known(&[("eni-a", "start end")]));
    arrivals.wait_for(1).await;
    assert_eq!(formats(&arrivals), expected([("1 2", "start end")]));
    assert_eq!(worker.meter.status().log_formats, ["start end"]);
    assert!(worker.end().await.is_clean());
}

#[tokio::test]
async fn lines_are_read_by_the_flow_log_of_their_interface_as_soon_as_it_is_known() {
    let cloud = Cloud::new(Quirks::default());
    put(&cloud, "eni-a-all", &["1 2"]);
    let (arrivals, mut plan) = (Arrivals::default(), plan(&cloud));
    plan.formats.send_replace(known(&[("eni-a", "start end")]));
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(1).await;
    plan.formats.send_replace(known(&[("eni-a", "start end"), ("eni-b", "end start")]));
    put(&cloud, "eni-b-all", &["3 4"]);
    put(&cloud, "eni-a-all", &["5 6"]);
    arrivals.wait_for(3).await;
    let all = [("1 2", "start end"), ("3 4", "end start"), ("5 6", "start end")];
    assert_eq!(formats(&arrivals), expected(all));
    assert!(worker.end().await.is_clean());
}

#[tokio::test]
async fn lines_that_fit_several_formats_or_none_are_left_to_be_rejected() {
    let cloud = Cloud::new(Quirks::default());
    let (arrivals, mut plan) = (Arrivals::default(), plan(&cloud));
    plan.formats.send_replace(known(&[("eni-a", "start end"), ("eni-b", "end start")]));
    // An interface that no sweep has seen, and a stream of something else.
    put(&cloud, "eni-c-all", &["7 8", "no flow log"]);
    put(&cloud, "web-server", &["GET / 200"]);
    put(&cloud, "eni-a-all", &["1 2"]);
    let worker = plan.start(arrivals.committing());
    arrivals.wait_for(3).await;
    let all = [("7 8", ""), ("no flow log", "start end"), ("1 2", "start end")];
    assert_eq!(formats(&arrivals), expected(all));
    assert_eq!(worker.meter.status().log_formats, ["start end"]);
    assert!(worker.end().await.is_clean());
}

#[tokio::test]
async fn a_run_that_is_sent_again_is_as_it_was_whatever_was_learned_in_between() {
    let cloud = Cloud::new(Quirks::default());
    put(&cloud, "eni-a-all", &["1 2", "3 4"]);
    let (arrivals, mut plan) = (Arrivals::default(), plan(&cloud));
    plan.formats.send_replace(known(&[("eni-a", "start end")]));
    let formats_known = plan.formats.clone();
    // The exporter loses the first run, and the flow log is another one from then on.
    let losing = arrivals.exporter(Box::new(move |number| match number {
        1 => {
            formats_known.send_replace(known(&[("eni-a", "end start")]));
            Treatment::Forget
        }
        _ => Treatment::Commit,
    }));
    let worker = plan.start(losing);
    arrivals.wait_for(2).await;
    assert_eq!(formats(&arrivals), expected([("1 2", "start end"), ("3 4", "start end")]));
    put(&cloud, "eni-a-all", &["5 6"]);
    arrivals.wait_for(3).await;
    assert_eq!(formats(&arrivals)["5 6"], "end start");
    assert!(arrivals.with(|got| got.runs.values().any(|times| *times == 2)));
    assert!(worker.end().await.is_clean());
}
