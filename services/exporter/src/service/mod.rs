//! The exporter as a service: runs come over gRPC from any number of enrichers.

mod admin;
mod config;
mod core;
mod data;
mod following;
mod held;
mod metrics;
mod run;

pub use self::admin::with_admin_service;
pub use self::config::ServiceConfig;
pub use self::core::ExporterCore;
pub use self::following::{FollowedSettings, Resolve, follow_settings};
pub use self::metrics::observe;
pub use self::run::{close, run, settle};
