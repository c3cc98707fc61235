//! weir ingest-s3 as a process: buckets that notify queues, what comes in them and what goes wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test ends when something is not as it must be, and shows its figures"
)]

mod backfill;
mod cloud;
mod enabled;
mod firehose;
mod forms;
mod memory;
mod stages;
mod totals;
mod workers;
