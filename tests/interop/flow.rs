//! A flow as every collector tells it.

use std::net::IpAddr;

use weir_tests::{FlowLine, Totals};

/// The part of a flow that all collectors know. What a line lacks is 0, as IPFIX sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Flow {
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) source_port: u64,
    pub(crate) destination_port: u64,
    pub(crate) protocol: u64,
    pub(crate) tcp_flags: u64,
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
}

impl Flow {
    /// The flow of an input line.
    pub(crate) fn of_line(line: &FlowLine) -> Self {
        let number = |field| line.number(field).unwrap_or(0);
        Self {
            start: number("start"),
            end: number("end"),
            source: line.address("srcaddr").unwrap(),
            destination: line.address("dstaddr").unwrap(),
            source_port: number("srcport"),
            destination_port: number("dstport"),
            protocol: number("protocol"),
            tcp_flags: number("tcp-flags"),
            packets: number("packets"),
            bytes: number("bytes"),
        }
    }
}

/// Compares flows in any order, each as often as it comes.
#[track_caller]
pub(crate) fn assert_same(mut found: Vec<Flow>, lines: &[FlowLine]) {
    let mut expected: Vec<_> = lines.iter().map(Flow::of_line).collect();
    expected.sort_unstable();
    found.sort_unstable();
    let different = found.iter().zip(&expected).find(|(found, expected)| found != expected);
    assert_eq!(different, None, "(found, expected) of {} and {}", found.len(), expected.len());
    assert_eq!(found.len(), expected.len());
}

pub(crate) fn totals(flows: &[Flow]) -> Totals {
    let mut totals = Totals::default();
    flows.iter().for_each(|flow| totals.add(flow.bytes, flow.packets));
    totals
}
