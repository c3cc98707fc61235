//! Traces and metrics that are exported, to receivers in good and in bad health.

#![allow(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod dead;
mod encrypted;
mod living;
mod receiver;
