//! A message that is ours.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use crate::queue::{Queue, Received};

/// A message that is ours until it is let go: deleted, left for redrive, lost or given back.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) queue: Arc<Queue>,
    /// Tells it from all others of this process: one message may be received twice.
    pub(crate) number: u64,
    /// What SQS calls it.
    pub(crate) id: String,
    /// The receipt handle.
    pub(crate) handle: String,
    sent: Option<SystemTime>,
    /// Parts that are not done.
    left: AtomicUsize,
    has_failed: AtomicBool,
    is_lost: AtomicBool,
    let_go: CancellationToken,
}

impl Message {
    /// The message, and its body.
    pub(crate) fn new(queue: Arc<Queue>, received: Received, number: u64) -> (Self, String) {
        let Received { id, handle, body, sent } = received;
        let message = Self {
            queue,
            number,
            id,
            handle,
            sent,
            left: AtomicUsize::new(0),
            has_failed: AtomicBool::new(false),
            is_lost: AtomicBool::new(false),
            let_go: CancellationToken::new(),
        };
        (message, body)
    }

    /// How long ago it was sent.
    pub(crate) fn age(&self, now: SystemTime) -> Option<Duration> {
        now.duration_since(self.sent?).ok()
    }

    /// It has so many parts. Said before any of them is done.
    pub(crate) fn has_parts(&self, parts: usize) {
        self.left.store(parts, Ordering::Release);
    }

    /// One more part is done.
    pub(crate) fn part_done(&self, has_failed: bool) {
        if has_failed {
            self.has_failed.store(true, Ordering::Release);
        }
        self.left.fetch_sub(1, Ordering::AcqRel);
    }

    /// Whether all parts are done.
    pub(crate) fn is_done(&self) -> bool {
        self.left.load(Ordering::Acquire) == 0
    }

    /// Whether a part of it could not be done.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Acquire)
    }

    /// It is not ours any more. Whether it was until now.
    pub(crate) fn lose(&self) -> bool {
        let was_ours = !self.is_let_go();
        self.is_lost.store(true, Ordering::Release);
        self.let_go.cancel();
        was_ours
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// Nobody keeps it any longer.
    pub(crate) fn release(&self) {
        self.let_go.cancel();
    }

    pub(crate) fn is_let_go(&self) -> bool {
        self.let_go.is_cancelled()
    }

    /// Waits until it is let go.
    pub(crate) async fn let_go(&self) {
        self.let_go.cancelled().await;
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.id, self.queue.name())
    }
}
