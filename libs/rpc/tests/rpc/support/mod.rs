//! Servers that answer, clients that call them, and waiting with a deadline.

mod certificates;
mod server;
mod services;

use std::future::Future;
use std::time::Duration;

pub(crate) use certificates::Authority;
pub(crate) use server::{TestServer, admin_client, data_client, plaintext};

/// How long anything may take before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The value of `future`, which has to come in time.
#[track_caller]
pub(crate) fn soon<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let place = std::panic::Location::caller();
    async move {
        let result = tokio::time::timeout(DEADLINE, future).await;
        result.unwrap_or_else(|_| panic!("not in time: {place}"))
    }
}

/// Tries until `attempt` gives a value.
#[track_caller]
pub(crate) fn eventually<T, F: Future<Output = Option<T>>>(
    mut attempt: impl FnMut() -> F,
) -> impl Future<Output = T> {
    soon(async move {
        loop {
            if let Some(value) = attempt().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
