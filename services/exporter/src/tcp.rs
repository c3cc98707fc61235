//! A collector that is reached over TCP (RFC 7011 section 10.4) or TLS over it (section 11).

use std::sync::Arc;
use std::time::Duration;

use weir_ipfix::{LayoutPair, PackError};

use crate::checked::CheckedRun;
use crate::collector_config::CollectorConfig;
use crate::error::ExportError;
use crate::live::Live;
use crate::meter::Meter;
use crate::output::Output;
use crate::outputs::Opening;
use crate::pace::Pace;
use crate::session::{Chunk, ChunkBounds, Session, SessionError};
use crate::stream::{Ready, Stream};

/// Octets of messages that are written with one call.
const WRITE_LENGTH: usize = 256 * 1024;

/// A TCP collector. Each connection is a session of its own: templates first, sequence numbers
/// from 0. The run during which a connection breaks is sent again as a whole.
pub(crate) struct TcpCollector {
    /// What the session goes by.
    config: CollectorConfig,
    stream: Stream,
    session: Session,
    pace: Pace,
    /// Whether the session may not have the templates that the collector is to get.
    is_outdated: bool,
}

impl TcpCollector {
    pub(crate) fn open(
        live: &Live<CollectorConfig>,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        let config = CollectorConfig::clone(&live.get());
        let collector = config.address.to_string();
        let session = Session::new(&config, Arc::clone(opening.layouts), false)
            .map_err(|source| ExportError::Packing { collector, source })?;
        let pace = Pace::new(live.clone(), opening.clock.clone(), Arc::clone(meter));
        let address = &config.address;
        let stream = Stream::new(&address.peer, address.transport, &config.tls, opening, meter);
        meter.packs(config.max_packet_size);
        Ok(Self { config, stream, session, pace, is_outdated: false })
    }

    /// Before a run: lets the session go by what the collector is to get now, and know the
    /// layouts of the run. Where that needs a new session there is a new connection.
    fn prepare(&mut self, layouts: &Arc<LayoutPair>) -> Result<(), ExportError> {
        if self.pace.is_changed() {
            self.adapt();
        }
        if !std::mem::take(&mut self.is_outdated) && self.session.has_learned(layouts) {
            return Ok(());
        }
        let learned = self.session.learn(layouts, &self.config);
        if !learned.map_err(|source| self.packing(source))? {
            tracing::info!(collector = self.peer(), "a new connection for new templates");
            let session = Session::new(&self.config, Arc::clone(layouts), false);
            self.session = session.map_err(|source| self.packing(source))?;
            self.stream.close();
            self.ready(true)?;
        }
        Ok(())
    }

    fn packing(&self, source: PackError) -> ExportError {
        ExportError::Packing { collector: self.peer(), source }
    }

    /// Lets the session go by what the collector is to get now.
    fn adapt(&mut self) {
        let asked = self.pace.see();
        let size = self.config.max_packet_size;
        self.config = CollectorConfig::clone(&asked);
        if let Err(refused) = self.session.set_limits(&asked) {
            self.pace.meter().refuses(Some(refused.to_string()));
            self.config.max_packet_size = size;
        }
        self.pace.meter().packs(self.config.max_packet_size);
        self.is_outdated = true;
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
        self.prepare(run.layouts())?;
        let bounds = ChunkBounds { octets: WRITE_LENGTH, message_length: None };
        loop {
            let Self { stream, session, pace, .. } = self;
            let write = |chunk: Chunk<'_>| stream.write(chunk.octets);
            let error = match session.write(run.groups(), pace, bounds, write) {
                Ok(()) => {
                    self.stream.delivered();
                    return Ok(());
                }
                Err(error) => error,
            };
            return Err(match error {
                SessionError::Changed => {
                    self.adapt();
                    continue;
                }
                SessionError::Pack(source) => self.packing(source),
                SessionError::Send(source) => ExportError::Send { peer: self.peer(), source },
            });
        }
    }

    fn idle(&mut self, _now: Duration) -> Result<bool, ExportError> {
        if self.pace.is_changed() {
            self.adapt();
        }
        Ok(false)
    }
}
