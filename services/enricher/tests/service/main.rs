//! The enricher between a source and an exporter that the test plays.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail at any step")]

mod sandbox;
mod spread;

use std::sync::Arc;

use weir_delivery::{Answer, RetryReason, RunId, RunRejection};
use weir_ipfix::element::SOURCE_GEO_REGION;
use weir_ipfix::{DEFAULT_ENTERPRISE_NUMBER, LayoutPair};
use weir_rpc::link::ToReceiver;

use sandbox::{Holds as _, Sandbox, answer, inventory, layouts, run};

const STALE: Answer = Answer::Retry(RetryReason::StaleTemplates, std::time::Duration::ZERO);

#[tokio::test]
async fn the_source_hears_what_the_exporter_says_of_each_run() {
    let mut sandbox = Sandbox::start(Some(layouts()));
    sandbox.inventory.write(inventory("web"));
    let mut source = sandbox.source();
    let finals = [Answer::Committed, Answer::Rejected(RunRejection::Malformed)];
    for (id, last) in (1..).zip(finals) {
        source.send(run(id)).await;
        let enriched = sandbox.exporter.enriched().await;
        assert_eq!((enriched.id, enriched.records()), (RunId(id), 2));
        sandbox.exporter.say(answer(id, Answer::Accepted)).await;
        assert_eq!(source.answer().await, answer(id, Answer::Accepted));
        sandbox.exporter.say(answer(id, last)).await;
        assert_eq!(source.answer().await, answer(id, last));
    }
    assert_eq!(sandbox.core.receiver_status().pending, 0);
}

#[tokio::test]
async fn nothing_is_taken_before_there_are_layouts_and_an_inventory() {
    let mut sandbox = Sandbox::start(None);
    let mut source = sandbox.source();
    source.send(run(1)).await;
    sandbox.inventory.write(inventory("web"));
    sandbox.until_loaded().await;
    assert!(!*sandbox.core.ready().borrow());
    sandbox.exporter.layouts.send_replace(Some(layouts()));
    assert_eq!(sandbox.exporter.enriched().await.id, RunId(1));
    sandbox.exporter.say(answer(1, Answer::Committed)).await;
    assert_eq!(source.answer().await, answer(1, Answer::Committed));
}

#[tokio::test]
async fn stale_runs_are_encoded_again_under_the_layouts_that_come_after_the_answer() {
    let mut sandbox = Sandbox::start(Some(layouts()));
    sandbox.inventory.write(inventory("web"));
    let mut source = sandbox.source();
    source.send(run(1)).await;
    let before = sandbox.exporter.enriched().await.groups[0].revision;
    sandbox.exporter.say(answer(1, STALE)).await;
    let others = LayoutPair::with_extras(DEFAULT_ENTERPRISE_NUMBER, &[SOURCE_GEO_REGION]);
    sandbox.exporter.layouts.send_replace(Some(Arc::new(others)));
    let after = sandbox.exporter.enriched().await;
    assert_eq!((after.id, after.records()), (RunId(1), 2));
    assert_ne!(after.groups[0].revision, before);
    sandbox.exporter.say(answer(1, Answer::Committed)).await;
    assert_eq!(source.answer().await, answer(1, Answer::Committed));
}

#[tokio::test]
async fn a_new_inventory_is_used_and_a_damaged_one_is_not() {
    let mut sandbox = Sandbox::start(Some(layouts()));
    sandbox.inventory.write(inventory("web"));
    let source = sandbox.source();
    source.send(run(1)).await;
    assert!(sandbox.exporter.enriched().await.holds("web"));

    sandbox.inventory.write("{".to_owned());
    sandbox.inventory.write(inventory("database"));
    sandbox.until_loaded().await;
    source.send(run(2)).await;
    let enriched = sandbox.exporter.enriched().await;
    assert!(enriched.holds("database") && !enriched.holds("web"));

    // The one before stays in use.
    sandbox.inventory.write("{".to_owned());
    source.send(run(3)).await;
    assert!(sandbox.exporter.enriched().await.holds("database"));
}

#[tokio::test]
async fn an_announced_run_is_announced_to_the_exporter_and_its_answer_comes_back() {
    let mut sandbox = Sandbox::start(Some(layouts()));
    let mut source = sandbox.source();
    source.say(ToReceiver::resume(vec![RunId(5), RunId(6)])).await;
    for _ in 0..2 {
        let run = sandbox.exporter.announced().await;
        let known = if run == RunId(5) { Answer::Committed } else { Answer::Unknown };
        sandbox.exporter.say(answer(run.0, known)).await;
        assert_eq!(source.answer().await, answer(run.0, known));
    }
}

#[tokio::test]
async fn the_same_run_from_two_sources_is_sent_once_and_both_hear() {
    let mut sandbox = Sandbox::start(Some(layouts()));
    sandbox.inventory.write(inventory("web"));
    let (mut first, mut second) = (sandbox.source(), sandbox.source());
    first.send(run(1)).await;
    assert_eq!(sandbox.exporter.enriched().await.id, RunId(1));
    second.send(run(1)).await;
    second.send(run(2)).await;
    // Had the first been sent again, it would come before.
    assert_eq!(sandbox.exporter.enriched().await.id, RunId(2));
    sandbox.exporter.say(answer(1, Answer::Committed)).await;
    assert_eq!(first.answer().await, answer(1, Answer::Committed));
    assert_eq!(second.answer().await, answer(1, Answer::Committed));
}
