//! A source in memory that does what a test wants, and remembers what it was told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::watch;
use weir_delivery::{Origin, RawRun, RunId};
use weir_flowlog::LogFormat;
use weir_ingest::{Commit, Source, SourceError, SourceEvent, Tracking};

pub(crate) type Event = SourceEvent<&'static str, usize>;

/// Yields what stands in its script; `End` when that is over, unless it is to wait for more.
pub(crate) struct Script {
    /// The runs of each part, for a second reading.
    parts: Vec<Part>,
    steps: VecDeque<Step>,
    notes: Notes,
    waits_at_end: bool,
    commit_errors: VecDeque<Option<SourceError>>,
    do_commits_hang: bool,
}

struct Part {
    name: &'static str,
    runs: Vec<RawRun>,
}

pub(crate) enum Step {
    Event(Event),
    Error(SourceError),
}

/// What the source was told.
#[derive(Clone)]
pub(crate) struct Notes(Arc<Mutex<Log>>, watch::Sender<usize>);

#[derive(Default)]
pub(crate) struct Log {
    pub(crate) commits: Vec<Commit<&'static str, usize>>,
    pub(crate) commit_calls: usize,
    pub(crate) rewinds: Vec<(&'static str, Option<usize>)>,
    pub(crate) runs_yielded: usize,
    pub(crate) taken_over: Vec<RunId>,
    pub(crate) is_stopped: bool,
    pub(crate) is_finished: bool,
}

impl Notes {
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Log) -> T) -> T {
        read(&self.0.lock().unwrap())
    }

    fn note(&self, note: impl FnOnce(&mut Log)) {
        note(&mut self.0.lock().unwrap());
        self.1.send_modify(|count| *count += 1);
    }

    /// Waits until the log is so.
    pub(crate) async fn wait_for(&self, mut is_so: impl FnMut(&Log) -> bool) {
        let mut changes = self.1.subscribe();
        let so = changes.wait_for(|_| self.read(&mut is_so));
        drop(tokio::time::timeout(Duration::from_secs(600), so).await.unwrap().unwrap());
    }

    pub(crate) fn positions(&self, part: &str) -> Vec<usize> {
        let is_of_part = |commit: &&Commit<&str, usize>| commit.part == part;
        self.read(|log| log.commits.iter().filter(is_of_part).filter_map(|c| c.position).collect())
    }

    pub(crate) fn done(&self) -> Vec<(&'static str, weir_delivery::Verdict)> {
        let done = |commit: &Commit<&'static str, usize>| Some((commit.part, commit.done?));
        self.read(|log| log.commits.iter().filter_map(done).collect())
    }
}

pub(crate) fn run_of(part: &str, number: usize, octets: usize) -> RawRun {
    RawRun {
        id: RunId::of_object(part.as_bytes(), b"", number as u64),
        origin: Arc::new(Origin { source: part.to_owned(), ..Origin::default() }),
        format: Arc::new(LogFormat::vpc_default()),
        first_line: 1,
        text: Bytes::from(vec![b'x'; octets]),
    }
}

impl Script {
    /// A part is opened, has so many runs of 100 octets, and is closed.
    pub(crate) fn of(part: &'static str, tracking: Tracking, runs: usize) -> Self {
        Self::empty().and(part, tracking, runs)
    }

    pub(crate) fn empty() -> Self {
        let notes = Notes(Arc::default(), watch::Sender::new(0));
        let (parts, steps, commit_errors) = (Vec::new(), VecDeque::new(), VecDeque::new());
        Self { parts, steps, notes, waits_at_end: false, commit_errors, do_commits_hang: false }
    }

    pub(crate) fn and(mut self, name: &'static str, tracking: Tracking, runs: usize) -> Self {
        let runs: Vec<_> = (0..runs).map(|number| run_of(name, number, 100)).collect();
        self.steps.push_back(Step::Event(SourceEvent::Opened { part: name, tracking }));
        self.parts.push(Part { name, runs });
        self.read_from(name, 0);
        self
    }

    pub(crate) fn then(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }

    /// Leaves out the last step.
    pub(crate) fn but_last(mut self) -> Self {
        self.steps.pop_back();
        self
    }

    /// Like a stream: there may always be more.
    pub(crate) fn endless(self) -> Self {
        Self { waits_at_end: true, ..self }
    }

    pub(crate) fn failing_commits(mut self, errors: impl IntoIterator<Item = SourceError>) -> Self {
        self.commit_errors.extend(errors.into_iter().map(Some));
        self
    }

    pub(crate) fn hanging_commits(self) -> Self {
        Self { do_commits_hang: true, ..self }
    }

    pub(crate) fn notes(&self) -> Notes {
        self.notes.clone()
    }

    fn read_from(&mut self, name: &'static str, position: usize) {
        let part = self.parts.iter().find(|part| part.name == name).unwrap();
        for (number, run) in part.runs.iter().enumerate().skip(position) {
            let (run, age) = (run.clone(), Duration::ZERO);
            let event = SourceEvent::Run { part: name, run, position: number + 1, age };
            self.steps.push_back(Step::Event(event));
        }
        self.steps.push_back(Step::Event(SourceEvent::Closed { part: name }));
    }
}

fn part_of(event: &Event) -> Option<&'static str> {
    match event {
        SourceEvent::Opened { part, .. }
        | SourceEvent::Run { part, .. }
        | SourceEvent::Closed { part } => Some(part),
        _ => None,
    }
}

#[async_trait]
impl Source for Script {
    type Part = &'static str;
    type Position = usize;

    async fn next(&mut self) -> Result<Event, SourceError> {
        assert!(!self.notes.read(|log| log.is_stopped), "nothing is read after the stop");
        match self.steps.pop_front() {
            Some(Step::Event(event)) => {
                if matches!(event, SourceEvent::Run { .. }) {
                    self.notes.note(|log| log.runs_yielded += 1);
                }
                Ok(event)
            }
            Some(Step::Error(error)) => Err(error),
            None if self.waits_at_end => std::future::pending().await,
            None => Ok(SourceEvent::End),
        }
    }

    async fn commit(&mut self, commits: &[Commit<&'static str, usize>]) -> Result<(), SourceError> {
        self.notes.note(|log| log.commit_calls += 1);
        if self.do_commits_hang {
            std::future::pending::<()>().await;
        }
        if let Some(Some(error)) = self.commit_errors.pop_front() {
            return Err(error);
        }
        self.notes.note(|log| {
            assert!(!log.is_finished, "nothing is committed after the end");
            log.commits.extend(commits.iter().cloned());
        });
        Ok(())
    }

    async fn rewind(&mut self, part: &&'static str, to: Option<&usize>) -> Result<(), SourceError> {
        let is_other =
            |step: &Step| !matches!(step, Step::Event(event) if part_of(event) == Some(part));
        self.steps.retain(is_other);
        self.read_from(part, to.copied().unwrap_or(0));
        self.notes.note(|log| log.rewinds.push((part, to.copied())));
        Ok(())
    }

    fn taken_over(&mut self, run: RunId) {
        self.notes.note(|log| log.taken_over.push(run));
    }

    fn stop_reading(&mut self) {
        self.notes.note(|log| log.is_stopped = true);
    }

    async fn finish(&mut self) -> Result<(), SourceError> {
        self.notes.note(|log| log.is_finished = true);
        Ok(())
    }
}
