//! Documents that are changed and followed.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step")]

mod changing;
mod deaf_store;
mod exporters;
mod following;
mod inputs;
mod note;
