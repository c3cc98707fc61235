//! What programs that others wrote make of weir: collectors, and clients of its admin calls.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod admin_calls;
mod flow;
mod kpl;
mod netflow_parser;
mod nfacctd;
mod nfdump;
mod prometheus;
mod rows;
mod rsyslog;
mod tshark;
