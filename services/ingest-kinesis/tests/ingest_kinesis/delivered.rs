//! An exporter that remembers what it was given, and an oracle over it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use weir_delivery::{Answer, RawRun};
use weir_ingest::{Closed, DeliveryEvent, Dispatch, RunSender};
use weir_testkit::wait_for_async;

/// What all exporters of a test were given.
#[derive(Clone, Default)]
pub(crate) struct Delivered(Arc<Mutex<Vec<RawRun>>>);

impl Delivered {
    pub(crate) fn runs(&self) -> Vec<RawRun> {
        self.0.lock().unwrap().clone()
    }

    /// How often each line came.
    pub(crate) fn lines(&self) -> BTreeMap<String, usize> {
        let mut lines = BTreeMap::new();
        for run in self.runs() {
            for line in str::from_utf8(&run.text).unwrap().lines() {
                *lines.entry(line.to_owned()).or_default() += 1;
            }
        }
        lines
    }

    /// Waits until all of these lines are there.
    pub(crate) async fn wait_for(&self, lines: &[String]) {
        let are_there = async || {
            let found = self.lines();
            lines.iter().all(|line| found.contains_key(line)).then_some(())
        };
        wait_for_async("all lines", are_there).await;
    }

    /// Lines that came more than once.
    pub(crate) fn repeated(&self) -> usize {
        self.lines().values().filter(|count| **count > 1).count()
    }

    /// An exporter that commits what it takes while `commits` says so, and holds the rest.
    pub(crate) fn exporter(&self, commits: watch::Receiver<bool>) -> Dispatch<DeliveryEvent> {
        let (answers, events) = mpsc::channel(10_000);
        let sender = Exporter { delivered: self.clone(), answers, commits };
        Dispatch { sender: Arc::new(sender), events }
    }
}

struct Exporter {
    delivered: Delivered,
    answers: mpsc::Sender<DeliveryEvent>,
    commits: watch::Receiver<bool>,
}

#[async_trait]
impl RunSender for Exporter {
    async fn send(&self, run: RawRun) -> Result<(), Closed> {
        let id = run.id;
        self.delivered.0.lock().unwrap().push(run);
        let (answers, mut commits) = (self.answers.clone(), self.commits.clone());
        tokio::spawn(async move {
            if commits.wait_for(|commits| *commits).await.is_ok() {
                let done = DeliveryEvent::Done { run: id, answer: Answer::Committed };
                answers.send(done).await.unwrap_or_default();
            }
        });
        Ok(())
    }
}
