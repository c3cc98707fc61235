//! A shutdown: nothing more is read, what is in flight is waited for, and committed.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use weir_ingest::{End, IngestConfig, Tracking};

use crate::exporter::Exporter;
use crate::source::Script;
use crate::start::{input, start, start_with};

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_is_waited_for_and_committed() {
    let script = Script::of("a", Tracking::Ordered, 100);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let config = IngestConfig { max_runs_in_flight: 3, ..IngestConfig::default() };
    let started = start_with(script, dispatch, config, input());
    let runs = exporter.take_many(3).await;
    started.shutdown.trigger();
    notes.wait_for(|log| log.is_stopped).await;
    for run in runs {
        sleep(Duration::from_secs(2)).await;
        exporter.commit(run).await;
    }
    let report = started.end().await;
    assert!(matches!(report.end, End::Drained) && report.is_clean(), "{report:?}");
    assert_eq!(notes.positions("a").last(), Some(&3));
    assert_eq!(notes.read(|log| log.runs_yielded), 3);
    assert!(notes.read(|log| log.is_finished));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_answered_within_the_grace_time_is_left_for_the_next_start() {
    let script = Script::of("a", Tracking::Ordered, 3);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(3).await;
    started.shutdown.trigger();
    notes.wait_for(|log| log.is_stopped).await;
    let stopped = Instant::now();
    exporter.commit(runs[0]).await;
    exporter.commit(runs[2]).await;
    let report = started.end().await;
    assert!(stopped.elapsed() <= IngestConfig::default().grace, "{:?}", stopped.elapsed());
    assert!(matches!(report.end, End::Drained));
    assert_eq!((report.runs_left, report.is_clean()), (2, false));
    assert_eq!(notes.positions("a"), [1], "what is committed is committed");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_lost_during_the_drain_is_not_read_again() {
    let script = Script::of("a", Tracking::Whole, 1).endless();
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let run = exporter.take().await;
    started.shutdown.trigger();
    notes.wait_for(|log| log.is_stopped).await;
    exporter.forget(run).await;
    let report = started.end().await;
    assert_eq!((report.runs_left, notes.read(|log| log.rewinds.len())), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn an_idle_loop_ends_at_once() {
    let (_exporter, dispatch) = Exporter::new();
    let started = start(Script::empty().endless(), dispatch);
    sleep(Duration::from_secs(60)).await;
    let asked = Instant::now();
    started.shutdown.trigger();
    let report = started.end().await;
    assert!(report.is_clean() && asked.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_hangs_does_not_hold_up_the_end() {
    let script = Script::of("a", Tracking::Ordered, 2).endless().hanging_commits();
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(2).await;
    exporter.commit(runs[0]).await;
    notes.wait_for(|log| log.commit_calls > 0).await;
    let asked = Instant::now();
    started.shutdown.trigger();
    let report = started.end().await;
    assert!(asked.elapsed() <= IngestConfig::default().grace, "{:?}", asked.elapsed());
    assert_eq!((report.runs_left, report.commits_left), (1, 1));
}
