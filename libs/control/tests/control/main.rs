//! Documents that are changed and followed.

#![allow(clippy::unwrap_used, reason = "a test ends when something is not as it must be")]

mod changing;
mod deaf_store;
mod exporters;
mod following;
mod inputs;
mod note;
mod settings;
