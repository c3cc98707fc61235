//! The console as browsers meet it: attacks over HTTP, and every task in a real browser.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail at any step")]

mod attacks;
mod browser;
mod client;
mod listeners;
mod world;
