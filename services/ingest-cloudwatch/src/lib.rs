//! Flow logs from log groups of CloudWatch Logs.
//!
//! CloudWatch Logs can only be asked for events by their timestamps, and an event becomes visible
//! minutes after its own, in no order. So each look at a group goes over a window that reaches
//! back, and what was seen is left out. [`CloudWatchSource`] is the source of the loop in
//! `weir_ingest`; the way of an event:
//!
//! - `inputs`, `log_group`: which groups there are, and who reads them; they may change;
//! - `supervisor`: has groups begin, and takes leases of them;
//! - `poller`: asks for the pages of one group, at the `pace` of its account and region;
//! - `reader`: the window, the memory of events seen, and the cutting of runs: a state machine;
//! - `formats`: which fields a line may have;
//! - `memory`: which events were exported, in the store;
//! - `source`: what the loop hears of it, and what it may commit.
//!
//! # Promise
//!
//! An event that becomes visible within [`Inputs::overlap`] after its timestamp is
//! exported, and once as long as nothing fails. One that comes within twice that time is found
//! soon after, and counted as late. What comes after that is not seen.
//!
//! # Parts
//!
//! A part is a log group while its lease is held. It is followed by its checkpoint: the high
//! water, see `reader`. When a run is committed, the ids of its events go to the store first and
//! the checkpoint is written after, under the lease's fence. A run's id is a hash of the ids of
//! its events; after a rewind the same runs are put together again.
//!
//! # Bounds
//!
//! 8 groups are read at the same time, each with a page of at most 1 MiB and runs that are not
//! full as yet, one for each format; the others wait for their turn. Text waits in a channel of 8
//! runs. A million events of each group are remembered, here and in the store.

mod clients;
mod desk;
mod event;
mod formats;
mod group;
mod inputs;
mod log_group;
mod memory;
mod metrics;
mod pace;
mod page;
mod poller;
mod reader;
mod source;
mod supervisor;

pub use group::{GroupPart, Place};
pub use inputs::{Covered, GroupInput, Inputs};
pub use log_group::{InvalidLogGroup, LogGroup};
pub use source::{CloudWatchConfig, CloudWatchSource};
pub use weir_lease::InitialPosition;
