//! A connection between a sender of runs and a receiver: over gRPC, or inside one process.

mod client;
mod heartbeat;
mod remote;
mod server;

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;
use weir_delivery::{RunAnswer, RunId, RunRejection};

pub use client::{open_enrich, open_export};
pub use heartbeat::HEARTBEAT;
pub use remote::{Local, Remote};
pub use server::{EnrichRequests, EnrichResponses, ExportRequests, ExportResponses};
pub use server::{enrich_end, export_end};

/// Messages that wait on their way, in each direction. Runs are bounded by their octets: a
/// sender keeps to its budget.
pub const LINK_QUEUE: usize = 64;

/// Messages with answers that wait for a sender to read them.
pub const ANSWER_QUEUE: usize = 16;

/// The most answers in a message: far below the longest message that is read.
pub const MAX_ANSWERS: usize = 4096;

/// What a sender says.
#[derive(Debug)]
pub struct ToReceiver<T> {
    /// Runs; each is answered.
    pub runs: Vec<T>,
    /// Runs that could not be read from the wire: they are only to be answered.
    pub refused: Vec<(RunId, RunRejection)>,
    /// Accepted runs of an earlier link: they are answered too.
    pub resume: Vec<RunId>,
}

impl<T> Default for ToReceiver<T> {
    fn default() -> Self {
        Self { runs: Vec::new(), refused: Vec::new(), resume: Vec::new() }
    }
}

impl<T> ToReceiver<T> {
    /// Runs alone.
    pub fn runs(runs: Vec<T>) -> Self {
        Self { runs, ..Self::default() }
    }

    /// Announced runs alone.
    pub fn resume(resume: Vec<RunId>) -> Self {
        Self { resume, ..Self::default() }
    }
}

/// What a receiver says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromReceiver {
    /// Answers; none is a heartbeat.
    Answers(Vec<RunAnswer>),
    /// It takes no more runs over this link: end your half, the answers that are left will come.
    Closing,
}

/// Messages as they come; an error ends the link.
pub type Incoming<M> = Pin<Box<dyn Stream<Item = Result<M, Status>> + Send>>;

/// The sender's end. Dropping `requests` ends the sender's half.
pub struct SenderEnd<T> {
    /// What is said to the receiver.
    pub requests: mpsc::Sender<ToReceiver<T>>,
    /// What the receiver says, a heartbeat at least every [`HEARTBEAT`]. It ends when all is
    /// answered after the sender's half has ended.
    pub responses: Incoming<FromReceiver>,
}

/// The receiver's end. Dropping `responses` ends the link.
pub struct ReceiverEnd<T> {
    /// What the sender says.
    pub requests: Incoming<ToReceiver<T>>,
    /// What is said to the sender. It stays full only where the sender does not read.
    pub responses: mpsc::Sender<FromReceiver>,
}

/// A link inside one process.
pub fn in_process<T: Send + 'static>() -> (SenderEnd<T>, ReceiverEnd<T>) {
    let (requests, received) = mpsc::channel(LINK_QUEUE);
    let (responses, answers) = mpsc::channel(ANSWER_QUEUE);
    let sender = SenderEnd { requests, responses: Box::pin(heartbeat::with_heartbeats(answers)) };
    let requests: Incoming<_> = Box::pin(ReceiverStream::new(received).map(Ok));
    (sender, ReceiverEnd { requests, responses })
}
