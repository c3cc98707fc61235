//! The thread that the metrics page and exports live on.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tracing::debug;

/// The most threads that look up the names of hosts.
const BLOCKING_THREADS: usize = 2;

/// How long the thread may take to end; it only ever takes as long as one answer.
const STOP_LIMIT: Duration = Duration::from_secs(1);

/// A thread with a runtime of its own. Ends when it is dropped.
#[derive(Debug)]
pub(super) struct Background {
    handle: Handle,
    /// Dropped to end the thread.
    stop: oneshot::Sender<()>,
    /// Disconnected once the thread has ended.
    ended: Receiver<()>,
}

impl Background {
    pub(super) fn start() -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(BLOCKING_THREADS)
            .build()
            .context("the runtime of telemetry could not be started")?;
        let handle = runtime.handle().clone();
        let (stop, wait) = oneshot::channel();
        let (running, ended) = sync_channel(1);
        thread::Builder::new()
            .name("telemetry".to_owned())
            .spawn(move || run(runtime, wait, running))
            .context("the thread of telemetry could not be started")?;
        Ok(Self { handle, stop, ended })
    }

    /// Where tasks can be spawned.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Drops all tasks: the page is closed when this returns.
    pub(super) fn stop(self) {
        drop(self.stop);
        if self.ended.recv_timeout(STOP_LIMIT) == Err(RecvTimeoutError::Timeout) {
            debug!("the thread of telemetry is left behind");
        }
    }
}

/// Drops `running` when all is over.
fn run(runtime: Runtime, stop: oneshot::Receiver<()>, running: SyncSender<()>) {
    // Nothing is ever sent: the sender's end is the sign.
    drop(runtime.block_on(stop));
    runtime.shutdown_background();
    drop(running);
}
