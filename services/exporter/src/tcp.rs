//! A collector that is reached over TCP (RFC 7011 section 10.4).

use std::sync::Arc;

use weir_delivery::EnrichedRun;
use weir_ipfix::LayoutPair;

use crate::clock::Clock;
use crate::config::CollectorConfig;
use crate::error::ExportError;
use crate::output::Output;
use crate::report::ExportReport;
use crate::session::{ChunkBounds, Session};
use crate::stream::Stream;

/// Octets of messages that are written with one call.
const WRITE_LENGTH: usize = 256 * 1024;

/// A TCP collector. Each connection is a session of its own: templates first, sequence numbers
/// from 0. The run during which a connection breaks is sent again as a whole.
pub(crate) struct TcpCollector {
    stream: Stream,
    session: Session,
}

impl TcpCollector {
    pub(crate) fn open(
        config: &CollectorConfig,
        layouts: Arc<LayoutPair>,
        clock: Clock,
    ) -> Result<Self, ExportError> {
        config.check_packet_size()?;
        let collector = config.address.to_string();
        let session = Session::new(config, layouts, clock.clone(), false)
            .map_err(|source| ExportError::Packing { collector, source })?;
        Ok(Self { stream: Stream::new(config.address.peer.clone(), clock), session })
    }

    fn connect_error(&self, source: std::io::Error) -> ExportError {
        ExportError::Connect { peer: self.session.peer().to_owned(), source }
    }
}

impl Output for TcpCollector {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        loop {
            if self.stream.ensure().map_err(|source| self.connect_error(source))? {
                self.session.restart();
            }
            self.session.pack(run).map_err(|source| ExportError::Packing {
                collector: self.session.peer().to_owned(),
                source,
            })?;
            let bounds = ChunkBounds { octets: WRITE_LENGTH, message_length: None };
            let stream = &mut self.stream;
            match self.session.send(bounds, |chunk| stream.write(chunk.octets)) {
                Ok(()) => {
                    self.stream.succeeded();
                    return Ok(());
                }
                Err(error) => {
                    self.stream.broke(error).map_err(|source| self.connect_error(source))?;
                }
            }
        }
    }

    fn report(&self, report: &mut ExportReport) {
        report.collectors.push(self.session.report());
    }
}
