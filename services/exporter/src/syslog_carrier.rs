//! What carries syslog messages: UDP (RFC 5426), TCP (RFC 6587, octet counting), or TLS over it
//! (RFC 5425).

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;

use weir_ipfix::cut_at_character;

use crate::address::{SyslogAddress, Transport};
use crate::config::OutputConfig;
use crate::meter::{Meter, Sent};
use crate::outputs::Opening;
use crate::stream::{Ready, Stream};
use crate::udp_link::{Link, UdpLink};
use crate::udp_socket;

/// Octets of frames that are written to a stream with one call.
const WRITE_LENGTH: usize = 256 * 1024;

/// The most octets of a UDP payload over IPv4. A longer message is cut, as RFC 5426 section 3.2
/// has it: refused by the system, it would hold up all others for good.
const MAX_DATAGRAM: usize = 65_507;

/// The way to a receiver.
pub(crate) enum Carrier {
    Datagrams { link: UdpLink, socket: Option<UdpSocket>, meter: Arc<Meter> },
    Frames { stream: Stream, waiting: Frames },
}

/// Frames that wait for the stream.
#[derive(Default)]
pub(crate) struct Frames {
    octets: Vec<u8>,
    messages: u64,
}

impl Carrier {
    pub(crate) fn new(
        address: &SyslogAddress,
        config: &OutputConfig,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Self {
        let SyslogAddress { transport, peer } = address;
        match transport {
            Transport::Udp => {
                let link = UdpLink::new(peer, None, opening, meter);
                Self::Datagrams { link, socket: None, meter: Arc::clone(meter) }
            }
            Transport::Tcp | Transport::Tls => {
                let stream = Stream::new(peer, *transport, &config.tls, opening, meter);
                Self::Frames { stream, waiting: Frames::default() }
            }
        }
    }

    /// Whether messages can follow each other without an end.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Frames { .. })
    }

    /// Makes ready for a run; see [`crate::output::Output::ready`].
    pub(crate) fn ready(&mut self, waits: bool) -> io::Result<bool> {
        match self {
            Self::Datagrams { link, socket, .. } => match link.ready(waits)? {
                Link::No => return Ok(false),
                Link::Still => {}
                Link::Anew(another) => *socket = Some(another),
            },
            // After a break the whole run goes again.
            Self::Frames { stream, waiting } => {
                waiting.clear();
                return Ok(stream.ready(waits)? != Ready::No);
            }
        }
        Ok(true)
    }

    /// Notes that a run was delivered.
    pub(crate) fn delivered(&mut self) {
        match self {
            Self::Datagrams { link, .. } => link.succeeded(),
            Self::Frames { stream, .. } => stream.delivered(),
        }
    }

    /// Notes that a run was not.
    pub(crate) fn failed(&mut self) {
        if let Self::Datagrams { link, .. } = self {
            link.failed();
        }
    }

    /// Sends a message, or lets it wait for [`Self::flush`].
    pub(crate) fn send(&mut self, message: &[u8], sent: &mut Sent) -> io::Result<()> {
        match self {
            Self::Datagrams { socket, meter, .. } => {
                let socket = socket.as_ref().ok_or(io::ErrorKind::NotConnected)?;
                let kept = cut_at_character(message, MAX_DATAGRAM);
                udp_socket::send(socket, kept, meter)?;
                if kept.len() < message.len() {
                    meter.strings_cut(1);
                }
                sent.add(1, kept.len(), 1);
                Ok(())
            }
            Self::Frames { waiting, .. } => {
                waiting.push(message);
                if waiting.octets.len() < WRITE_LENGTH { Ok(()) } else { self.flush(sent) }
            }
        }
    }

    /// Sends what waits.
    pub(crate) fn flush(&mut self, sent: &mut Sent) -> io::Result<()> {
        let Self::Frames { stream, waiting } = self else { return Ok(()) };
        stream.write(&waiting.octets)?;
        sent.add(waiting.messages, waiting.octets.len(), waiting.messages);
        waiting.clear();
        Ok(())
    }
}

impl Frames {
    fn push(&mut self, message: &[u8]) {
        self.octets.extend_from_slice(message.len().to_string().as_bytes());
        self.octets.push(b' ');
        self.octets.extend_from_slice(message);
        self.messages += 1;
    }

    fn clear(&mut self) {
        self.octets.clear();
        self.messages = 0;
    }
}
