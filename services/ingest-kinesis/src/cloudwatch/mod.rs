//! Puts metrics to CloudWatch, as the Kinesis Client Library does.
//!
//! - here: when, and what becomes of failures;
//! - `queue`: what waits, bounded;
//! - `datum`: a metric as CloudWatch takes it;
//! - `client`: whose credentials;
//! - `counts`: what was put and what was dropped.
//!
//! Reading never waits for it: values are added up in `kcl::samples`, and what cannot be put waits
//! here, or is dropped and counted.

mod client;
mod counts;
mod datum;
mod publisher;
mod queue;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use weir_aws::FollowedAccounts;

use crate::config::CloudWatchConfig;
use crate::kcl::Kcl;
use crate::streams::StreamTrouble;
use counts::{Counts, Dropped};
use publisher::Publisher;
use queue::Queue;

/// How long the end may take.
const END: Duration = Duration::from_secs(2);

/// A task that puts metrics to CloudWatch. It ends with this value.
pub(crate) struct Publishing {
    ending: Option<oneshot::Sender<()>>,
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    task: JoinHandle<()>,
}

impl Publishing {
    /// Starts to put what `kcl` measures; the loop is told of what goes wrong.
    pub(crate) fn start(
        config: CloudWatchConfig,
        accounts: FollowedAccounts,
        kcl: Arc<Kcl>,
        trouble: mpsc::Sender<StreamTrouble>,
    ) -> Self {
        let (ending, ended) = oneshot::channel();
        let (queue, counts) = (Arc::new(Queue::default()), Arc::new(Counts::new()));
        let publisher =
            Publisher::new(config, accounts, kcl, trouble, Arc::clone(&queue), Arc::clone(&counts));
        let task = tokio::spawn(publisher.run(ended));
        Self { ending: Some(ending), queue, counts, task }
    }

    /// Puts what is left, within 2 s; what then still waits is dropped.
    pub(crate) async fn end(mut self) {
        drop(self.ending.take());
        // It has no other way to fail than to be late.
        drop(tokio::time::timeout(END, &mut self.task).await);
        let left = self.queue.clear();
        if left > 0 {
            tracing::warn!(left, "metrics were not put to CloudWatch before the end");
            self.counts.dropped(Dropped::Ended, left);
        }
    }
}

impl Drop for Publishing {
    fn drop(&mut self) {
        self.task.abort();
    }
}
