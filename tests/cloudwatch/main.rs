//! weir ingest-cloudwatch as a process: log groups of a double whose answers do all that they may.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test ends when something is not as it must be, and shows its figures"
)]

mod accounts;
mod cloud;
mod formats;
mod positions;
mod stages;
mod workers;
