//! Sweeps, publishing and calls against a reader that needs no AWS.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends when something is not as it must be"
)]

mod applying;
mod assigning;
mod calls;
mod inputs;
mod lists;
mod publishing;
mod redis;
mod service;
mod store_away;
mod support;
mod sweeping;
