//! A Redis server that is away, or lost its data.

use std::sync::Arc;

use weir_lease::{
    Checkpoint, InitialPosition, LeaseError, LeaseEvent, LossReason, Position, Table,
};
use weir_store::Store;

use crate::fixture::{Fixture, SET, Worker, redis_store, units};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_without_its_store_reads_no_more_and_goes_on_when_it_is_back() {
    let mut fixture = Fixture::redis().await;
    fixture.table().begin(SET, &units(1), InitialPosition::TrimHorizon).await.unwrap();
    let mut worker = fixture.worker("a").await;
    let (unit, fence, _) = worker.granted().await;
    let handle = worker.leases.handle();
    handle.checkpoint(&unit, fence, Position::new("3").unwrap()).await.unwrap();
    fixture.server.as_mut().unwrap().kill();
    let LeaseEvent::Lost { reason, .. } = worker.next().await else { panic!("not lost") };
    assert_eq!(reason, LossReason::NotRenewed);
    fixture.server.as_mut().unwrap().restart();
    let (_, again, checkpoint) = worker.granted().await;
    assert_eq!(checkpoint, Checkpoint::At(Position::new("3").unwrap()));
    assert!(again > fence);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn data_that_is_gone_stops_the_worker_and_nothing_begins_by_itself() {
    let fixture = Fixture::redis().await;
    fixture.table().begin(SET, &units(2), InitialPosition::TrimHorizon).await.unwrap();
    let mut worker = fixture.worker("a").await;
    for _ in 0..2 {
        worker.granted().await;
    }
    fixture.server.as_ref().unwrap().command("FLUSHALL");
    let mut lost = 0;
    loop {
        match worker.next().await {
            LeaseEvent::Lost { reason, .. } => {
                assert!(matches!(reason, LossReason::StateLost | LossReason::Gone), "{reason:?}");
                lost += 1;
            }
            LeaseEvent::Failed(error) => {
                assert!(matches!(error, LeaseError::StateLost { .. }), "{error}");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(lost, 2);
    assert!(worker.leases.next().await.is_none());
    // A worker that starts afterwards knows nothing of what was there, and takes nothing.
    let store: Arc<dyn Store> = Arc::new(redis_store(fixture.server.as_ref().unwrap()).await);
    let table = Table::new(store, "kinesis");
    assert_eq!(table.begun(SET).await.unwrap(), None);
    let newcomer = Worker::start(table.clone(), "b").await;
    assert_eq!(table.list().await.unwrap().units.len(), 0);
    drop(newcomer);
}
