//! A line of the log for each change that somebody asks for.

use std::future::Future;
use std::time::Duration;

use tonic::{Response, Status};

use super::state::Console;
use crate::http::Caller;
use crate::view::Problem;

impl Console {
    /// Makes a change: `what` is the call, `subject` what it is made to. No secret is among them.
    pub(super) async fn change<T>(
        &self,
        caller: &Caller,
        (what, subject): (&str, &str),
        patience: Duration,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Problem> {
        let answer = self.clients.ask(patience, call).await;
        self.gate.metrics.changed(answer.is_ok());
        let who = caller.who();
        match &answer {
            Ok(_) => tracing::info!(target: "audit", who, what, subject, "a change was made"),
            Err(problem) => {
                let reason = problem.beside(&[]).join("; ");
                tracing::info!(target: "audit", who, what, subject, reason, "a change was refused");
            }
        }
        answer
    }
}
