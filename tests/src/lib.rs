//! The harness that the tests of the whole share.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a harness of tests ends the test when something is not as it must be"
)]

mod datagrams;
mod environment;
mod flow_line;
mod pcap;
mod process;
mod python;
mod scratch;
mod sink;
mod weir;

pub use datagrams::{DataRecord, Datagrams, Message};
pub use environment::{Environment, Totals};
pub use flow_line::FlowLine;
pub use pcap::write_pcap;
pub use process::{
    Guard, free_udp_port, require_tool, wait_for, wait_until_bound, wait_until_read,
};
pub use python::python;
pub use scratch::{Scratch, gzip};
pub use sink::{Datagram, UdpSink};
pub use weir::{Run, run, weir};
