//! The inventory's behaviour through its public surface.
#![allow(clippy::unwrap_used, reason = "a test ends where its assumption fails")]

mod build;
mod coverage;
mod exporters;
mod history;
mod json;
mod logged;
mod lookups;
mod names;
mod oracle;
mod parts;
mod random_history;
mod ranges;
mod routes;
mod services;
