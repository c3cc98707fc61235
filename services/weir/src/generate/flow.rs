//! One flow record as facts, before any format.

use std::net::IpAddr;

/// What happened to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Accept,
    Reject,
}

/// What an interface saw of one direction of a conversation in one aggregation interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow {
    /// The interface that reports it.
    pub(super) reporter: usize,
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) packet_source: IpAddr,
    pub(super) packet_destination: IpAddr,
    pub(super) source_port: u16,
    pub(super) destination_port: u16,
    /// The AWS services of the packets' addresses.
    pub(super) source_service: Option<&'static str>,
    pub(super) destination_service: Option<&'static str>,
    pub(super) protocol: u8,
    pub(super) tcp_flags: u8,
    pub(super) packets: u64,
    /// Absent in records of VPC Block Public Access.
    pub(super) bytes: Option<u64>,
    /// Unix seconds.
    pub(super) start: u64,
    /// Unix seconds.
    pub(super) end: u64,
    pub(super) action: Action,
    pub(super) reject_reason: Option<&'static str>,
    pub(super) encryption_status: u8,
    /// Absent on ingress.
    pub(super) egress: Option<Egress>,
}

/// How a packet left its interface.
#[derive(Clone, Copy, Debug)]
pub(super) struct Egress {
    pub(super) path: TrafficPath,
    /// The interface that it goes to, inside the VPC.
    pub(super) next_hop: Option<usize>,
}

/// The values of `traffic-path` that occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum TrafficPath {
    SameVpc = 1,
    IntraRegionPeering = 4,
    InterRegionPeering = 5,
    GatewayEndpoint = 7,
    InternetGateway = 8,
}

/// Why a line tells of no flow: the values of `log-status` other than `OK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WithoutFlow {
    NoData,
    SkipData,
}

/// An aggregation interval of which an interface reports no flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuietInterval {
    pub(super) status: WithoutFlow,
    pub(super) reporter: usize,
    /// Unix seconds.
    pub(super) start: u64,
    /// Unix seconds.
    pub(super) end: u64,
}
