//! What every main needs: configuration, exit codes, logging, signals.

pub mod config;
mod exit;
mod logging;
mod shutdown;

pub use exit::{ExitStatus, describe, finish, usage};
pub use logging::{LogForm, init_logging, init_logging_as};
pub use shutdown::Shutdown;
