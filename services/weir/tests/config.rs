//! Configuration as a user meets it: files, the environment, flags, messages.

#![allow(clippy::unwrap_used, reason = "a test ends when something is not as it must be")]

#[path = "config/aws.rs"]
mod aws;
#[path = "config/documentation.rs"]
mod documentation;
#[path = "config/golden.rs"]
mod golden;
#[path = "config/replay.rs"]
mod replay;
#[path = "config/workplace.rs"]
mod workplace;
