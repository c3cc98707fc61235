//! What collectors that others wrote make of a replay.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod flow;
mod netflow_parser;
mod nfacctd;
mod nfdump;
mod tshark;
