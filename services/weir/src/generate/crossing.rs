//! Conversations that leave their VPC through a peering connection or a transit gateway.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

use super::environment::Environment;
use super::exchange::{Exchange, Half, INTERNAL};
use super::flow::{Egress, Flow, TrafficPath};
use super::gateway_flow::GatewayFlow;
use super::rng::Rng;
use super::routing::RETIRED_NETWORK;
use super::sighting::Sighting;

/// A way from one VPC to another, as the route tables have it.
#[derive(Debug)]
pub(super) struct Link {
    /// The VPCs on both sides; one VPC twice where the way ends in a blackhole.
    pub(super) vpcs: [usize; 2],
    pub(super) way: Way,
}

/// What packets go through between two VPCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Inside a region or between two.
    Peering(TrafficPath),
    /// The transit gateway with that index.
    TransitGateway(usize),
    /// The transit gateway with that index, which drops them.
    Blackhole(usize),
}

/// A stretch of the conversations over one link in one window.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    /// The link's index in the environment.
    pub(super) link: usize,
    /// Conversations are numbered for each link and window.
    pub(super) numbers: Range<u64>,
}

/// One conversation. Whoever saw it draws it anew: it depends on the seed, its link, its window
/// and its number alone.
pub(super) struct Crossing<'a> {
    environment: &'a Environment,
    way: Way,
    client: usize,
    client_address: IpAddr,
    /// Absent where nothing is reached.
    server: Option<usize>,
    server_address: IpAddr,
    exchange: Exchange,
}

/// One end of a conversation.
#[derive(Clone, Copy)]
struct End {
    /// Absent where nothing is reached.
    interface: Option<usize>,
    address: IpAddr,
    port: u16,
}

/// The conversations of some stretches.
pub(super) fn crossings<'a>(
    environment: &'a Environment,
    seed: u64,
    window: u64,
    stretches: &'a [Stretch],
) -> impl Iterator<Item = Crossing<'a>> {
    stretches.iter().flat_map(move |stretch| {
        let draw = move |number| {
            Crossing::new(
                environment,
                stretch.link,
                window,
                stream_rng(seed, stretch.link, window, number),
            )
        };
        stretch.numbers.clone().map(draw)
    })
}

/// A generator for each conversation. The topmost bit keeps their streams apart from those of
/// the environment and of the objects.
fn stream_rng(seed: u64, link: usize, window: u64, number: u64) -> Rng {
    Rng::new(seed ^ window.rotate_left(24), 1 << 63 | (link as u64) << 40 | number)
}

/// How many conversations some stretches hold.
pub(super) fn count(stretches: &[Stretch]) -> u64 {
    stretches.iter().map(|stretch| stretch.numbers.end - stretch.numbers.start).sum()
}

impl Way {
    /// The transit gateway on the way, and how many records it makes of one conversation: one
    /// for each direction where packets come in and one where they go out.
    pub(super) fn gateway(self) -> Option<(usize, u64)> {
        match self {
            Way::Peering(_) => None,
            Way::TransitGateway(gateway) => Some((gateway, 4)),
            Way::Blackhole(gateway) => Some((gateway, 1)),
        }
    }
}

impl<'a> Crossing<'a> {
    fn new(environment: &'a Environment, link: usize, window: u64, mut rng: Rng) -> Self {
        let Link { mut vpcs, way } = environment.links[link];
        let mut exchange = Exchange::accepted(&mut rng, INTERNAL, window);
        if rng.one_in(2) {
            vpcs.reverse();
        }
        let [client, server] = vpcs.map(|vpc| {
            let workload = &environment.vpcs[vpc].workload;
            workload.start + rng.skewed(workload.len() as u64) as usize
        });
        let server = (!matches!(way, Way::Blackhole(_))).then_some(server);
        if server.is_none() {
            exchange = exchange.unanswered();
        }
        Self {
            environment,
            way,
            client,
            client_address: environment.primary(client),
            server,
            server_address: server
                .map_or_else(|| retired_host(&mut rng), |x| environment.primary(x)),
            exchange,
        }
    }

    /// Adds what the interfaces in `flow_log`'s VPCs report: those of the client, of the server
    /// or of both.
    pub(super) fn report(&self, flow_log: usize, flows: &mut Vec<Flow>) {
        let sides =
            [(Some(self.client), self.server, true), (self.server, Some(self.client), false)];
        for (reporter, peer, sends_requests) in sides {
            let Some(reporter) = reporter else { continue };
            if self.environment.vpcs[self.environment.enis[reporter].vpc].flow_log == flow_log {
                let (client, server) = (self.client_address, self.server_address);
                let egress = self.egress(reporter, peer);
                Sighting::new(reporter, client, server, sends_requests, egress)
                    .report(&self.exchange, flows);
            }
        }
    }

    /// How packets leave `reporter` towards `peer`. A transit gateway has an interface in the
    /// VPC, so that its way is that through another resource in the same VPC.
    fn egress(&self, reporter: usize, peer: Option<usize>) -> Egress {
        match self.way {
            Way::Peering(path) => {
                Egress { path, next_hop: peer.filter(|_| path == TrafficPath::IntraRegionPeering) }
            }
            Way::TransitGateway(_) | Way::Blackhole(_) => Egress {
                path: TrafficPath::SameVpc,
                next_hop: self.environment.gateway_interface(reporter),
            },
        }
    }

    /// Adds what a transit gateway on the way reports.
    pub(super) fn report_gateway(&self, flows: &mut Vec<GatewayFlow>) {
        let Exchange { request, reply, client_port, server_port, .. } = self.exchange;
        let client =
            End { interface: Some(self.client), address: self.client_address, port: client_port };
        let server =
            End { interface: self.server, address: self.server_address, port: server_port };
        self.report_half(client, server, request, flows);
        if let Some(reply) = reply {
            self.report_half(server, client, reply, flows);
        }
    }

    /// One direction: packets come in at one attachment and go out at the other, if there is one.
    fn report_half(&self, source: End, destination: End, half: Half, flows: &mut Vec<GatewayFlow>) {
        let Some(ingress) = self.gateway_flow(source, destination, half) else { return };
        flows.push(ingress);
        if ingress.destination_interface.is_some() {
            flows.push(GatewayFlow { is_egress: true, ..ingress });
        }
    }

    fn gateway_flow(&self, source: End, destination: End, half: Half) -> Option<GatewayFlow> {
        let gateway_interface = |end: End| self.environment.gateway_interface(end.interface?);
        let (gateway, _) = self.way.gateway()?;
        Some(GatewayFlow {
            gateway,
            source_interface: gateway_interface(source)?,
            destination_interface: gateway_interface(destination),
            source: source.address,
            destination: destination.address,
            source_port: source.port,
            destination_port: destination.port,
            protocol: self.exchange.protocol,
            tcp_flags: half.tcp_flags,
            packets: half.packets,
            bytes: half.bytes.unwrap_or(0),
            start: self.exchange.start,
            end: self.exchange.end,
            is_egress: false,
        })
    }
}

/// A host of a network that is gone.
fn retired_host(rng: &mut Rng) -> IpAddr {
    let hosts = u64::from(u32::MAX >> RETIRED_NETWORK.prefix_len());
    let host = 1 + rng.below(hosts - 1) as u32;
    Ipv4Addr::from_bits(RETIRED_NETWORK.network().to_bits() | host).into()
}
