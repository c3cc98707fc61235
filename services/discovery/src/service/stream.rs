//! How a sweep goes, as a stream of messages.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use weir_rpc::pb;
use weir_rpc::pb::run_discovery_response::Event;

use super::core::DiscoveryCore;
use super::messages::{count, problem, region, time};
use super::summary::summary;
use crate::orchestration::{Board, BoardEvent};
use crate::reader::Plan;

/// Messages that wait for a caller. More come once there is room: the present state by then.
const WAITING: usize = 64;

/// The least time between two looks, so that each call of AWS does not become a message.
const PAUSE: Duration = Duration::from_millis(100);

pub(super) type Messages = ReceiverStream<Result<pb::RunDiscoveryResponse, Status>>;

/// Begins or joins a sweep and tells of it, until it ends or the caller goes away.
pub(super) fn run_discovery(core: &Arc<DiscoveryCore>) -> Messages {
    let (board, is_joined) = core.sweeper.start_or_join();
    let (sender, messages) = mpsc::channel(WAITING);
    let core = Arc::clone(core);
    tokio::spawn(async move {
        let gone = sender.clone();
        tokio::select! {
            () = gone.closed() => {}
            () = tell(&core, &board, is_joined, &sender) => {}
        }
    });
    ReceiverStream::new(messages)
}

async fn tell(
    core: &DiscoveryCore,
    board: &Arc<Board>,
    is_joined: bool,
    sender: &mpsc::Sender<Result<pb::RunDiscoveryResponse, Status>>,
) {
    let started_at = Some(time(board.started_at));
    let mut events = vec![Event::Started(pb::SweepStarted { started_at, is_joined })];
    let mut follower = board.follow();
    loop {
        for event in events {
            let response = pb::RunDiscoveryResponse { event: Some(event) };
            if sender.send(Ok(response)).await.is_err() {
                return;
            }
        }
        let Some(next) = follower.next().await else { return };
        let has_ended = next.iter().any(|event| matches!(event, BoardEvent::Ended(_)));
        events = next.into_iter().map(|event| message(core, event)).collect();
        if !has_ended {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

fn message(core: &DiscoveryCore, event: BoardEvent) -> Event {
    match event {
        BoardEvent::Planned(plan) => Event::Planned(planned(&plan)),
        BoardEvent::Region(place, row) => Event::Region(region(&place, &row)),
        BoardEvent::Ended(report) => Event::Summary(summary(&report, &core.publisher.edition())),
    }
}

fn planned(plan: &Plan) -> pb::SweepPlanned {
    pb::SweepPlanned {
        accounts: count(plan.accounts.len()),
        regions: count(plan.accounts.iter().map(|account| account.regions.len()).sum()),
        problems: plan.faults.iter().map(problem).collect(),
    }
}
