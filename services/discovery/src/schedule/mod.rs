//! When sweeps begin: the task that keeps the schedule.

mod jitter;
mod task;
#[cfg(test)]
mod tests;

pub use task::{NextRun, Timing, follow};
pub use weir_control::schedule::{DEFAULT_CRON, DEFAULT_TIMEZONE, Schedule, ScheduleError};
