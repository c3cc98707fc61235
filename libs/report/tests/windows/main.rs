//! Records counted together over an interval.

#![allow(clippy::unwrap_used, reason = "a test may fail at any step")]

mod authority;
mod conservation;
mod counting_once;
mod directions;
mod golden;
mod held_runs;
mod sessions;
mod stitching;
mod support;
mod top;
