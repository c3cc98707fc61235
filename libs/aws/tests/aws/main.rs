//! Accounts and errors of AWS, as services see them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod access;
mod config;
mod endpoints;
mod faults;
mod moto;
mod organization;
mod profiles;
mod regions;
mod role_lists;
mod roles;
mod secrets;
mod sessions;
mod setup;
