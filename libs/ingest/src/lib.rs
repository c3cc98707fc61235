//! The loop that every ingest service shares.
//!
//! A [`Source`] yields runs; the loop ([`run`]) hands them to the dispatcher ([`RunSender`]),
//! keeps the books of what is settled, and tells the source what it may commit, delete or mark as
//! done. Nothing else does: a run without an answer is not delivered. The way of a run:
//!
//! - `source`: the seam to what is read, with its contract;
//! - `drive`: the loop itself: one task, one run at a time, everything bounded;
//! - `ledger`: which runs are in flight, over the trackers of `weir_delivery`;
//! - `dispatch`: the seam to what takes the runs;
//! - `input`: what an input shows of itself; `lease_meter`: what it shows of its leases; `events`: what
//!   was in objects of documents;
//! - [`folder`]: the source that needs no cloud.

#[cfg(feature = "aws")]
mod aws;
mod config;
mod dispatch;
mod drive;
mod error;
mod events;
pub mod folder;
mod input;
mod lease_meter;
mod ledger;
mod reads;
mod service;
mod source;

pub use config::{Backoff, IngestConfig};
pub use dispatch::{Closed, DeliveryEvent, Dispatch, RunSender};
pub use drive::{End, Report, run};
pub use error::{Fault, SourceError};
pub use events::EventMetrics;
pub use input::{Input, InputKind, InputMeter, InputStatus, status_key, status_prefix};
pub use lease_meter::LeaseMeter;
pub use reads::Reads;
pub use service::with_ingest_service;
pub use source::{Commit, CommitOf, EventOf, Source, SourceEvent, Tracking};
