//! Conversations, as the interfaces along their way report them.

use std::net::IpAddr;

use super::crossing::Crossing;
use super::environment::{Environment, VpcLayout};
use super::exchange::{Exchange, INTERNAL, INTERNET, WINDOW};
use super::flow::{Action, Egress, Flow, QuietInterval, TrafficPath, WithoutFlow};
use super::remote::{self, Remote};
use super::rng::Rng;
use super::sighting::Sighting;

/// Lines per line without a flow, on average.
const FLOWS_PER_LINE_WITHOUT_FLOW: u64 = 333;

/// The traffic of one flow log in one window.
pub(super) struct Traffic<'a> {
    environment: &'a Environment,
    /// The flow log's index in the environment.
    flow_log: usize,
    /// The VPCs that it captures, the busiest first.
    vpcs: &'a [usize],
    /// Unix seconds; every flow ends within the window that begins then.
    window: u64,
    rng: Rng,
}

impl<'a> Traffic<'a> {
    pub(super) fn new(
        environment: &'a Environment,
        flow_log: usize,
        vpcs: &'a [usize],
        window: u64,
        rng: Rng,
    ) -> Self {
        Self { environment, flow_log, vpcs, window, rng }
    }

    /// Fills `flows` with exactly `count` flows in mixed order: all of `crossings`, which must
    /// make fewer, and conversations in and out of the VPCs. A conversation at the end may lack
    /// some of its lines, as it does when an object ends.
    pub(super) fn fill(
        &mut self,
        flows: &mut Vec<Flow>,
        count: usize,
        crossings: impl Iterator<Item = Crossing<'a>>,
    ) {
        flows.clear();
        for crossing in crossings {
            crossing.report(self.flow_log, flows);
        }
        debug_assert!(flows.len() <= count, "no room for what crosses between VPCs");
        while flows.len() < count {
            self.conversation(flows);
        }
        flows.truncate(count);
        self.rng.shuffle(flows);
    }

    /// Now and then an interval without a flow.
    pub(super) fn without_flow(&mut self) -> Option<QuietInterval> {
        if !self.rng.one_in(FLOWS_PER_LINE_WITHOUT_FLOW) {
            return None;
        }
        let status = if self.rng.one_in(5) { WithoutFlow::SkipData } else { WithoutFlow::NoData };
        let vpc = self.vpc();
        let reporter = vpc.workload.start + self.rng.below(vpc.workload.len() as u64) as usize;
        let end = self.window + self.rng.below(WINDOW);
        Some(QuietInterval { status, reporter, start: end - 59, end })
    }

    /// Adds the lines of one conversation.
    fn conversation(&mut self, flows: &mut Vec<Flow>) {
        let vpc = self.vpc();
        match self.rng.below(100) {
            0..40 => self.internal(vpc, flows),
            40..54 => self.upstream(vpc, flows),
            54..66 => self.gateway_endpoint(vpc, flows),
            66..78 => self.internet_client(vpc, flows),
            78..83 => self.load_balancer(vpc, flows),
            83..87 => self.interface_endpoint(vpc, flows),
            87..90 => self.internet_v6(vpc, flows),
            90..93 => self.public_peer(vpc, flows),
            93..98 => self.scan(vpc, flows),
            _ => self.denied(vpc, flows),
        }
    }

