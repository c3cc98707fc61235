//! Help for the tests of all crates: only ever a dev-dependency.
//!
//! - [`AwsDouble`]: a server that answers calls of AWS as a test's script says, for what no
//!   simulator does (paging, throttling, refusals, credentials that end).
//! - [`MotoServer`], [`KinesisServer`] and [`RedisServer`]: real processes that end with their test.
//! - [`Proxy`]: a TCP proxy that cuts, swallows and delays.
//! - [`StoreDouble`]: a store in memory that is away, full or deaf when a test wants it.
//! - [`known_formats`]: what discovery knows of the fields of lines.
//! - [`wait_for`]: waiting for a condition with a deadline.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "help for tests ends the test when something is not as it must be"
)]

mod aws;
mod background;
pub mod ec2;
mod formats;
mod process;
mod proxy;
mod store;
mod wait;
mod xml;

pub use aws::{
    Answer, AwsDouble, Call, EventStream, Fault, Gate, Limit, Listing, LogEvent, LogGroups, Quirks,
    Role, Rule, most_at_once,
};
pub use aws::{kinesis, s3};
pub use formats::known_formats;
pub use process::{Guard, KinesisServer, MotoServer, RedisServer, free_tcp_port, free_udp_port};
pub use proxy::{Mode, Proxy};
pub use store::StoreDouble;
pub use wait::{DEADLINE, soon, wait_for, wait_for_async, wait_long_for};
pub use xml::Xml;
