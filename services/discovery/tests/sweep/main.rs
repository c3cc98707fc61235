//! Sweeps of a scripted AWS, and of moto's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail at any step")]

mod double;
mod inputs;
mod limits;
mod many_accounts;
mod moto;
mod policy;
mod setup;
