//! What every main needs: exit codes, logging, signals.

mod exit;
mod logging;
mod shutdown;

pub use exit::{ExitStatus, describe, finish, usage};
pub use logging::init_logging;
pub use shutdown::Shutdown;
