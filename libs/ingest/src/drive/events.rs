//! What the source says.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, warn};
use weir_delivery::{RawRun, TrackError, Verdict};

use super::Driver;
use super::end::{End, Phase};
use crate::dispatch::DeliveryEvent;
use crate::error::{Fault, SourceError};
use crate::source::{CommitOf, EventOf, Source, SourceEvent};

impl<S, E> Driver<S, E>
where
    S: Source,
    E: Into<DeliveryEvent> + Send,
{
    pub(super) fn take_event(&mut self, event: EventOf<S>) {
        match event {
            SourceEvent::Opened { part, tracking } => {
                self.commits.reopen(&part);
                self.ledger.open(part, tracking);
            }
            SourceEvent::Run { part, run, position, age } => {
                self.take_run(&part, run, position, age);
            }
            SourceEvent::Passed { part, run, position } => {
                match self.ledger.pass(&part, run, position) {
                    Ok(commit) => self.settled(commit),
                    Err(refused) => self.show_refusal(&part.to_string(), &refused),
                }
            }
            SourceEvent::Closed { part } => {
                let commit = self.ledger.close(&part);
                self.settled(commit);
            }
            SourceEvent::Failed { part, error } => {
                self.show_failure(&part.to_string(), &error, "left out");
                self.faults.insert(part.clone(), error.fault());
                let commit = self.ledger.fail(&part);
                self.settled(commit);
            }
            SourceEvent::Revoked { part } => {
                self.ledger.forget(&part);
                self.commits.forget(&part);
                self.rewinds.forget(&part);
                self.faults.remove(&part);
            }
            SourceEvent::Unreadable { name, error } => {
                self.show_failure(&name, &error, "left out");
                self.input.meter.unit_failed(error.fault());
            }
            SourceEvent::Delayed { name, error } => {
                self.show_failure(&name, &error, "delayed");
                self.input.meter.source_error(error.fault());
            }
            SourceEvent::End => self.phase = Phase::Ended,
        }
    }

    fn take_run(&mut self, part: &S::Part, run: RawRun, position: S::Position, age: Duration) {
        self.input.meter.read(&run);
        let now = Instant::now();
        let since = now.checked_sub(age).unwrap_or(now);
        let id = run.id;
        match self.ledger.enter(part, &run, position, since) {
            Ok(entered) => {
                self.settled(entered.commit);
                if entered.is_resent {
                    self.input.meter.resent();
                }
                if entered.is_to_be_sent {
                    let sender = Arc::clone(&self.sender);
                    self.sending = Some(Box::pin(async move { sender.send(run).await }));
                } else if !self.ledger.holds(id) {
                    self.source.taken_over(id);
                }
            }
            // It is not sent and holds nothing up, so that it is not delivered either: whoever
            // has the part now reads it, or it is read again.
            Err(refused) => {
                self.show_refusal(&part.to_string(), &refused);
                self.source.taken_over(id);
            }
        }
    }

    fn show_refusal(&self, part: &str, refused: &TrackError) {
        let input = self.input.meter.name();
        error!(input, part, error = %refused, "a run was not taken");
    }

    /// Notes what may be committed.
    pub(super) fn settled(&mut self, commits: impl IntoIterator<Item = CommitOf<S>>) {
        for commit in commits {
            match commit.done {
                Some(Verdict::Committed) => self.input.meter.unit_done(),
                Some(Verdict::Rejected) => {
                    let fault = self.faults.remove(&commit.part);
                    self.input.meter.unit_failed(fault.unwrap_or(Fault::Rejected));
                }
                None => {}
            }
            if commit.done.is_some() {
                self.rewinds.forget(&commit.part);
            }
            self.commits.add(commit);
        }
    }

    pub(super) fn take_read_error(&mut self, error: SourceError) {
        let mut errors = std::mem::take(&mut self.read_errors);
        self.show(&error, &mut errors, "read");
        self.read_errors = errors;
        if error.is_fatal() {
            self.stop(End::Fatal(error));
        }
    }

    fn show_failure(&mut self, name: &str, error: &SourceError, outcome: &'static str) {
        let meter = &self.input.meter;
        let (input, reason, text) = (meter.name(), error.fault().name(), error.describe());
        if let Some(not_shown) = self.failure_lines.allow() {
            warn!(input, name, reason, not_shown, error = text, "{outcome}");
        }
        meter.show_error(&format!("{name}: {text}"));
    }
}
