//! Drives a keeper over a store.

mod task;
mod waiters;

use std::collections::HashSet;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::config::LeaseConfig;
use crate::error::LeaseError;
use crate::keeper::LossReason;
use crate::position::{Checkpoint, Position};
use crate::record::{Child, Placement};
use crate::table::Table;
use crate::unit::UnitId;
use task::{Request, Task};

/// Requests and events that wait, at most.
const QUEUE: usize = 64;

/// The leases of a worker. A task renews them until this is dropped, also while nobody asks for
/// events.
pub struct Leases {
    requests: mpsc::Sender<Request>,
    events: mpsc::Receiver<LeaseEvent>,
    task: JoinHandle<()>,
}

/// What the reader of the units is told. An event of a unit comes after all earlier ones of it.
#[derive(Debug)]
pub enum LeaseEvent {
    /// The unit is to be read from this checkpoint.
    Granted {
        /// The unit.
        unit: UnitId,
        /// What checkpoints are written with.
        fence: u64,
        /// How far it was read.
        checkpoint: Checkpoint,
        /// Where somebody has put it; none when nobody did.
        placement: Option<Placement>,
    },
    /// Read no more of the unit, commit what is on its way, and release it.
    Asked {
        /// The unit.
        unit: UnitId,
    },
    /// The unit is not to be read any more, and nothing of it can be committed.
    Lost {
        /// The unit.
        unit: UnitId,
        /// The fence that it was held with.
        fence: u64,
        /// Why.
        reason: LossReason,
    },
    /// The state was lost: nothing is kept any more. It is the last event.
    Failed(LeaseError),
}

impl Leases {
    /// Starts to take leases of the table's units.
    pub fn start(table: Table, config: LeaseConfig) -> Self {
        let (requests, asked) = mpsc::channel(QUEUE);
        let (told, events) = mpsc::channel(QUEUE);
        let task = tokio::spawn(Task::new(table, config, told).run(asked));
        Self { requests, events, task }
    }

    /// The next event; none when the worker has ended. Nothing is lost when the future is
    /// dropped.
    pub async fn next(&mut self) -> Option<LeaseEvent> {
        self.events.recv().await
    }

    /// What is asked of the worker, from another task.
    pub fn handle(&self) -> LeaseHandle {
        LeaseHandle { requests: self.requests.clone() }
    }
}

impl Drop for Leases {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Asks a worker for something.
#[derive(Clone)]
pub struct LeaseHandle {
    requests: mpsc::Sender<Request>,
}

impl LeaseHandle {
    /// The sets whose units are to be read. Units of others are handed over.
    ///
    /// # Errors
    ///
    /// When the worker has ended.
    pub async fn want(&self, sets: HashSet<String>) -> Result<(), LeaseError> {
        self.send(Request::Want(sets)).await
    }

    /// Writes a checkpoint: all up to and with the position is settled. One before the present
    /// checkpoint changes nothing.
    ///
    /// # Errors
    ///
    /// When the lease is not held with this fence, or is lost meanwhile.
    pub async fn checkpoint(
        &self,
        unit: &UnitId,
        fence: u64,
        position: Position,
    ) -> Result<(), LeaseError> {
        let checkpoint = Checkpoint::At(position);
        self.ask(unit, fence, |done| Request::Checkpoint {
            unit: unit.clone(),
            fence,
            checkpoint,
            children: Vec::new(),
            done,
        })
        .await
    }

    /// All of the unit is settled, and no more comes; these units follow it.
    ///
    /// # Errors
    ///
    /// When the lease is not held with this fence, or is lost meanwhile.
    pub async fn finish(
        &self,
        unit: &UnitId,
        fence: u64,
        children: Vec<Child>,
    ) -> Result<(), LeaseError> {
        self.ask(unit, fence, |done| Request::Checkpoint {
            unit: unit.clone(),
            fence,
            checkpoint: Checkpoint::End,
            children,
            done,
        })
        .await
    }

    /// Gives the unit back, to who asked for it or to anybody.
    ///
    /// # Errors
    ///
    /// When the lease is not held with this fence, or is lost meanwhile.
    pub async fn release(&self, unit: &UnitId, fence: u64) -> Result<(), LeaseError> {
        self.ask(unit, fence, |done| Request::Release { unit: unit.clone(), fence, done }).await
    }

    /// What is shown of the unit: how far it is behind in milliseconds, and what went wrong last.
    /// It is left out when the worker is busy.
    pub fn note(&self, unit: &UnitId, lag_ms: Option<u64>, last_error: &str) {
        let (unit, last_error) = (unit.clone(), last_error.to_owned());
        // It is told again: that one is lost is no harm.
        drop(self.requests.try_send(Request::Note { unit, lag_ms, last_error }));
    }

    /// Nothing more is taken. What is held stays so until it is released.
    ///
    /// # Errors
    ///
    /// When the worker has ended.
    pub async fn close(&self) -> Result<(), LeaseError> {
        self.send(Request::Close).await
    }

    async fn ask(
        &self,
        unit: &UnitId,
        fence: u64,
        request: impl FnOnce(oneshot::Sender<bool>) -> Request,
    ) -> Result<(), LeaseError> {
        let (done, is_done) = oneshot::channel();
        self.send(request(done)).await?;
        match is_done.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(LeaseError::Fenced { unit: unit.to_string(), fence }),
            Err(_) => Err(LeaseError::Closed),
        }
    }

    async fn send(&self, request: Request) -> Result<(), LeaseError> {
        self.requests.send(request).await.map_err(|_| LeaseError::Closed)
    }
}
