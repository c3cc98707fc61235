//! What people change at run time, as their tools do it: grpcurl, and Python's grpcio.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test may fail at any step, and shows its figures"
)]

mod accounts;
mod audit;
mod bad_requests;
mod client;
mod concurrent;
mod effective;
mod effective_soon;
mod installation;
mod locked;
mod moto;
mod one_process;
mod redis_away;
mod sources;
