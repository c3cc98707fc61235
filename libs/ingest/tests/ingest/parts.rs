//! Parts that fail, go to others, or cannot be.

use weir_delivery::{RunId, Verdict};
use weir_ingest::{Fault, SourceError, SourceEvent, Tracking};

use crate::exporter::Exporter;
use crate::source::{Script, Step};
use crate::start::start;

#[tokio::test(start_paused = true)]
async fn a_part_that_cannot_be_read_to_its_end_is_rejected_when_its_runs_are_settled() {
    let error = SourceError::transient(Fault::Damaged, "the gzip data is cut off");
    let failed = Step::Event(SourceEvent::Failed { part: "m", error });
    let script = Script::of("m", Tracking::Whole, 1).but_last().then(failed);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let run = exporter.take().await;
    assert!(exporter.hears_nothing().await);
    assert_eq!(notes.done(), []);
    exporter.commit(run).await;
    let status = started.end().await.status;
    assert_eq!(notes.done(), [("m", Verdict::Rejected)]);
    assert_eq!((status.units_failed, status.units_done), (1, 0));
    assert_eq!(status.last_error, "m: the gzip data is cut off");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_committed_of_a_part_that_is_no_longer_ours() {
    let revoked = Step::Event(SourceEvent::Revoked { part: "shard" });
    let script = Script::of("shard", Tracking::Ordered, 2).then(revoked);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(2).await;
    assert!(exporter.hears_nothing().await);
    exporter.commit(runs[0]).await;
    exporter.forget(runs[1]).await;
    let report = started.end().await;
    assert_eq!(notes.read(|log| log.commits.len() + log.rewinds.len()), 0);
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn what_has_no_lines_is_passed_when_all_before_it_is_settled() {
    let passed = |number, position| {
        let run = RunId::of_object(b"probe", b"", number);
        Step::Event(SourceEvent::Passed { part: "shard", run, position })
    };
    let script = Script::of("shard", Tracking::Ordered, 1).but_last();
    let script = script.then(passed(1, 7)).then(passed(2, 8)).endless();
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let run = exporter.take().await;
    assert!(exporter.hears_nothing().await);
    assert!(notes.positions("shard").is_empty());
    exporter.commit(run).await;
    notes.wait_for(|log| log.commits.iter().any(|commit| commit.position == Some(8))).await;
    drop(started);
}

#[tokio::test(start_paused = true)]
async fn trouble_that_the_source_sees_to_is_counted_and_shown() {
    let error = SourceError::transient(Fault::Throttled, "too many reads");
    let trouble = SourceEvent::Delayed { name: "shard 1".to_owned(), error };
    let script = Script::empty().then(Step::Event(trouble));
    let (_exporter, dispatch) = Exporter::new();
    let status = start(script, dispatch).end().await.status;
    assert_eq!((status.source_errors, status.units_failed), (1, 0));
    assert_eq!(status.last_error, "shard 1: too many reads");
}

#[tokio::test(start_paused = true)]
async fn what_can_be_no_part_is_counted_and_shown() {
    let error = SourceError::transient(Fault::Denied, "permission denied");
    let unreadable = SourceEvent::Unreadable { name: "a.log".to_owned(), error };
    let script = Script::empty().then(Step::Event(unreadable));
    let (_exporter, dispatch) = Exporter::new();
    let status = start(script, dispatch).end().await.status;
    assert_eq!(status.units_failed, 1);
    assert_eq!(status.last_error, "a.log: permission denied");
}

#[tokio::test(start_paused = true)]
async fn one_object_that_two_messages_name_is_sent_once_and_settles_both() {
    let mut script = Script::of("first", Tracking::Whole, 1);
    let run = crate::source::run_of("first", 0, 100);
    for event in [
        SourceEvent::Opened { part: "second", tracking: Tracking::Whole },
        SourceEvent::Run { part: "second", run, position: 1, age: std::time::Duration::ZERO },
        SourceEvent::Closed { part: "second" },
    ] {
        script = script.then(Step::Event(event));
    }
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let run = exporter.take().await;
    assert!(exporter.hears_nothing().await);
    exporter.commit(run).await;
    assert_eq!(started.end().await.status.units_done, 2);
    assert_eq!(notes.done().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_goes_on_before_it_was_committed_as_done_is_not_done() {
    let script = Script::of("file", Tracking::Ordered, 2);
    let reopened = SourceEvent::Opened { part: "file", tracking: Tracking::Ordered };
    let (run, age) = (crate::source::run_of("file", 2, 100), std::time::Duration::ZERO);
    let script = script
        .then(Step::Event(reopened))
        .then(Step::Event(SourceEvent::Run { part: "file", run, position: 3, age }))
        .endless();
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    for run in exporter.take_many(3).await {
        exporter.commit(run).await;
    }
    started.shutdown.trigger();
    assert!(started.end().await.is_clean());
    assert_eq!(notes.positions("file"), [3]);
    assert_eq!(notes.done(), []);
}
