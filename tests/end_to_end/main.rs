//! The binary as a user runs it: files in, JSON lines and IPFIX out, messages, exit codes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod bad_input;
mod bad_usage;
mod commands;
mod differential;
mod enrichment;
mod formats;
mod golden;
mod hostile_input;
mod oracle;
mod parquet_log;
mod rate_limit;
mod rejects;
mod reports;
mod routes;
mod shop;
mod totals;
