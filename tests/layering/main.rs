//! Who may import whom: the workspace's rules as data, held against its manifests and sources.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends when something is not as it must be"
)]

mod dependencies;
mod rooms;
mod sources;
mod workspace;
