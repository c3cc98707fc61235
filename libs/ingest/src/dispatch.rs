//! The seam between the loop and what takes its runs.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::mpsc;
use weir_delivery::{Answer, RawRun, RunId};
use weir_rpc::dispatcher::{Delivery, Dispatcher};

/// Takes runs to their receivers. Retries happen inside.
#[async_trait]
pub trait RunSender: Send + Sync {
    /// Hands over a run; waits until the budget of runs that no receiver has taken over has room.
    /// A run that is in flight already is left out: there is one answer. Dropping the future
    /// loses the run.
    ///
    /// # Errors
    ///
    /// When nothing is sent any more.
    async fn send(&self, run: RawRun) -> Result<(), Closed>;
}

/// Nothing is sent any more: the process is about to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("runs are no longer sent; start the service again")]
pub struct Closed;

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryEvent {
    /// The exporter has taken it over; its octets are off our hands.
    Accepted(RunId),
    /// Its final answer has come.
    Done {
        /// The run.
        run: RunId,
        /// Committed, rejected or unknown. Anything else counts as not delivered.
        answer: Answer,
    },
}

/// Where runs go, and where it is told what became of them.
pub struct Dispatch<E> {
    /// Takes the runs.
    pub sender: Arc<dyn RunSender>,
    /// What became of them.
    pub events: mpsc::Receiver<E>,
}

#[async_trait]
impl RunSender for Dispatcher<RawRun> {
    async fn send(&self, run: RawRun) -> Result<(), Closed> {
        Dispatcher::send(self, run).await.map_err(|_| Closed)
    }
}

impl From<Delivery<RawRun>> for DeliveryEvent {
    fn from(delivery: Delivery<RawRun>) -> Self {
        match delivery {
            Delivery::Accepted { run, .. } => Self::Accepted(run),
            Delivery::Done { run, answer, .. } => Self::Done { run, answer },
        }
    }
}
