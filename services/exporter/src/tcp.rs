//! A collector that is reached over TCP (RFC 7011 section 10.4) or TLS over it (section 11).

use std::sync::Arc;

use crate::checked::CheckedRun;
use crate::collector_config::CollectorConfig;
use crate::error::ExportError;
use crate::meter::Meter;
use crate::output::Output;
use crate::outputs::Opening;
use crate::pace::Pace;
use crate::session::{ChunkBounds, Session, SessionError};
use crate::stream::{Ready, Stream};

/// Octets of messages that are written with one call.
const WRITE_LENGTH: usize = 256 * 1024;

/// A TCP collector. Each connection is a session of its own: templates first, sequence numbers
/// from 0. The run during which a connection breaks is sent again as a whole.
pub(crate) struct TcpCollector {
    stream: Stream,
    session: Session,
    pace: Pace,
}

impl TcpCollector {
    pub(crate) fn open(
        config: &CollectorConfig,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        let collector = config.address.to_string();
        let session = Session::new(config, Arc::clone(opening.layouts), false)
            .map_err(|source| ExportError::Packing { collector, source })?;
        let pace = Pace::new(config.records_per_second, opening.clock.clone(), Arc::clone(meter));
        let address = &config.address;
        let stream = Stream::new(&address.peer, address.transport, &config.tls, opening, meter);
        Ok(Self { stream, session, pace })
    }

    fn peer(&self) -> String {
        self.pace.meter().address().to_owned()
    }
}

impl Output for TcpCollector {
    fn ready(&mut self, waits: bool) -> Result<bool, ExportError> {
        let ready = self.stream.ready(waits);
        match ready.map_err(|source| ExportError::Connect { peer: self.peer(), source })? {
            Ready::No => return Ok(false),
            Ready::Anew => self.session.restart(),
            Ready::Still => {}
        }
        Ok(true)
    }

    fn write(&mut self, run: &CheckedRun) -> Result<(), ExportError> {
        let bounds = ChunkBounds { octets: WRITE_LENGTH, message_length: None };
        let Self { stream, session, pace } = self;
        let written = session.write(run.groups(), pace, bounds, |chunk| stream.write(chunk.octets));
        match written {
            Ok(()) => {
                self.stream.delivered();
                Ok(())
            }
            Err(SessionError::Pack(source)) => {
                Err(ExportError::Packing { collector: self.peer(), source })
            }
            Err(SessionError::Send(source)) => Err(ExportError::Send { peer: self.peer(), source }),
        }
    }
}
