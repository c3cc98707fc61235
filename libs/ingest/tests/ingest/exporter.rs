//! The other end: a test takes the runs there and answers them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::time::timeout;
use weir_delivery::{Answer, RawRun, RunId, RunRejection};
use weir_ingest::{Closed, DeliveryEvent, Dispatch, RunSender};

const DEADLINE: Duration = Duration::from_secs(600);

pub(crate) struct Exporter {
    runs: mpsc::Receiver<RawRun>,
    events: mpsc::Sender<DeliveryEvent>,
}

struct Pipe(mpsc::Sender<RawRun>);

#[async_trait]
impl RunSender for Pipe {
    async fn send(&self, run: RawRun) -> Result<(), Closed> {
        self.0.send(run).await.map_err(|_| Closed)
    }
}

impl Exporter {
    /// It has so many runs at a time that it was not asked for.
    pub(crate) fn with_room_for(runs: usize) -> (Self, Dispatch<DeliveryEvent>) {
        let (sender, runs) = mpsc::channel(runs);
        let (events, told) = mpsc::channel(16);
        (Self { runs, events }, Dispatch { sender: Arc::new(Pipe(sender)), events: told })
    }

    pub(crate) fn new() -> (Self, Dispatch<DeliveryEvent>) {
        Self::with_room_for(1)
    }

    pub(crate) async fn take(&mut self) -> RunId {
        timeout(DEADLINE, self.runs.recv()).await.unwrap().unwrap().id
    }

    pub(crate) async fn take_many(&mut self, count: usize) -> Vec<RunId> {
        let mut taken = Vec::new();
        while taken.len() < count {
            taken.push(self.take().await);
        }
        taken
    }

    /// Whether a run comes within a minute.
    pub(crate) async fn hears_nothing(&mut self) -> bool {
        timeout(Duration::from_secs(60), self.runs.recv()).await.is_err()
    }

    async fn tell(&self, event: DeliveryEvent) {
        timeout(DEADLINE, self.events.send(event)).await.unwrap().unwrap();
    }

    pub(crate) async fn accept(&self, run: RunId) {
        self.tell(DeliveryEvent::Accepted(run)).await;
    }

    pub(crate) async fn commit(&self, run: RunId) {
        self.answer(run, Answer::Committed).await;
    }

    pub(crate) async fn reject(&self, run: RunId) {
        self.answer(run, Answer::Rejected(RunRejection::TooLarge)).await;
    }

    pub(crate) async fn forget(&self, run: RunId) {
        self.answer(run, Answer::Unknown).await;
    }

    async fn answer(&self, run: RunId, answer: Answer) {
        self.tell(DeliveryEvent::Done { run, answer }).await;
    }

    /// Commits whatever comes until nothing does.
    pub(crate) async fn commit_all(mut self) {
        while let Some(run) = self.runs.recv().await {
            if self
                .events
                .send(DeliveryEvent::Done { run: run.id, answer: Answer::Committed })
                .await
                .is_err()
            {
                return;
            }
        }
    }
}
