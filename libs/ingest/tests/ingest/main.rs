//! The loop between a source and a dispatcher that do what a test wants.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod back_pressure;
mod commits;
mod delivery;
mod drain;
mod errors;
mod exporter;
mod parts;
mod rewinds;
mod shown;
mod source;
mod start;
mod taken_over;
