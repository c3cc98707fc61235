//! The loop: reads while there is room, sends, takes answers, commits, rewinds, drains.

mod answers;
mod commits;
mod end;
mod events;
mod rewinds;
mod seldom;
mod wait;

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use weir_runtime::Shutdown;

use crate::config::IngestConfig;
use crate::dispatch::{Closed, DeliveryEvent, Dispatch, RunSender};
use crate::error::{Fault, SourceError};
use crate::input::{Input, Publisher};
use crate::ledger::Ledger;
use crate::source::Source;
use commits::Commits;
use end::Phase;
pub use end::{End, Report};
use rewinds::Rewinds;
use seldom::Seldom;
use wait::Wake;

/// How often levels are looked at.
const TICK: Duration = Duration::from_secs(1);

/// Reads `source` until it ends, cannot go on, or `shutdown` is requested; then what is in flight
/// has [`IngestConfig::grace`] to be done. Errors of the source that may pass never end it.
///
/// At most [`IngestConfig::max_octets_in_flight`] octets of text and one run more are held here;
/// the source and the dispatcher have bounds of their own.
pub async fn run<S, E>(
    source: S,
    dispatch: Dispatch<E>,
    input: Input,
    config: IngestConfig,
    shutdown: &Shutdown,
) -> Report
where
    S: Source,
    E: Into<DeliveryEvent> + Send,
{
    let publisher = Publisher::start(&input);
    let mut driver = Driver::new(source, dispatch, input, config, shutdown.clone());
    while !driver.is_over() {
        let wake = driver.wait().await;
        driver.handle(wake);
        driver.commit_what_is_due().await;
        driver.rewind_what_is_due().await;
    }
    drop(publisher);
    driver.finish().await
}

type Sending = Pin<Box<dyn Future<Output = Result<(), Closed>> + Send>>;

struct Driver<S: Source, E> {
    source: S,
    sender: Arc<dyn RunSender>,
    events: mpsc::Receiver<E>,
    input: Input,
    config: IngestConfig,
    ledger: Ledger<S::Part, S::Position>,
    commits: Commits<S::Part, S::Position>,
    rewinds: Rewinds<S::Part>,
    /// Why parts failed that are not done as yet.
    faults: HashMap<S::Part, Fault>,
    /// The run that waits for its room.
    sending: Option<Sending>,
    phase: Phase,
    shutdown: Shutdown,
    /// For lines about runs and parts that failed.
    failure_lines: Seldom,
    read_errors: Errors,
    next_tick: Instant,
}

/// Errors in a row, and how long not to try again.
#[derive(Debug, Default)]
struct Errors {
    count: u32,
    until: Option<Instant>,
}

impl<S, E> Driver<S, E>
where
    S: Source,
    E: Into<DeliveryEvent> + Send,
{
    fn new(
        source: S,
        dispatch: Dispatch<E>,
        input: Input,
        config: IngestConfig,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            shutdown,
            source,
            sender: dispatch.sender,
            events: dispatch.events,
            input,
            ledger: Ledger::new(config.max_runs_in_flight),
            commits: Commits::new(Instant::now() + config.commit_interval),
            rewinds: Rewinds::new(),
            faults: HashMap::new(),
            sending: None,
            phase: Phase::Reading,
            failure_lines: Seldom::default(),
            read_errors: Errors::default(),
            next_tick: Instant::now(),
            config,
        }
    }

    fn handle(&mut self, wake: Wake<S, E>) {
        match wake {
            Wake::Answer(Some(event)) => self.take_answer(event.into()),
            Wake::Answer(None) => self.stop(End::NoDispatcher),
            Wake::Sent(sent) => {
                self.sending = None;
                if sent.is_err() {
                    self.stop(End::NoDispatcher);
                }
            }
            Wake::Event(Ok(event)) => {
                self.read_errors = Errors::default();
                self.take_event(event);
            }
            Wake::Event(Err(error)) => self.take_read_error(error),
            Wake::Shutdown => self.stop(End::Drained),
            Wake::Time => {}
        }
        self.tick();
    }

    /// Whether the source may be asked for more.
    fn may_read(&self, now: Instant) -> bool {
        self.phase.is_reading()
            && self.sending.is_none()
            && self.read_errors.until.is_none_or(|until| until <= now)
            && self.ledger.octets() < self.config.max_octets_in_flight
            && self.ledger.has_room()
    }

    /// Shows an error of the source and says when to try again.
    fn show(&self, error: &SourceError, errors: &mut Errors, doing: &'static str) {
        errors.count = errors.count.saturating_add(1);
        let wait = self.config.backoff.wait(errors.count);
        errors.until = Some(Instant::now() + wait);
        let meter = &self.input.meter;
        let (input, reason, text) = (meter.name(), error.fault().name(), error.describe());
        let again_in_ms = wait.as_millis();
        tracing::warn!(input, doing, reason, again_in_ms, error = text, "source error");
        meter.source_error(error.fault());
        meter.show_error(&text);
    }

    fn tick(&mut self) {
        let now = Instant::now();
        if now < self.next_tick {
            return;
        }
        self.next_tick = now + TICK;
        let waiting = [self.ledger.oldest(), self.rewinds.oldest()].into_iter().flatten().min();
        let waiting = waiting.map(|since| now.saturating_duration_since(since));
        let lag = waiting.max(self.source.behind());
        self.input.meter.levels(self.ledger.in_flight(), self.ledger.octets(), lag);
    }
}
