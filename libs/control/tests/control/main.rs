//! Documents that are changed and followed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail at any step")]

mod changing;
mod following;
mod note;
mod settings;
