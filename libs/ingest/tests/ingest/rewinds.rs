//! What no exporter has any more is read again.

use weir_delivery::Verdict;
use weir_ingest::{End, Tracking};

use crate::exporter::Exporter;
use crate::source::Script;
use crate::start::start;

#[tokio::test(start_paused = true)]
async fn an_accepted_run_that_turns_out_to_be_unknown_is_read_again_with_the_same_id() {
    let script = Script::of("a", Tracking::Ordered, 4);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(4).await;
    for run in &runs {
        exporter.accept(*run).await;
    }
    exporter.commit(runs[0]).await;
    exporter.commit(runs[2]).await;
    exporter.forget(runs[1]).await;
    exporter.forget(runs[3]).await;
    assert_eq!(exporter.take_many(2).await, [runs[1], runs[3]], "only what was lost");
    exporter.commit(runs[3]).await;
    exporter.commit(runs[1]).await;
    let report = started.end().await;
    assert!(matches!(report.end, End::Complete) && report.is_clean());
    assert_eq!(notes.read(|log| log.rewinds.clone()), [("a", Some(1))], "one is enough");
    assert_eq!(notes.positions("a").last(), Some(&4));
    assert_eq!((report.status.rewinds, report.status.runs_resent), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_message_is_read_again_from_its_start_and_done_once() {
    let script = Script::of("m", Tracking::Whole, 3);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(3).await;
    exporter.commit(runs[0]).await;
    exporter.forget(runs[1]).await;
    assert_eq!(exporter.take().await, runs[1]);
    exporter.commit(runs[2]).await;
    exporter.commit(runs[1]).await;
    assert!(started.end().await.is_clean());
    assert_eq!(notes.read(|log| log.rewinds.clone()), [("m", None)]);
    assert_eq!(notes.done(), [("m", Verdict::Committed)]);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_lost_again_after_the_second_reading_is_read_a_third_time() {
    let script = Script::of("a", Tracking::Ordered, 2);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let runs = exporter.take_many(2).await;
    exporter.forget(runs[0]).await;
    assert_eq!(exporter.take().await, runs[0]);
    // It was in flight while the part was read again, and is lost now.
    exporter.forget(runs[1]).await;
    assert_eq!(exporter.take().await, runs[1]);
    exporter.commit(runs[0]).await;
    exporter.commit(runs[1]).await;
    assert!(started.end().await.is_clean());
    assert_eq!(notes.read(|log| log.rewinds.len()), 2);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_nobody_waits_for_means_nothing() {
    let script = Script::of("a", Tracking::Ordered, 1);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::new());
    let started = start(script, dispatch);
    let run = exporter.take().await;
    exporter.forget(weir_delivery::RunId(7)).await;
    exporter.commit(weir_delivery::RunId(7)).await;
    exporter.commit(run).await;
    assert_eq!(started.end().await.status.runs_committed, 1);
    assert_eq!(notes.read(|log| log.rewinds.len()), 0);
}