    fn vpc(&mut self) -> &'a VpcLayout {
        let index = self.rng.skewed(self.vpcs.len() as u64) as usize;
        &self.environment.vpcs[self.vpcs[index]]
    }

    /// One of the VPC's instances.
    fn workload(&mut self, vpc: &VpcLayout) -> usize {
        vpc.workload.start + self.rng.skewed(vpc.workload.len() as u64) as usize
    }

    /// Two interfaces of one VPC; both report it.
    fn internal(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let (client, server) = (self.workload(vpc), self.workload(vpc));
        self.between(client, server, INTERNAL, flows);
    }

    fn interface_endpoint(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let client = self.workload(vpc);
        self.between(client, vpc.endpoint, &INTERNET[..1], flows);
    }

    /// A client out there, the load balancer, and an instance behind it.
    fn load_balancer(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let client = remote::client(&mut self.rng, &self.environment.global_ranges);
        let exchange = Exchange::accepted(&mut self.rng, &INTERNET[..1], self.window);
        let frontend = self.at_public_address(vpc.load_balancer, client);
        frontend.report(&exchange, flows);
        let backend = self.workload(vpc);
        self.between(vpc.load_balancer, backend, &INTERNAL[3..4], flows);
    }

    fn between(
        &mut self,
        client: usize,
        server: usize,
        services: &[(u8, u16)],
        flows: &mut Vec<Flow>,
    ) {
        if client == server {
            return;
        }
        let exchange =
            Exchange::accepted(&mut self.rng, services, self.window).encrypted_by_nitro();
        let [sent, received] = self.both_sides(client, server);
        let exchange = if sent.client.is_ipv6() { exchange.over_ipv6() } else { exchange };
        sent.report(&exchange, flows);
        received.report(&exchange, flows);
    }

    /// Both interfaces' views of what `client` says to `server` in the same VPC.
    fn both_sides(&mut self, client: usize, server: usize) -> [Sighting; 2] {
        let (address, primary, packet) = self.address_pair(client, server);
        let egress = |next_hop| Egress { path: TrafficPath::SameVpc, next_hop: Some(next_hop) };
        let sent = Sighting::new(client, address, packet, true, egress(server));
        let mut received = Sighting::new(server, address, primary, false, egress(client));
        received.packet_server = packet;
        [sent, received]
    }

    /// The client's address, the server's primary one, and the server's address in the packets.
    fn address_pair(&mut self, client: usize, server: usize) -> (IpAddr, IpAddr, IpAddr) {
        let environment = self.environment;
        if let (Some(client), Some(server)) = (environment.ipv6(client), environment.ipv6(server))
            && self.rng.one_in(3)
        {
            return (client, server, server);
        }
        let primary = environment.primary(server);
        let packet = environment.secondary(server).filter(|_| self.rng.one_in(3));
        (environment.primary(client), primary, packet.unwrap_or(primary))
    }

    /// An instance and a host out there: straight with a public address, else through the NAT
    /// gateway, which reports what it says to either.
    fn upstream(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let ranges = &self.environment.ranges[vpc.region];
        let server = remote::upstream(&mut self.rng, ranges, &self.environment.global_ranges);
        let exchange = Exchange::accepted(&mut self.rng, INTERNET, self.window);
        let instance = self.workload(vpc);
        if self.environment.public(instance).is_some() {
            self.to_internet(instance, server).report(&exchange, flows);
        } else {
            self.through_nat_gateway(instance, vpc.nat_gateway, server, &exchange, flows);
        }
    }

    fn through_nat_gateway(
        &self,
        instance: usize,
        nat_gateway: usize,
        server: Remote,
        exchange: &Exchange,
        flows: &mut Vec<Flow>,
    ) {
        let inner = self.environment.primary(instance);
        let outer = self.environment.primary(nat_gateway);
        let egress = |next_hop| Egress { path: TrafficPath::SameVpc, next_hop: Some(next_hop) };
        let origin = Sighting::new(instance, inner, server.address, true, egress(nat_gateway));
        let mut inside = Sighting::new(nat_gateway, inner, outer, false, egress(instance));
        inside.packet_server = server.address;
        // The gateway takes a port of its own for each connection.
        let client_port = exchange.client_port.saturating_sub(31_744);
        let translated = Exchange { client_port, ..*exchange };
        origin.with_server(server).report(exchange, flows);
        inside.with_server(server).report(exchange, flows);
        self.to_internet(nat_gateway, server).report(&translated, flows);
    }

    /// What an interface with a public address sees of a server out there.
    fn to_internet(&self, client: usize, server: Remote) -> Sighting {
        let egress = Egress { path: TrafficPath::InternetGateway, next_hop: None };
        let address = self.environment.primary(client);
        Sighting::new(client, address, server.address, true, egress).with_server(server)
    }

    /// S3 or DynamoDB through the gateway endpoint, which is no interface.
    fn gateway_endpoint(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let ranges = &self.environment.ranges[vpc.region];
        let instance = self.workload(vpc);
        let client_v6 = self.environment.ipv6(instance).filter(|_| self.rng.one_in(4));
        let service = match client_v6 {
            Some(_) => remote::s3_v6(&mut self.rng, ranges),
            None => remote::gateway_service(&mut self.rng, ranges),
        };
        let Some(server) = service else { return };
        let client = client_v6.unwrap_or(self.environment.primary(instance));
        let egress = Egress { path: TrafficPath::GatewayEndpoint, next_hop: None };
        let exchange = Exchange::accepted(&mut self.rng, &INTERNET[..1], self.window);
        let sighting = Sighting::new(instance, client, server.address, true, egress);
        sighting.with_server(server).report(&exchange, flows);
    }

    fn internet_client(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let Some(&server) = self.rng.pick_skewed(&vpc.public) else { return };
        let client = remote::client(&mut self.rng, &self.environment.global_ranges);
        let exchange = Exchange::accepted(&mut self.rng, INTERNET, self.window);
        self.at_public_address(server, client).report(&exchange, flows);
    }

    /// An instance of another VPC, which is known here by its public address.
    fn public_peer(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let other = self.rng.pick(&self.environment.vpcs).unwrap_or(vpc);
        let peer = self.rng.pick_skewed(&other.public).copied();
        let server = self.rng.pick_skewed(&vpc.public).copied();
        let (Some(peer), Some(server)) = (peer, server) else { return };
        let Some(address) = self.environment.public(peer).filter(|_| peer != server) else {
            return;
        };
        let client = Remote { address, service: Some("EC2") };
        let exchange = Exchange::accepted(&mut self.rng, &INTERNET[..1], self.window);
        self.at_public_address(server, client).report(&exchange, flows);
    }

    fn internet_v6(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let Some(&server) = self.rng.pick_skewed(&vpc.public_v6) else { return };
        let Some(address) = self.environment.ipv6(server) else { return };
        let client = remote::internet_v6(&mut self.rng);
        let exchange = Exchange::accepted(&mut self.rng, INTERNET, self.window).over_ipv6();
        let egress = Egress { path: TrafficPath::InternetGateway, next_hop: None };
        Sighting::new(server, client.address, address, false, egress).report(&exchange, flows);
    }

    /// Somebody tries a public address, and a security group or Block Public Access says no.
    fn scan(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let Some(&target) = self.rng.pick(&vpc.public) else { return };
        let scanner = remote::internet_v4(&mut self.rng);
        let probe = Exchange::probe(&mut self.rng, self.window);
        let blocked = self.rng.one_in(20);
        let probe = if blocked { probe.blocked_public_access() } else { probe };
        self.at_public_address(target, scanner).report(&probe, flows);
    }

    /// One instance tries another one whose security group says no: it leaves and never arrives.
    fn denied(&mut self, vpc: &VpcLayout, flows: &mut Vec<Flow>) {
        let (client, server) = (self.workload(vpc), self.workload(vpc));
        if client == server {
            return;
        }
        let probe = Exchange::probe(&mut self.rng, self.window);
        let [sent, received] = self.both_sides(client, server);
        sent.report(&Exchange { action: Action::Accept, ..probe }, flows);
        received.report(&probe, flows);
    }

    /// What an interface with a public address sees of a client out there. The internet gateway
    /// translates before the interface, which knows its private address alone.
    fn at_public_address(&self, server: usize, client: Remote) -> Sighting {
        let egress = Egress { path: TrafficPath::InternetGateway, next_hop: None };
        let address = self.environment.primary(server);
        let mut sighting = Sighting::new(server, client.address, address, false, egress);
        sighting.client_service = client.service;
        sighting
    }
}
