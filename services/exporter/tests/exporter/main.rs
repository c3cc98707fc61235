//! The exporter through its public surface, with real sockets and files.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail at any step")]

mod answers;
mod configuration;
mod files;
mod outages;
mod rate;
mod reconfigure;
mod service;
mod several;
mod sources;
mod status;
mod support;
mod syslog;
mod tcp;
mod tls;
mod udp;
mod windows;
mod windows_reconfigure;
