//! When the source is told what it may commit.

use std::time::Duration;

use tokio::time::sleep;
use weir_delivery::Verdict;
use weir_ingest::{Fault, SourceError, Tracking};

use crate::exporter::Exporter;
use crate::source::Script;
use crate::start::start;

#[tokio::test(start_paused = true)]
async fn many_runs_of_a_second_are_one_commit() {
    let script = Script::of("a", Tracking::Ordered, 100).but_last().endless();
    let (notes, (exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    tokio::spawn(exporter.commit_all());
    notes.wait_for(|log| log.commits.last().is_some_and(|last| last.position == Some(100))).await;
    assert!(notes.read(|log| log.commit_calls) <= 2);
    started.shutdown.trigger();
    assert!(started.end().await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_failed_comes_again_with_what_was_settled_since() {
    let trouble = || SourceError::transient(Fault::Throttled, "too many requests");
    let script = Script::of("a", Tracking::Ordered, 2).failing_commits([trouble(), trouble()]);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(2).await;
    exporter.commit(runs[0]).await;
    sleep(Duration::from_millis(1100)).await;
    assert_eq!(notes.read(|log| (log.commit_calls, log.commits.len())), (1, 0));
    exporter.commit(runs[1]).await;
    let report = started.end().await;
    assert_eq!(notes.positions("a"), [2]);
    assert_eq!(notes.done(), [("a", Verdict::Committed)]);
    assert_eq!((report.status.source_errors, report.is_clean()), (2, true));
    assert!(report.status.last_error.contains("too many requests"));
}

#[tokio::test(start_paused = true)]
async fn a_part_without_pending_runs_is_not_done_before_it_is_closed() {
    let script = Script::of("m", Tracking::Whole, 1).but_last().endless();
    let (notes, (exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    tokio::spawn(exporter.commit_all());
    sleep(Duration::from_secs(60)).await;
    assert_eq!(started.meter.status().runs_committed, 1);
    assert_eq!(notes.done(), []);
    started.shutdown.trigger();
    assert_eq!(started.end().await.status.units_done, 0);
}

#[tokio::test(start_paused = true)]
async fn very_many_parts_are_committed_a_thousand_at_a_time() {
    let mut script = Script::empty();
    for number in 0..2500 {
        let name: &'static str = format!("part-{number}").leak();
        script = script.and(name, Tracking::Whole, 1);
    }
    let (notes, (exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    tokio::spawn(exporter.commit_all());
    let report = started.end().await;
    assert!(report.is_clean());
    assert_eq!((notes.done().len(), report.status.units_done), (2500, 2500));
    assert!(notes.read(|log| log.commit_calls >= 3));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_failed_is_tried_once_more_at_the_end() {
    let trouble = SourceError::transient(Fault::Throttled, "too many requests");
    let script = Script::of("a", Tracking::Ordered, 1).endless().failing_commits([trouble]);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let run = exporter.take().await;
    exporter.commit(run).await;
    notes.wait_for(|log| log.commit_calls == 1).await;
    started.shutdown.trigger();
    assert!(started.end().await.is_clean());
    assert_eq!(notes.positions("a"), [1]);
}
