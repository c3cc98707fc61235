//! The two sides of the delivery contract against simple models of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod outbox;
mod outbox_model;
mod parts;
mod parts_model;
mod register;
mod register_model;
mod shards;
mod split;

use std::time::Duration;

use weir_delivery::{Answer, Payload, RetryReason, RunAnswer, RunId, RunRejection};

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

fn run(number: u8) -> RunId {
    RunId(number.into())
}

fn parcel(number: u8, octets: usize) -> Parcel {
    Parcel { id: run(number), octets }
}

fn answer(number: u8, answer: Answer) -> RunAnswer {
    RunAnswer { run: run(number), answer }
}

const RETRY: Answer = Answer::Retry(RetryReason::Unavailable, Duration::ZERO);
const STALE: Answer = Answer::Retry(RetryReason::StaleTemplates, Duration::ZERO);
const REJECTED: Answer = Answer::Rejected(RunRejection::TooLarge);
