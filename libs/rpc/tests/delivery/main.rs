//! Both sides of the delivery contract, inside one process and with a clock that the tests move.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail at any step")]

mod breakable;
mod dispatcher;
mod receiver;
mod simulation;

use std::time::Duration;

use tokio::time::timeout;
use weir_delivery::{Answer, Payload, RetryReason, RunAnswer, RunId};

/// A run that only has an id and a length.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Parcel {
    id: RunId,
    octets: usize,
}

impl Payload for Parcel {
    fn id(&self) -> RunId {
        self.id
    }

    fn octets(&self) -> usize {
        self.octets
    }
}

fn parcel(number: u128, octets: usize) -> Parcel {
    Parcel { id: RunId(number), octets }
}

fn answer(number: u128, answer: Answer) -> RunAnswer {
    RunAnswer { run: RunId(number), answer }
}

fn retry(after: Duration) -> Answer {
    Answer::Retry(RetryReason::Unavailable, after)
}

/// What comes in time; the clock stands as long as anybody has something to do.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_millis(10), what).await.expect("it comes at once")
}

/// That it does not come, whatever else there is to do.
async fn never<T: std::fmt::Debug>(what: impl Future<Output = T>) {
    timeout(Duration::from_millis(10), what).await.expect_err("it must not come");
}

/// Waits until it is so.
async fn until(what: impl Fn() -> bool) {
    let waiting = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(Duration::from_secs(600), waiting).await.expect("it is so in the end");
}
