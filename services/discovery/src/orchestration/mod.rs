//! Sweeps: accounts × regions, a bounded number at a time, one sweep at a time.

mod board;
mod report;
mod sweeper;
mod visit;

pub use board::{Board, BoardEvent, Follower, RegionRow, RowState};
pub use report::{Denied, SweepReport};
pub use sweeper::{SweepConfig, Sweeper};
