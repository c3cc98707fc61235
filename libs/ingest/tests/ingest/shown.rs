//! What an input shows of itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;
use weir_ingest::{IngestConfig, Input, InputStatus, Tracking, status_key};
use weir_store::{MemoryStore, Store, get_json};

use crate::exporter::Exporter;
use crate::source::Script;
use crate::start::{input, start, start_with};

#[tokio::test(start_paused = true)]
async fn the_lag_is_the_age_of_the_oldest_run_without_an_answer() {
    let (mut exporter, dispatch) = Exporter::new();
    let started = start(Script::of("a", Tracking::Ordered, 2).endless(), dispatch);
    let runs = exporter.take_many(2).await;
    sleep(Duration::from_secs(90)).await;
    let lag = started.meter.status().lag().unwrap();
    assert!((Duration::from_secs(88)..=Duration::from_secs(90)).contains(&lag), "{lag:?}");
    exporter.commit(runs[1]).await;
    exporter.commit(runs[0]).await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!(started.meter.status().lag(), None);
}

#[tokio::test(start_paused = true)]
async fn the_state_is_written_to_the_store_while_it_runs_and_at_the_end() {
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let input = Input { store: Some(Arc::clone(&store)), ..input() };
    let (mut exporter, dispatch) = Exporter::new();
    let script = Script::of("a", Tracking::Ordered, 1).endless();
    let started = start_with(script, dispatch, IngestConfig::default(), input);
    let run = exporter.take().await;
    sleep(Duration::from_secs(11)).await;
    let key = status_key("worker-1", "test").unwrap();
    assert_eq!(key.as_str(), "status/input/worker-1/test");
    let (status, _) = get_json::<InputStatus>(store.as_ref(), &key).await.unwrap().unwrap();
    assert_eq!((status.kind.as_str(), status.runs_read, status.runs_in_flight), ("folder", 1, 1));
    exporter.commit(run).await;
    started.shutdown.trigger();
    let report = started.end().await;
    let (status, _) = get_json::<InputStatus>(store.as_ref(), &key).await.unwrap().unwrap();
    assert_eq!((status.runs_committed, status.runs_in_flight, status.lag_ms), (1, 0, None));
    assert_eq!(status.runs_committed, report.status.runs_committed);
}
