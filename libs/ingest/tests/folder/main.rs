//! A folder of files, read by the loop and delivered to an exporter that a test plays.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod damage;
mod documents;
mod exporter;
mod growth;
mod losses;
mod once;
mod oracle;
mod restart;
mod rotation;
mod sandbox;
mod tree;
