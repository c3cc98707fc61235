//! Sweeps AWS accounts and publishes their inventory.

pub mod reader;
pub mod schedule;
