//! Errors of the source.

use std::time::Duration;

use tokio::time::Instant;
use weir_ingest::{End, Fault, SourceError, Tracking};

use crate::exporter::Exporter;
use crate::source::{Script, Step};
use crate::start::start;

#[tokio::test(start_paused = true)]
async fn errors_that_may_pass_are_tried_again_later_and_later_and_never_end_the_loop() {
    let mut script = Script::empty();
    for _ in 0..6 {
        let error = SourceError::transient(Fault::Unreachable, "no answer");
        script = script.then(Step::Error(error));
    }
    let script = script.and("a", Tracking::Ordered, 1);
    let (exporter, dispatch) = Exporter::new();
    let (start_time, started) = (Instant::now(), start(script, dispatch));
    tokio::spawn(exporter.commit_all());
    let report = started.end().await;
    assert!(matches!(report.end, End::Complete));
    assert_eq!((report.status.source_errors, report.status.runs_committed), (6, 1));
    // 1 + 2 + 4 + 8 + 16 + 32 s, each cut by up to a half.
    let waited = start_time.elapsed();
    assert!((Duration::from_secs(31)..Duration::from_secs(65)).contains(&waited), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_fatal_error_ends_the_loop_after_what_is_in_flight() {
    let error = SourceError::fatal(Fault::Gone, "the stream is deleted");
    let script = Script::of("a", Tracking::Ordered, 1).then(Step::Error(error));
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let run = exporter.take().await;
    notes.wait_for(|log| log.is_stopped).await;
    exporter.commit(run).await;
    let report = started.end().await;
    let End::Fatal(error) = &report.end else { panic!("{report:?}") };
    assert_eq!(error.describe(), "the stream is deleted");
    assert!(report.is_clean());
    assert_eq!(notes.positions("a"), [1]);
}

#[tokio::test(start_paused = true)]
async fn without_a_dispatcher_the_loop_ends_and_says_what_is_left() {
    let script = Script::of("a", Tracking::Ordered, 10);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    exporter.take().await;
    drop(exporter);
    let report = started.end().await;
    assert!(matches!(report.end, End::NoDispatcher));
    assert!(report.runs_left > 0);
    assert!(notes.read(|log| log.is_finished && log.commits.is_empty()));
}
