//! What two hosts say to each other: protocol, ports, counters, TCP flags and times.

use super::flow::Action;
use super::rng::Rng;

/// ICMP, TCP, UDP and ICMPv6 as IANA numbers them.
pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const ICMP_V6: u8 = 58;

const FIN: u8 = 1;
const SYN: u8 = 2;
const RST: u8 = 4;
const SYN_ACK: u8 = 18;

/// Seconds after which an interface reports a flow.
const AGGREGATION_INTERVAL: u64 = 60;
/// Seconds that one round of log delivery covers.
pub(super) const WINDOW: u64 = 300;

/// One aggregation interval of a conversation between a client and a server.
#[derive(Clone, Copy)]
pub(super) struct Exchange {
    pub(super) protocol: u8,
    pub(super) client_port: u16,
    pub(super) server_port: u16,
    pub(super) request: Half,
    /// Absent when nothing comes back.
    pub(super) reply: Option<Half>,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) action: Action,
    pub(super) reject_reason: Option<&'static str>,
    pub(super) encryption_status: u8,
}

/// One direction of an exchange.
#[derive(Clone, Copy)]
pub(super) struct Half {
    pub(super) packets: u64,
    pub(super) bytes: Option<u64>,
    pub(super) tcp_flags: u8,
}

/// Server ports inside a VPC, the commonest first.
pub(super) const INTERNAL: &[(u8, u16)] = &[
    (TCP, 443),
    (TCP, 5432),
    (UDP, 53),
    (TCP, 8080),
    (TCP, 6379),
    (TCP, 9092),
    (UDP, 123),
    (TCP, 3306),
    (TCP, 2049),
    (ICMP, 0),
    (TCP, 22),
    (UDP, 8125),
];
/// Server ports on the internet and for clients from there.
pub(super) const INTERNET: &[(u8, u16)] =
    &[(TCP, 443), (TCP, 443), (UDP, 443), (TCP, 80), (UDP, 123), (ICMP, 0)];
/// What scanners try.
const SCANNED: &[(u8, u16)] =
    &[(TCP, 23), (TCP, 22), (TCP, 3389), (TCP, 445), (TCP, 8088), (UDP, 5060), (TCP, 1433)];

impl Exchange {
    /// An accepted conversation on one of `services`, within the window that begins at `window`.
    pub(super) fn accepted(rng: &mut Rng, services: &[(u8, u16)], window: u64) -> Self {
        let (protocol, server_port) = rng.pick_skewed(services).copied().unwrap_or((TCP, 443));
        let (request_flags, reply_flags) = if protocol == TCP { tcp_flags(rng) } else { (0, 0) };
        let refused = reply_flags == RST;
        let packets = if refused { 1 } else { packets(rng, protocol) };
        let reply_packets = packets.saturating_sub(rng.below(packets / 2 + 1)).max(1);
        let (start, end) = interval(rng, window);
        Self {
            protocol,
            client_port: if protocol == ICMP { 0 } else { ephemeral_port(rng) },
            server_port,
            request: Half::new(packets, request_size(rng, protocol, refused), request_flags),
            reply: Some(Half::new(reply_packets, reply_size(rng, protocol, refused), reply_flags)),
            start,
            end,
            action: Action::Accept,
            reject_reason: None,
            encryption_status: if server_port == 443 { 2 } else { 0 },
        }
    }

    /// A packet or two that nothing answers.
    pub(super) fn probe(rng: &mut Rng, window: u64) -> Self {
        let (protocol, server_port) = rng.pick_skewed(SCANNED).copied().unwrap_or((TCP, 23));
        let (start, end) = interval(rng, window);
        let flags = if protocol == TCP { SYN } else { 0 };
        let size = 40 + 4 * rng.below(6);
        Self {
            protocol,
            client_port: ephemeral_port(rng),
            server_port,
            request: Half::new(1 + rng.skewed(3), size, flags),
            reply: None,
            start,
            end,
            action: Action::Reject,
            reject_reason: None,
            encryption_status: 0,
        }
    }

    /// The same between IPv6 addresses.
    pub(super) fn over_ipv6(mut self) -> Self {
        if self.protocol == ICMP {
            self.protocol = ICMP_V6;
        }
        self
    }

    /// The same between Nitro instances, which encrypt what they send to each other.
    pub(super) fn encrypted_by_nitro(mut self) -> Self {
        self.encryption_status |= 1;
        self
    }

    /// The same with nobody there to answer.
    pub(super) fn unanswered(mut self) -> Self {
        self.reply = None;
        if self.protocol == TCP {
            self.request.tcp_flags = SYN;
        }
        self
    }

    /// The same, rejected by VPC Block Public Access, which reports no bytes.
    pub(super) fn blocked_public_access(mut self) -> Self {
        self.reject_reason = Some("BPA");
        self.request.bytes = None;
        self
    }
}

impl Half {
    fn new(packets: u64, size: u64, tcp_flags: u8) -> Self {
        Self { packets, bytes: Some(packets * size), tcp_flags }
    }
}

/// The flags of request and reply: a conversation begins, goes on, ends or does it all within the
/// interval. Flow logs show neither ACK nor PSH alone.
fn tcp_flags(rng: &mut Rng) -> (u8, u8) {
    match rng.below(100) {
        0..45 => (SYN | FIN, SYN_ACK | FIN),
        45..70 => (0, 0),
        70..83 => (SYN, SYN_ACK),
        83..94 => (FIN, FIN),
        94..97 => (SYN | RST, SYN_ACK),
        _ => (SYN, RST),
    }
}

fn packets(rng: &mut Rng, protocol: u8) -> u64 {
    match protocol {
        TCP if rng.one_in(50) => 1_000 + rng.skewed(1 << 18),
        TCP => 4 + rng.skewed(1 << 11),
        _ => 1 + rng.skewed(1 << 4),
    }
}

/// Bytes of a request's packet on average.
fn request_size(rng: &mut Rng, protocol: u8, refused: bool) -> u64 {
    match protocol {
        TCP if refused => 60,
        TCP => 52 + rng.skewed(1_200),
        UDP => 60 + rng.skewed(64),
        _ => 84,
    }
}

/// Bytes of a reply's packet on average.
fn reply_size(rng: &mut Rng, protocol: u8, refused: bool) -> u64 {
    match protocol {
        TCP if refused => 40,
        TCP => 1_500 - rng.skewed(1_400),
        UDP => 76 + rng.skewed(400),
        _ => 84,
    }
}

/// Start and end of an aggregation interval that ends in the window.
fn interval(rng: &mut Rng, window: u64) -> (u64, u64) {
    let end = window + rng.below(WINDOW);
    (end - (1 + rng.below(AGGREGATION_INTERVAL - 1)), end)
}

/// A port of Linux's default range.
fn ephemeral_port(rng: &mut Rng) -> u16 {
    32_768 + rng.below(28_232) as u16
}
