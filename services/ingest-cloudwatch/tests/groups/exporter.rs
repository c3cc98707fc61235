//! The other end: notes what comes and answers it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::mpsc;
use weir_delivery::{Answer, RawRun, RunId};
use weir_ingest::{Closed, DeliveryEvent, Dispatch, RunSender};
use weir_testkit::wait_for_async;

/// What all exporters of a test got. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Arrivals(Arc<Mutex<Got>>);

#[derive(Default)]
pub(crate) struct Got {
    /// How often each line came.
    pub(crate) lines: HashMap<String, u64>,
    /// The fields that each line was sent with at last.
    pub(crate) formats: HashMap<String, String>,
    /// How often each run came.
    pub(crate) runs: HashMap<RunId, u64>,
}

/// What to do with the run of this number, from 1.
pub(crate) type Decide = Box<dyn FnMut(u64) -> Treatment + Send>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Treatment {
    Commit,
    /// It is exported, and nobody hears of it.
    Silence,
    /// It was lost, and not exported.
    Forget,
}

impl Arrivals {
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Got) -> T) -> T {
        look(&self.0.lock().unwrap())
    }

    /// Different lines so far.
    pub(crate) fn lines(&self) -> usize {
        self.with(|got| got.lines.len())
    }

    /// How often lines came that had come before.
    pub(crate) fn repeated(&self) -> u64 {
        self.with(|got| got.lines.values().map(|times| times - 1).sum())
    }

    pub(crate) async fn wait_for(&self, lines: usize) {
        let what = format!("{lines} lines");
        wait_for_async(&what, || async { (self.lines() >= lines).then_some(()) }).await;
    }

    fn take(&self, run: &RawRun, is_exported: bool) {
        let mut got = self.0.lock().unwrap();
        *got.runs.entry(run.id).or_default() += 1;
        if is_exported {
            let text = String::from_utf8(run.text.to_vec()).unwrap();
            for line in text.lines() {
                got.formats.insert(line.to_owned(), run.format.to_string());
                *got.lines.entry(line.to_owned()).or_default() += 1;
            }
        }
    }

    /// An exporter that decides of each run what becomes of it.
    pub(crate) fn exporter(&self, mut decide: Decide) -> Dispatch<DeliveryEvent> {
        let (sender, mut runs) = mpsc::channel::<RawRun>(1);
        let (told, events) = mpsc::channel(16);
        let this = self.clone();
        tokio::spawn(async move {
            let mut number = 0;
            while let Some(run) = runs.recv().await {
                number += 1;
                let treatment = decide(number);
                this.take(&run, treatment != Treatment::Forget);
                let answer = match treatment {
                    Treatment::Commit => Answer::Committed,
                    Treatment::Forget => Answer::Unknown,
                    Treatment::Silence => continue,
                };
                if told.send(DeliveryEvent::Done { run: run.id, answer }).await.is_err() {
                    return;
                }
            }
        });
        Dispatch { sender: Arc::new(Pipe(sender)), events }
    }

    /// One that commits all.
    pub(crate) fn committing(&self) -> Dispatch<DeliveryEvent> {
        self.exporter(Box::new(|_| Treatment::Commit))
    }
}

struct Pipe(mpsc::Sender<RawRun>);

#[async_trait]
impl RunSender for Pipe {
    async fn send(&self, run: RawRun) -> Result<(), Closed> {
        self.0.send(run).await.map_err(|_| Closed)
    }
}
