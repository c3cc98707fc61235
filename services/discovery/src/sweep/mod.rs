//! Reads accounts and regions over the SDKs of AWS.
//!
//! [`AwsReader`] is the [`RegionReader`](crate::reader::RegionReader) of the service. Below it,
//! one room for each service of AWS turns the SDK's shapes into the model; `calls` makes every
//! call: paced, bounded, counted.

mod arn;
mod calls;
mod deliveries;
mod ec2;
mod faults;
mod known;
mod limits;
mod logs;
mod reader;
mod region;
mod s3;
mod streams;
mod ties;
mod unread;

pub use calls::{ACTIONS, Action, CallKind, CallOutcome};
pub use limits::SweepLimits;
pub use reader::AwsReader;
