//! What became of the runs.

use tokio::time::Instant;
use tracing::warn;
use weir_delivery::{Answer, RunId, RunRejection, Verdict};

use super::Driver;
use crate::dispatch::DeliveryEvent;
use crate::source::Source;

impl<S, E> Driver<S, E>
where
    S: Source,
    E: Into<DeliveryEvent> + Send,
{
    pub(super) fn take_answer(&mut self, event: DeliveryEvent) {
        let (DeliveryEvent::Accepted(run) | DeliveryEvent::Done { run, .. }) = event;
        self.source.taken_over(run);
        match event {
            DeliveryEvent::Accepted(run) => self.ledger.accept(run),
            DeliveryEvent::Done { run, answer: Answer::Committed } => {
                self.settle(run, Verdict::Committed, None);
            }
            DeliveryEvent::Done { run, answer: Answer::Rejected(rejection) } => {
                self.settle(run, Verdict::Rejected, Some(rejection));
            }
            // What is not known to be delivered is not delivered.
            DeliveryEvent::Done { run, .. } => self.lose(run),
        }
    }

    /// An answer to a run that nobody waits for means nothing: the part was revoked, or has
    /// been read again in another way.
    fn settle(&mut self, run: RunId, verdict: Verdict, rejection: Option<RunRejection>) {
        let Some(landed) = self.ledger.settle(run, verdict) else { return };
        match rejection {
            None => self.input.meter.committed(),
            Some(rejection) => {
                let (input, source) = (self.input.meter.name(), &landed.origin.source);
                let reason = rejection.name();
                if let Some(not_shown) = self.failure_lines.allow() {
                    warn!(input, source, %run, reason, not_shown, "a run can never be delivered");
                }
                self.input.meter.rejected(rejection);
                self.input.meter.show_error(&format!("{source}: run {run} rejected: {reason}"));
            }
        }
        self.settled(landed.commits);
    }

    fn lose(&mut self, run: RunId) {
        let Some((since, parts)) = self.ledger.lose(run) else { return };
        let due = Instant::now() + self.config.rewind_delay;
        for part in parts {
            self.rewinds.add(part, due, since);
        }
    }
}
