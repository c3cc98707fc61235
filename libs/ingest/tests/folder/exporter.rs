//! An exporter that remembers what came, and answers as a test wants.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::{mpsc, watch};
use weir_delivery::{Answer, RawRun, RunId};
use weir_ingest::{Closed, DeliveryEvent, Dispatch, RunSender};

#[derive(Clone)]
pub(crate) struct Exporter(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    changed: watch::Sender<usize>,
    events: mpsc::Sender<DeliveryEvent>,
}

#[derive(Default)]
struct State {
    /// All that came, also twice.
    runs: Vec<RawRun>,
    held: Vec<RunId>,
    committed: HashSet<RunId>,
    is_holding: bool,
}

impl Exporter {
    pub(crate) fn new() -> (Self, Dispatch<DeliveryEvent>) {
        let (events, told) = mpsc::channel(1000);
        let (state, changed) = (Mutex::default(), watch::Sender::new(0));
        let exporter = Self(Arc::new(Inner { state, changed, events }));
        let dispatch = Dispatch { sender: Arc::new(exporter.clone()), events: told };
        (exporter, dispatch)
    }

    /// From now on runs are accepted and not committed.
    pub(crate) fn hold(&self) {
        self.0.state.lock().unwrap().is_holding = true;
    }

    /// From now on runs are committed; those that were held first.
    pub(crate) async fn commit_held(&self) {
        self.answer_held(Answer::Committed).await;
    }

    /// As if it had been started anew: what it held it does not know.
    pub(crate) async fn forget_held(&self) {
        self.answer_held(Answer::Unknown).await;
    }

    async fn answer_held(&self, answer: Answer) {
        let held = {
            let mut state = self.0.state.lock().unwrap();
            state.is_holding = false;
            let held = std::mem::take(&mut state.held);
            if answer == Answer::Committed {
                state.committed.extend(&held);
            }
            held
        };
        for run in held {
            self.0.events.send(DeliveryEvent::Done { run, answer }).await.unwrap();
        }
    }

    pub(crate) fn runs(&self) -> Vec<RawRun> {
        self.0.state.lock().unwrap().runs.clone()
    }

    pub(crate) fn ids(&self) -> HashSet<RunId> {
        self.runs().iter().map(|run| run.id).collect()
    }

    /// The lines of all runs, in the order in which they came, each run once.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut seen = HashSet::new();
        let runs = self.runs();
        let once = runs.iter().filter(|run| seen.insert(run.id));
        let text = |run: &RawRun| String::from_utf8(run.text.to_vec()).unwrap();
        once.flat_map(|run| text(run).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// The lines of the runs that were committed.
    pub(crate) fn committed(&self) -> HashSet<String> {
        let state = self.0.state.lock().unwrap();
        let committed = state.runs.iter().filter(|run| state.committed.contains(&run.id));
        let text = |run: &RawRun| String::from_utf8(run.text.to_vec()).unwrap();
        committed.flat_map(|run| text(run).lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<usize> {
        self.0.changed.subscribe()
    }
}

#[async_trait]
impl RunSender for Exporter {
    async fn send(&self, run: RawRun) -> Result<(), Closed> {
        let id = run.id;
        let event = {
            let mut state = self.0.state.lock().unwrap();
            state.runs.push(run);
            if state.is_holding {
                state.held.push(id);
                DeliveryEvent::Accepted(id)
            } else {
                state.committed.insert(id);
                DeliveryEvent::Done { run: id, answer: Answer::Committed }
            }
        };
        self.0.changed.send_modify(|count| *count += 1);
        self.0.events.send(event).await.map_err(|_| Closed)
    }
}
