//! Log groups of a double and of moto, read by the loop of all sources over real stores.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod cloud;
mod covered;
mod credentials;
mod exporter;
mod failures;
mod formats;
mod late;
mod moto;
mod once;
mod worker;
mod workers;
