//! Servers and channels through their public surface, over real sockets on loopback.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail at any step")]

mod connections;
mod endpoints;
mod health;
mod limits;
mod messages;
mod reflection;
mod security;
mod shutdown;
mod status;
mod support;
mod tls;
