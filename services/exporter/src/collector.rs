//! A UDP collector: one transport session with its templates, sequence numbers and rate.

use std::io;
use std::net::{ToSocketAddrs as _, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use socket2::{Domain, Protocol, Socket, Type};
use weir_delivery::EnrichedRun;
use weir_ipfix::{LayoutPair, Packer, PackerOptions, Projection};

use crate::config::{CollectorConfig, MAX_PACKET_SIZE_RANGE};
use crate::error::ExportError;
use crate::output::Output;
use crate::path_mtu::path_limit;
use crate::rate_limiter::RateLimiter;
use crate::report::{CollectorReport, ExportReport};

/// What the system is asked for as the send buffer, in octets.
const SEND_BUFFER: usize = 4 * 1024 * 1024;

/// How often a message is tried again when the system has no buffer for it.
const MAX_RETRIES: u32 = 1000;

/// A collector that is reached over UDP.
///
/// The socket is connected, so that a refusal (ICMP) is seen: it is counted and never fatal.
pub(crate) struct UdpCollector {
    socket: UdpSocket,
    layouts: Arc<LayoutPair>,
    packer: Packer,
    limiter: RateLimiter,
    /// Monotonic time counts from here.
    start: Instant,
    report: CollectorReport,
}

impl UdpCollector {
    /// Opens the session. Nothing is sent as yet.
    pub(crate) fn open(
        config: &CollectorConfig,
        layouts: Arc<LayoutPair>,
        start: Instant,
    ) -> Result<Self, ExportError> {
        let collector = config.address.to_string();
        let size = config.max_packet_size;
        if !MAX_PACKET_SIZE_RANGE.contains(&size) {
            return Err(ExportError::PacketSizeRange { size });
        }
        let connect_error = |source| ExportError::Connect { collector: collector.clone(), source };
        let socket = connect(config).map_err(connect_error)?;
        if let Some(path) = path_limit(&socket).map_err(connect_error)?
            && size > path.payload
        {
            let (mtu, limit) = (path.mtu, path.payload);
            return Err(ExportError::PacketSizePath { size, collector, mtu, limit });
        }
        let limiter = RateLimiter::new(config.records_per_second);
        let packer = packer(config, &layouts, &limiter)
            .map_err(|source| ExportError::Packing { collector: collector.clone(), source })?;
        let report = CollectorReport { collector, ..CollectorReport::default() };
        Ok(Self { socket, layouts, packer, limiter, start, report })
    }

    /// Sends all packed messages, in order, at the configured rate.
    fn send_messages(&mut self) -> Result<(), ExportError> {
        self.packer.flush();
        for index in 0..self.packer.messages().len() {
            let records = self.packer.messages().records(index);
            let delay = self.limiter.take(self.start.elapsed(), records);
            if !delay.is_zero() {
                std::thread::sleep(delay);
            }
            let message = self.packer.messages().stamped(index, export_time());
            send(&self.socket, message, &mut self.report.refused).map_err(|source| {
                ExportError::Send { collector: self.report.collector.clone(), source }
            })?;
            self.report.messages += 1;
            self.report.octets += message.len() as u64;
            self.report.records += u64::from(records);
        }
        self.packer.messages().clear();
        Ok(())
    }
}

impl Output for UdpCollector {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        for group in &run.groups {
            let Some(layout) = self.layouts.by_revision(group.revision) else { continue };
            let now = self.start.elapsed();
            let packed = self.packer.pack(group, layout, now);
            packed.map_err(|source| ExportError::Packing {
                collector: self.report.collector.clone(),
                source,
            })?;
        }
        self.send_messages()
    }

    fn idle(&mut self, now: Duration) -> Result<(), ExportError> {
        self.packer.repeat_templates(now);
        self.send_messages()
    }

    fn report(&self, report: &mut ExportReport) {
        let strings_cut = self.packer.strings_cut();
        report.collectors.push(CollectorReport { strings_cut, ..self.report.clone() });
    }
}

fn packer(
    config: &CollectorConfig,
    layouts: &LayoutPair,
    limiter: &RateLimiter,
) -> Result<Packer, weir_ipfix::PackError> {
    let mut packer = Packer::new(PackerOptions {
        max_message_length: config.max_packet_size,
        max_records_per_message: limiter.max_records_at_once(),
        template_interval: config.template_interval,
        padded: false,
    });
    for layout in [&layouts.v4, &layouts.v6] {
        packer.add_template(layout, Projection::whole(layout))?;
    }
    Ok(packer)
}

fn connect(config: &CollectorConfig) -> io::Result<UdpSocket> {
    let address = (config.address.host.as_str(), config.address.port);
    let no_address = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let peer = address.to_socket_addrs()?.next().ok_or_else(no_address)?;
    let socket = Socket::new(Domain::for_address(peer), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.connect(&peer.into())?;
    Ok(socket.into())
}

/// Sends one datagram. An error that the system reports for an earlier one (the collector's
/// host refused it) is counted, and this one is sent after all.
fn send(socket: &UdpSocket, message: &[u8], refused: &mut u64) -> io::Result<()> {
    let mut retries = 0;
    loop {
        let Err(error) = socket.send(message) else { return Ok(()) };
        let is_buffer_full = error.raw_os_error() == Some(rustix::io::Errno::NOBUFS.raw_os_error());
        match error.kind() {
            io::ErrorKind::ConnectionRefused => *refused += 1,
            io::ErrorKind::Interrupted => {}
            _ if is_buffer_full => std::thread::sleep(Duration::from_millis(1)),
            _ => return Err(error),
        }
        retries += 1;
        if retries > MAX_RETRIES {
            return Err(error);
        }
    }
}

/// The wall clock in seconds since the Unix epoch, as messages carry it (RFC 7011 section 3.1:
/// 32 bits).
fn export_time() -> u32 {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    (seconds & u64::from(u32::MAX)) as u32
}
