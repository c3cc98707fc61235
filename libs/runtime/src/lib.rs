//! What every main needs: configuration, telemetry, signals, drain, exit codes.

pub mod config;
pub mod drain;
mod exit;
mod logging;
mod reload;
mod runner;
mod shutdown;
mod signals;
pub mod telemetry;

pub use exit::{ExitStatus, describe, finish, usage};
pub use logging::{LogForm, init_logging, init_logging_as};
pub use reload::{Reload, ReloadRequests};
pub use runner::run_service;
pub use shutdown::Shutdown;
