//! Queues and objects between a script, or a simulator, and a recording exporter.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod access;
mod bodies;
mod concurrency;
mod coverage;
mod firehose;
mod lost;
mod messages;
mod policy;
mod recorder;
mod rewinds;
mod setup;
mod shutdown;
mod visibility;
