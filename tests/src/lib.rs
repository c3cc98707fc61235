//! The harness that the tests of the whole share.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a harness of tests ends the test when something is not as it must be"
)]

mod admin;
mod certificates;
mod collectors;
mod datagrams;
mod environment;
mod flow_line;
mod mixed;
mod nfcapd;
mod oracle;
mod pcap;
mod process;
mod proxy;
mod python;
mod scratch;
mod services;
mod sink;
mod weir;

pub use admin::AdminClient;
pub use certificates::Authority;
pub use collectors::{Arrival, Arrivals, TcpCollector, TcpMode, UdpCollector};
pub use datagrams::{DataRecord, Datagrams, Message};
pub use environment::{Environment, Totals};
pub use flow_line::FlowLine;
pub use mixed::{MixedFormats, MixedLine};
pub use nfcapd::{Nfcapd, Nfdump};
pub use oracle::{Corpus, Oracle, Verdict};
pub use pcap::write_pcap;
pub use process::{Guard, require_tool, wait_until_bound, wait_until_read};
pub use proxy::{Faults, Proxy};
pub use python::{python, python_program};
pub use scratch::{Scratch, finished_lines, gzip};
pub use services::{Addresses, MemoryWatch, Metrics, Pipeline, Plan, Protection, Service};
pub use sink::{Datagram, UdpSink};
pub use weir::{Run, run, weir, weir_program};
pub use weir_testkit::{free_tcp_port, free_udp_port, wait_for, wait_long_for};
