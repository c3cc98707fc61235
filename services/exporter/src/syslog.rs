//! Report 20201 as syslog messages, over UDP (RFC 5426) or TCP (RFC 6587, octet counting).

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;

use weir_delivery::EnrichedRun;
use weir_ipfix::LayoutPair;
use weir_report::{DEFAULT_SOURCE_ID, ReportField, SyslogHeader, SyslogWriter};

use crate::address::{SyslogAddress, Transport};
use crate::error::ExportError;
use crate::output::Output;
use crate::report::{ExportReport, PeerReport};
use crate::stream::Stream;
use crate::udp;

/// Octets of frames that are written to a stream with one call.
const WRITE_LENGTH: usize = 256 * 1024;

enum Carrier {
    Udp(UdpSocket),
    Tcp(Stream),
}

/// A syslog receiver.
pub(crate) struct Syslog {
    carrier: Carrier,
    layouts: Arc<LayoutPair>,
    writer: SyslogWriter,
    message: Vec<u8>,
    /// Frames that wait for the stream.
    frames: Vec<u8>,
    report: PeerReport,
}

impl Syslog {
    pub(crate) fn open(
        address: &SyslogAddress,
        fields: &[ReportField],
        layouts: Arc<LayoutPair>,
    ) -> Result<Self, ExportError> {
        let peer = address.to_string();
        let carrier = match address.transport {
            Transport::Tcp => Carrier::Tcp(Stream::new(address.peer.clone())),
            Transport::Udp => match udp::connect(&address.peer) {
                Ok(socket) => Carrier::Udp(socket),
                Err(source) => return Err(ExportError::Connect { peer, source }),
            },
        };
        let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let header = SyslogHeader::new(&hostname, DEFAULT_SOURCE_ID);
        let writer = SyslogWriter::new(&layouts, fields, header);
        let report = PeerReport { peer, ..PeerReport::default() };
        Ok(Self { carrier, layouts, writer, message: Vec::new(), frames: Vec::new(), report })
    }

    fn try_write(&mut self, run: &EnrichedRun) -> io::Result<()> {
        self.writer.set_timestamp(&jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S+00:00"));
        let layouts = Arc::clone(&self.layouts);
        for group in &run.groups {
            let layout = layouts.by_revision(group.revision);
            let records = layout.and_then(|layout| group.records(layout).ok());
            for record in records.into_iter().flatten() {
                self.message.clear();
                self.writer.write(&record, &mut self.message);
                self.send_message()?;
            }
        }
        self.flush()
    }

    fn send_message(&mut self) -> io::Result<()> {
        self.report.messages += 1;
        self.report.records += 1;
        self.report.octets += self.message.len() as u64;
        match &self.carrier {
            Carrier::Udp(socket) => udp::send(socket, &self.message, &mut self.report.refused),
            Carrier::Tcp(_) => {
                self.frames.extend_from_slice(self.message.len().to_string().as_bytes());
                self.frames.push(b' ');
                self.frames.extend_from_slice(&self.message);
                if self.frames.len() < WRITE_LENGTH { Ok(()) } else { self.flush() }
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let Carrier::Tcp(stream) = &mut self.carrier else { return Ok(()) };
        stream.write(&self.frames)?;
        self.frames.clear();
        Ok(())
    }

    fn error(&self, source: io::Error) -> ExportError {
        ExportError::Send { peer: self.report.peer.clone(), source }
    }
}

impl Output for Syslog {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        loop {
            if let Carrier::Tcp(stream) = &mut self.carrier
                && let Err(error) = stream.ensure()
            {
                return Err(self.error(error));
            }
            // A new connection gets the whole run again: frames may have been cut in the middle.
            self.frames.clear();
            let Err(error) = self.try_write(run) else {
                if let Carrier::Tcp(stream) = &mut self.carrier {
                    stream.succeeded();
                }
                return Ok(());
            };
            let given_up = match &mut self.carrier {
                Carrier::Udp(_) => Err(error),
                Carrier::Tcp(stream) => stream.broke(error),
            };
            given_up.map_err(|source| self.error(source))?;
        }
    }

    fn report(&self, report: &mut ExportReport) {
        report.syslog.push(self.report.clone());
    }
}
