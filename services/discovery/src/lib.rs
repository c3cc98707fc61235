//! Sweeps AWS accounts and publishes their inventory.

pub mod clock;
pub mod ip_ranges;
pub mod metrics;
pub mod orchestration;
pub mod publish;
pub mod published_ranges;
pub mod reader;
pub mod schedule;
pub mod service;
pub mod sweep;
