//! One UDP socket and the transport session on it.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use weir_ipfix::{LayoutPair, PackError, RecordGroup};

use crate::collector_config::CollectorConfig;
use crate::meter::Meter;
use crate::pace::Pace;
use crate::segmentation::{is_worth_segmenting, most_segmented_octets, segment};
use crate::session::{Chunk, ChunkBounds, Session, SessionError};
use crate::udp_socket::send_chunk;

/// A socket that is connected to a collector, and its session: the address and port pair is what
/// makes one (RFC 7011 section 10.3).
pub(crate) struct Endpoint {
    socket: UdpSocket,
    session: Session,
    is_segmenting: bool,
    max_packet_size: usize,
}

impl Endpoint {
    /// A session without anything sent.
    pub(crate) fn new(
        socket: UdpSocket,
        config: &CollectorConfig,
        layouts: &Arc<LayoutPair>,
    ) -> Result<Self, PackError> {
        let max_packet_size = config.max_packet_size;
        let is_segmenting =
            is_worth_segmenting(config) && segment(&socket, max_packet_size).is_ok();
        let session = Session::new(config, Arc::clone(layouts), is_segmenting)?;
        Ok(Self { socket, session, is_segmenting, max_packet_size })
    }

    /// Makes the session able to carry records of `layouts`; see [`Session::learn`].
    pub(crate) fn learn(
        &mut self,
        layouts: &Arc<LayoutPair>,
        config: &CollectorConfig,
    ) -> Result<bool, PackError> {
        self.session.learn(layouts, config)
    }

    /// Goes by the collector's limits from now on. Nothing may be packed that is not sent.
    pub(crate) fn set_limits(&mut self, config: &CollectorConfig) -> Result<(), PackError> {
        self.session.set_limits(config)?;
        self.max_packet_size = config.max_packet_size;
        if self.is_segmenting {
            self.is_segmenting = segment(&self.socket, config.max_packet_size).is_ok();
        }
        Ok(())
    }

    /// The socket.
    pub(crate) fn socket(&self) -> &UdpSocket {
        &self.socket
    }

    /// The collector's address.
    pub(crate) fn collector(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    /// Sends all records of `groups`; see [`Session::write`].
    pub(crate) fn write(
        &mut self,
        groups: &[RecordGroup],
        pace: &mut Pace,
    ) -> Result<(), SessionError> {
        let (session, bounds, send) = self.parts(pace);
        session.write(groups, pace, bounds, send)
    }

    /// Sends the templates that are due; see [`Session::repeat_templates`].
    pub(crate) fn repeat_templates(&mut self, pace: &mut Pace) -> io::Result<bool> {
        let (session, bounds, send) = self.parts(pace);
        session.repeat_templates(pace, bounds, send)
    }

    /// The session and what sends its messages.
    fn parts(
        &mut self,
        pace: &Pace,
    ) -> (&mut Session, ChunkBounds, impl FnMut(Chunk<'_>) -> io::Result<()> + use<'_>) {
        let Self { socket, session, is_segmenting, max_packet_size } = self;
        let octets = if *is_segmenting { most_segmented_octets(*max_packet_size) } else { 0 };
        let bounds = ChunkBounds { octets, message_length: Some(*max_packet_size) };
        let meter: Arc<Meter> = Arc::clone(pace.meter());
        (session, bounds, move |chunk| send_chunk(socket, chunk, is_segmenting, &meter))
    }
}
