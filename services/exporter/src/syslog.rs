//! Report 20201 as syslog messages, over UDP (RFC 5426) or TCP (RFC 6587, octet counting).

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;

use weir_delivery::EnrichedRun;
use weir_ipfix::{LayoutPair, cut_at_character};
use weir_report::{DEFAULT_SOURCE_ID, ReportField, SyslogHeader, SyslogWriter};

use crate::address::{SyslogAddress, Transport};
use crate::clock::Clock;
use crate::error::ExportError;
use crate::output::{Output, records};
use crate::report::{ExportReport, PeerReport};
use crate::stream::Stream;
use crate::udp;

/// Octets of frames that are written to a stream with one call.
const WRITE_LENGTH: usize = 256 * 1024;

/// The most octets of a UDP payload over IPv4. A longer message is cut, as RFC 5426 section 3.2
/// has it: refused by the system, it would hold up all others for good.
const MAX_DATAGRAM: usize = 65_507;

/// A syslog receiver.
pub(crate) struct Syslog {
    carrier: Carrier,
    layouts: Arc<LayoutPair>,
    writer: SyslogWriter,
    message: Vec<u8>,
    report: PeerReport,
}

enum Carrier {
    Udp(UdpSocket),
    Tcp(Stream, Frames),
}

/// Frames that wait for the stream.
#[derive(Default)]
struct Frames {
    octets: Vec<u8>,
    messages: u64,
}

impl Syslog {
    pub(crate) fn open(
        address: &SyslogAddress,
        fields: &[ReportField],
        layouts: Arc<LayoutPair>,
        clock: Clock,
    ) -> Result<Self, ExportError> {
        let peer = address.to_string();
        let carrier = match address.transport {
            Transport::Tcp => {
                Carrier::Tcp(Stream::new(address.peer.clone(), clock), Frames::default())
            }
            Transport::Udp => match udp::connect(&address.peer) {
                Ok(socket) => Carrier::Udp(socket),
                Err(source) => return Err(ExportError::Connect { peer, source }),
            },
        };
        let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let header = SyslogHeader::new(&hostname, DEFAULT_SOURCE_ID);
        let writer = SyslogWriter::new(&layouts, fields, header);
        let report = PeerReport { peer, ..PeerReport::default() };
        Ok(Self { carrier, layouts, writer, message: Vec::new(), report })
    }

    fn try_write(&mut self, run: &EnrichedRun) -> io::Result<()> {
        self.writer.set_timestamp(&jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S+00:00"));
        for record in records(run, &self.layouts) {
            self.message.clear();
            self.writer.write(&record, &mut self.message);
            self.carrier.send(&self.message, &mut self.report)?;
        }
        self.carrier.flush(&mut self.report)
    }

    fn connect_error(&self, source: io::Error) -> ExportError {
        ExportError::Connect { peer: self.report.peer.clone(), source }
    }

    fn send_error(&self, source: io::Error) -> ExportError {
        ExportError::Send { peer: self.report.peer.clone(), source }
    }
}

impl Carrier {
    /// Makes ready for a run.
    fn ensure(&mut self) -> io::Result<()> {
        let Self::Tcp(stream, frames) = self else { return Ok(()) };
        stream.ensure()?;
        // After a break the whole run goes again: a frame may have been cut.
        frames.clear();
        Ok(())
    }

    fn succeeded(&mut self) {
        if let Self::Tcp(stream, _) = self {
            stream.succeeded();
        }
    }

    /// Whether the run is worth another attempt, after a pause; else `error` is returned.
    fn broke(&mut self, error: io::Error) -> io::Result<()> {
        match self {
            Self::Udp(_) => Err(error),
            Self::Tcp(stream, _) => stream.broke(error),
        }
    }

    fn send(&mut self, message: &[u8], report: &mut PeerReport) -> io::Result<()> {
        match self {
            Self::Udp(socket) => {
                let kept = cut_at_character(message, MAX_DATAGRAM);
                udp::send(socket, kept, &mut report.refused)?;
                report.strings_cut += u64::from(kept.len() < message.len());
                count(report, 1, kept.len());
                Ok(())
            }
            Self::Tcp(_, frames) => {
                frames.push(message);
                if frames.octets.len() < WRITE_LENGTH { Ok(()) } else { self.flush(report) }
            }
        }
    }

    fn flush(&mut self, report: &mut PeerReport) -> io::Result<()> {
        let Self::Tcp(stream, frames) = self else { return Ok(()) };
        stream.write(&frames.octets)?;
        count(report, frames.messages, frames.octets.len());
        frames.clear();
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

/// Counts messages that were handed to the system.
fn count(report: &mut PeerReport, messages: u64, octets: usize) {
    report.messages += messages;
    report.records += messages;
    report.octets += octets as u64;
}

impl Output for Syslog {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        loop {
            self.carrier.ensure().map_err(|source| self.connect_error(source))?;
            match self.try_write(run) {
                Ok(()) => {
                    self.carrier.succeeded();
                    return Ok(());
                }
                Err(error) => {
                    self.carrier.broke(error).map_err(|source| self.send_error(source))?
                }
            }
        }
    }

    fn report(&self, report: &mut ExportReport) {
        report.syslog.push(self.report.clone());
    }
}
