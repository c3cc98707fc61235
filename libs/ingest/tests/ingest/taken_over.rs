//! The source is told when a run is off the loop's hands, and nobody waits for what is delayed.

use std::time::Duration;

use weir_delivery::RunId;
use weir_ingest::{Fault, SourceError, SourceEvent, Tracking};

use crate::exporter::Exporter;
use crate::source::{Notes, Script, Step, run_of};
use crate::start::start;

fn times(notes: &Notes, run: RunId) -> usize {
    notes.read(|log| log.taken_over.iter().filter(|each| **each == run).count())
}

#[tokio::test(start_paused = true)]
async fn a_run_is_off_the_hands_when_it_is_accepted_or_answered_and_not_before() {
    let script = Script::of("a", Tracking::Whole, 3).endless();
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(3).await;
    assert!(exporter.hears_nothing().await);
    assert_eq!(runs.iter().map(|run| times(&notes, *run)).collect::<Vec<_>>(), [0, 0, 0]);
    exporter.accept(runs[0]).await;
    exporter.commit(runs[1]).await;
    exporter.forget(runs[2]).await;
    // All of the part is read again; the others need not be sent again.
    assert_eq!(exporter.take().await, runs[2]);
    assert_eq!(runs.iter().map(|run| times(&notes, *run)).collect::<Vec<_>>(), [2, 2, 1]);
    exporter.commit(runs[0]).await;
    exporter.commit(runs[2]).await;
    started.shutdown.trigger();
    assert!(started.end().await.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_sent_since_an_exporter_has_it_is_off_the_hands_at_once() {
    let run = |part| SourceEvent::Run {
        part,
        run: run_of("first", 0, 100),
        position: 1,
        age: Duration::ZERO,
    };
    let script = Script::of("first", Tracking::Whole, 1);
    let script = script.then(Step::Error(SourceError::transient(Fault::Throttled, "a pause")));
    let opened = SourceEvent::Opened { part: "second", tracking: Tracking::Whole };
    let script = script.then(Step::Event(opened)).then(Step::Event(run("second"))).endless();
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let sent = exporter.take().await;
    exporter.accept(sent).await;
    assert!(exporter.hears_nothing().await);
    assert_eq!(times(&notes, sent), 2);
    exporter.commit(sent).await;
    started.shutdown.trigger();
    assert!(started.end().await.runs_left == 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_delayed_is_shown_and_counted_and_holds_nobody_up() {
    let error = SourceError::transient(Fault::Denied, "s3:GetObject is denied");
    let delayed = SourceEvent::Delayed { name: "s3://logs/key".to_owned(), error };
    let script = Script::empty().then(Step::Event(delayed)).and("a", Tracking::Whole, 1);
    let (mut exporter, dispatch) = Exporter::new();
    let begun = tokio::time::Instant::now();
    let started = start(script, dispatch);
    let run = exporter.take().await;
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
    exporter.commit(run).await;
    let status = started.end().await.status;
    assert_eq!((status.source_errors, status.units_failed, status.units_done), (1, 0, 1));
    assert_eq!(status.last_error, "s3://logs/key: s3:GetObject is denied");
}
