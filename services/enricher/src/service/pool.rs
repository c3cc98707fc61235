//! Threads that parse and enrich, so that the async runtime never waits for them.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use arc_swap::ArcSwapOption;
use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use weir_delivery::{EnrichedRun, RawRun, RunId};
use weir_ipfix::RecordGroup;

use super::encoder::{Encoder, Tools};

/// Runs that wait for each thread.
const QUEUE: usize = 2;

/// What comes of a run.
#[derive(Debug)]
pub(super) enum Enriched {
    Run(EnrichedRun),
    /// Its lines made a thread panic; nothing of it was kept.
    Failed(RunId),
}

/// Takes runs; what comes of them goes over a channel.
pub(super) struct Pool {
    jobs: Sender<Job>,
    room: Arc<Semaphore>,
    spare: Sender<Vec<RecordGroup>>,
}

struct Job {
    run: RawRun,
    _permit: Option<OwnedSemaphorePermit>,
}

/// One thread.
struct Worker {
    tools: Arc<ArcSwapOption<Tools>>,
    jobs: Receiver<Job>,
    spare: Receiver<Vec<RecordGroup>>,
    results: mpsc::Sender<Enriched>,
}

impl Pool {
    /// Starts the threads, which take `tools` anew for each run. There must be tools before the
    /// first run is submitted.
    ///
    /// # Errors
    ///
    /// When the system gives no thread.
    pub(super) fn start(
        threads: NonZeroUsize,
        tools: &Arc<ArcSwapOption<Tools>>,
        results: &mpsc::Sender<Enriched>,
    ) -> std::io::Result<Self> {
        let most = threads.get() * (1 + QUEUE);
        let (jobs, taken) = bounded(most);
        let (spare, spares) = bounded(4 * most);
        for number in 0..threads.get() {
            let worker = Worker {
                tools: Arc::clone(tools),
                jobs: taken.clone(),
                spare: spares.clone(),
                results: results.clone(),
            };
            let name = format!("enricher-{number}");
            thread::Builder::new().name(name).spawn(move || worker.work())?;
        }
        Ok(Self { jobs, room: Arc::new(Semaphore::new(most)), spare })
    }

    /// Hands a run over, once a thread has room for it.
    pub(super) async fn submit(&self, run: RawRun) {
        // Never closed, so that there always is a permit; then the queue has a place.
        let permit = Arc::clone(&self.room).acquire_owned().await.ok();
        drop(self.jobs.try_send(Job { run, _permit: permit }));
    }

    /// Takes groups of a run that is done with: others use their memory.
    pub(super) fn recycle(&self, groups: Vec<RecordGroup>) {
        // A full queue has enough of them.
        drop(self.spare.try_send(groups));
    }
}

impl Worker {
    fn work(self) {
        let mut current: Option<(Arc<Tools>, Encoder)> = None;
        for Job { run, _permit } in &self.jobs {
            let Some(tools) = self.tools.load_full() else { continue };
            if !matches!(&current, Some((used, _)) if Arc::ptr_eq(used, &tools)) {
                current = Encoder::new(&tools).map(|encoder| (Arc::clone(&tools), encoder));
            }
            let Some((_, encoder)) = &mut current else { continue };
            if let Ok(groups) = self.spare.try_recv() {
                encoder.recycle(groups);
            }
            let result = catch_unwind(AssertUnwindSafe(|| encoder.encode(&run.as_run())));
            let result = result.map(share).map_or(Enriched::Failed(run.id), Enriched::Run);
            if matches!(result, Enriched::Failed(_)) {
                current = None;
            }
            if self.results.blocking_send(result).is_err() {
                return;
            }
        }
    }
}

/// Lets the octets be sent without a copy.
fn share(mut run: EnrichedRun) -> EnrichedRun {
    run.groups.iter_mut().for_each(|group| drop(group.bytes.share()));
    run
}
