//! Streams in simulators that others wrote, and in a double that fails as it is told to.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod beginning;
mod cloudwatch;
mod credentials;
mod delivered;
mod double;
mod fan_out;
mod faults;
mod formats;
mod metrics;
mod moto;
mod policy;
mod records;
mod resharding;
mod sandbox;
mod subscriptions;
mod workers;
