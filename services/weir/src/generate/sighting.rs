//! One interface's view of a conversation, and the two flows that it makes of it.

use std::net::IpAddr;

use super::exchange::{Exchange, Half};
use super::flow::{Egress, Flow};
use super::remote::Remote;

/// One interface's view of a conversation.
pub(super) struct Sighting {
    pub(super) reporter: usize,
    pub(super) client: IpAddr,
    pub(super) server: IpAddr,
    /// The server's address in the packets: another one than `server` at a NAT gateway and for a
    /// secondary address.
    pub(super) packet_server: IpAddr,
    /// Whether the reporter is on the client's side, so that requests leave it.
    pub(super) sends_requests: bool,
    /// How the packets that leave the reporter go on.
    pub(super) egress: Egress,
    pub(super) client_service: Option<&'static str>,
    pub(super) server_service: Option<&'static str>,
}

impl Sighting {
    pub(super) fn new(
        reporter: usize,
        client: IpAddr,
        server: IpAddr,
        sends_requests: bool,
        egress: Egress,
    ) -> Self {
        Self {
            reporter,
            client,
            server,
            packet_server: server,
            sends_requests,
            egress,
            client_service: None,
            server_service: None,
        }
    }

    pub(super) fn with_server(mut self, server: Remote) -> Self {
        self.server_service = server.service;
        self
    }

    /// Adds the lines for both directions of `exchange`.
    pub(super) fn report(&self, exchange: &Exchange, flows: &mut Vec<Flow>) {
        flows.push(self.request(exchange));
        if let Some(reply) = exchange.reply {
            flows.push(self.reply(exchange, reply));
        }
    }

    fn request(&self, exchange: &Exchange) -> Flow {
        Flow {
            reporter: self.reporter,
            source: self.client,
            destination: self.server,
            packet_source: self.client,
            packet_destination: self.packet_server,
            source_port: exchange.client_port,
            destination_port: exchange.server_port,
            source_service: self.client_service,
            destination_service: self.server_service,
            protocol: exchange.protocol,
            tcp_flags: exchange.request.tcp_flags,
            packets: exchange.request.packets,
            bytes: exchange.request.bytes,
            start: exchange.start,
            end: exchange.end,
            action: exchange.action,
            reject_reason: exchange.reject_reason,
            encryption_status: exchange.encryption_status,
            egress: self.sends_requests.then_some(self.egress),
        }
    }

    fn reply(&self, exchange: &Exchange, half: Half) -> Flow {
        let request = self.request(exchange);
        Flow {
            source: request.destination,
            destination: request.source,
            packet_source: request.packet_destination,
            packet_destination: request.packet_source,
            source_port: request.destination_port,
            destination_port: request.source_port,
            source_service: request.destination_service,
            destination_service: request.source_service,
            tcp_flags: half.tcp_flags,
            packets: half.packets,
            bytes: half.bytes,
            egress: (!self.sends_requests).then_some(self.egress),
            ..request
        }
    }
}
