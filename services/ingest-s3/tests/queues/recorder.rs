//! The other end: it remembers each run and answers as a test wants.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::mpsc;
use weir_delivery::{Answer, RawRun, RunId};
use weir_ingest::{Closed, DeliveryEvent, Dispatch, RunSender};

/// What becomes of a run that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It is committed at once.
    Commit,
    /// It is accepted and held.
    Accept,
    /// It waits in a queue.
    Wait,
}

#[derive(Clone)]
pub(crate) struct Recorder {
    state: Arc<Mutex<State>>,
    events: mpsc::Sender<DeliveryEvent>,
}

struct State {
    manner: Manner,
    runs: Vec<RawRun>,
}

impl Recorder {
    pub(crate) fn new(manner: Manner) -> (Self, Dispatch<DeliveryEvent>) {
        let (events, told) = mpsc::channel(10_000);
        let state = Arc::new(Mutex::new(State { manner, runs: Vec::new() }));
        let recorder = Self { state, events };
        (recorder.clone(), Dispatch { sender: Arc::new(recorder), events: told })
    }

    /// How runs that come from now on are treated.
    pub(crate) fn set(&self, manner: Manner) {
        self.state.lock().unwrap().manner = manner;
    }

    /// The runs so far, those that came again too.
    pub(crate) fn runs(&self) -> Vec<RunId> {
        self.state.lock().unwrap().runs.iter().map(|run| run.id).collect()
    }

    /// The runs so far with all that is in them.
    pub(crate) fn whole_runs(&self) -> Vec<RawRun> {
        self.state.lock().unwrap().runs.clone()
    }

    /// How often each line has come.
    pub(crate) fn lines(&self) -> BTreeMap<String, usize> {
        let mut lines = BTreeMap::new();
        for run in &self.state.lock().unwrap().runs {
            for line in std::str::from_utf8(&run.text).unwrap().lines() {
                *lines.entry(line.to_owned()).or_default() += 1;
            }
        }
        lines
    }

    pub(crate) fn answer(&self, run: RunId, answer: Answer) {
        self.tell(DeliveryEvent::Done { run, answer });
    }

    /// Commits everything that has come.
    pub(crate) fn commit_all(&self) {
        self.runs().into_iter().for_each(|run| self.answer(run, Answer::Committed));
    }

    fn tell(&self, event: DeliveryEvent) {
        self.events.try_send(event).expect("room for what a test says");
    }
}

#[async_trait]
impl RunSender for Recorder {
    async fn send(&self, run: RawRun) -> Result<(), Closed> {
        let id = run.id;
        let manner = {
            let mut state = self.state.lock().unwrap();
            state.runs.push(run);
            state.manner
        };
        match manner {
            Manner::Commit => self.answer(id, Answer::Committed),
            Manner::Accept => self.tell(DeliveryEvent::Accepted(id)),
            Manner::Wait => {}
        }
        Ok(())
    }
}
