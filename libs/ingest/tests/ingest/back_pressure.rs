//! Nothing is read that there is no room for.

use std::time::Duration;

use tokio::time::sleep;
use weir_ingest::{IngestConfig, Tracking};

use crate::exporter::Exporter;
use crate::source::Script;
use crate::start::{input, start, start_with};

#[tokio::test(start_paused = true)]
async fn when_nothing_is_taken_the_source_is_not_read_on() {
    let script = Script::of("a", Tracking::Ordered, 1000);
    let (notes, (exporter, dispatch)) = (script.notes(), Exporter::with_room_for(1));
    let started = start(script, dispatch);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(notes.read(|log| log.runs_yielded), 2, "one is in the pipe, one waits");
    tokio::spawn(exporter.commit_all());
    assert_eq!(started.end().await.status.runs_committed, 1000);
}

#[tokio::test(start_paused = true)]
async fn text_that_no_exporter_has_taken_over_is_bounded() {
    let script = Script::of("a", Tracking::Ordered, 50);
    let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::with_room_for(100));
    let config = IngestConfig { max_octets_in_flight: 950, ..IngestConfig::default() };
    let started = start_with(script, dispatch, config, input());
    let runs = exporter.take_many(10).await;
    assert!(exporter.hears_nothing().await);
    assert_eq!(notes.read(|log| log.runs_yielded), 10);
    exporter.accept(runs[3]).await;
    exporter.take().await;
    assert!(exporter.hears_nothing().await);
    assert_eq!(started.meter.status().octets_in_flight, 1000);
}

#[tokio::test(start_paused = true)]
async fn runs_that_are_behind_no_checkpoint_are_bounded() {
    for tracking in [Tracking::Ordered, Tracking::Whole] {
        let script = Script::of("a", tracking, 50);
        let (notes, (mut exporter, dispatch)) = (script.notes(), Exporter::with_room_for(100));
        let config = IngestConfig { max_runs_in_flight: 4, ..IngestConfig::default() };
        let started = start_with(script, dispatch, config, input());
        let runs = exporter.take_many(4).await;
        for run in &runs {
            exporter.accept(*run).await;
        }
        assert!(exporter.hears_nothing().await);
        assert_eq!(notes.read(|log| log.runs_yielded), 4);
        exporter.commit(runs[0]).await;
        exporter.take().await;
        for run in &runs[1..] {
            exporter.commit(*run).await;
        }
        exporter.take_many(3).await;
        assert_eq!(started.meter.status().runs_committed, 4);
    }
}
