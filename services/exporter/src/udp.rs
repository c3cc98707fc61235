//! A collector that is reached over UDP.

use std::io;
use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use weir_ipfix::{LayoutPair, RecordGroup};

use crate::checked::CheckedRun;
use crate::collector_config::{CollectorConfig, SourceAddress};
use crate::endpoint::Endpoint;
use crate::error::ExportError;
use crate::meter::Meter;
use crate::output::Output;
use crate::outputs::Opening;
use crate::pace::Pace;
use crate::path_mtu::path_limit;
use crate::session::SessionError;
use crate::sources::{Sources, stretch};
use crate::udp_link::{Link, UdpLink};

/// A UDP collector. Its sockets are connected, so that a refusal (ICMP) is seen: it is counted
/// and never fatal.
pub(crate) struct UdpCollector {
    config: CollectorConfig,
    layouts: Arc<LayoutPair>,
    pace: Pace,
    link: UdpLink,
    /// The socket for all records, or those whose exporter's address this host does not have.
    main: Option<Endpoint>,
    sources: Sources,
    /// Groups of the run at hand that are sent.
    done: usize,
}

impl UdpCollector {
    /// Opens the session. Nothing is sent as yet.
    pub(crate) fn open(
        config: &CollectorConfig,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        let bound_to = match config.source_address {
            SourceAddress::Fixed(address) => Some(address),
            // Only an IPv4 peer can be reached from an exporter's IPv4 address.
            SourceAddress::Exporter => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            SourceAddress::System => None,
        };
        let (clock, records_per_second) = (opening.clock.clone(), config.records_per_second);
        let mut collector = Self {
            config: config.clone(),
            layouts: Arc::clone(opening.layouts),
            pace: Pace::new(records_per_second, clock, Arc::clone(meter)),
            link: UdpLink::new(&config.address.peer, bound_to, opening, meter),
            main: None,
            sources: Sources::default(),
            done: 0,
        };
        match collector.ready(true) {
            Err(ExportError::Connect { .. }) if opening.config.give_up_after.is_none() => {}
            ready => drop(ready?),
        }
        Ok(collector)
    }

    /// Begins sessions on a new socket.
    fn connected(&mut self, socket: UdpSocket) -> Result<(), ExportError> {
        self.check_path(&socket)?;
        let endpoint = Endpoint::new(socket, &self.config, &self.layouts);
        let packing = |source| ExportError::Packing { collector: self.address(), source };
        self.main = Some(endpoint.map_err(packing)?);
        self.sources = Sources::default();
        self.done = 0;
        Ok(())
    }

    fn check_path(&self, socket: &UdpSocket) -> Result<(), ExportError> {
        let size = self.config.max_packet_size;
        let limit = path_limit(socket).map_err(|source| self.connect_error(source))?;
        match limit {
            Some(path) if size > path.payload => {
                let (mtu, limit) = (path.mtu, path.payload);
                Err(ExportError::PacketSizePath { size, collector: self.address(), mtu, limit })
            }
            _ => Ok(()),
        }
    }

    /// Sends the groups of a run that were not sent before, each from the address that is asked
    /// for.
    fn send(&mut self, groups: &[RecordGroup]) -> Result<(), SessionError> {
        while let Some(left) = groups.get(self.done..).filter(|left| !left.is_empty()) {
            let (source, count) = match self.config.source_address {
                SourceAddress::Exporter => stretch(left, &self.layouts),
                SourceAddress::System | SourceAddress::Fixed(_) => (None, left.len()),
            };
            self.send_from(source, left.get(..count).unwrap_or_default())?;
            self.done += count;
            self.link.succeeded();
        }
        self.done = 0;
        Ok(())
    }

    fn send_from(
        &mut self,
        source: Option<Ipv4Addr>,
        groups: &[RecordGroup],
    ) -> Result<(), SessionError> {
        let Self { config, layouts, pace, link, main, sources, .. } = self;
        let main = main.as_mut().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        let Some(source) = source else { return main.write(groups, pace) };
        // While groups are written again they must not go to another session than before.
        if !link.is_failing() {
            sources.prepare(source, main.collector()?, config, layouts, pace.now())?;
        }
        if let Some(endpoint) = sources.get(source) {
            return endpoint.write(groups, pace);
        }
        main.write(groups, pace)?;
        pace.meter().fell_back(groups.iter().map(|group| group.len() as u64).sum());
        Ok(())
    }

    fn repeat_templates(&mut self) -> io::Result<bool> {
        let Self { pace, main, sources, .. } = self;
        let mut has_sent = false;
        for endpoint in main.iter_mut().chain(sources.endpoints()) {
            has_sent |= endpoint.repeat_templates(pace)?;
        }
        Ok(has_sent)
    }

    fn failed(&mut self, error: SessionError) -> ExportError {
        self.link.failed();
        match error {
            SessionError::Pack(source) => {
                ExportError::Packing { collector: self.address(), source }
            }
            SessionError::Send(source) => ExportError::Send { peer: self.address(), source },
        }
    }

    fn connect_error(&self, source: io::Error) -> ExportError {
        ExportError::Connect { peer: self.address(), source }
    }

    fn address(&self) -> String {
        self.pace.meter().address().to_owned()
    }
}

impl Output for UdpCollector {
    fn ready(&mut self, waits: bool) -> Result<bool, ExportError> {
        match self.link.ready(waits).map_err(|source| self.connect_error(source))? {
            Link::No => Ok(false),
            Link::Still => Ok(true),
            Link::Anew(socket) => {
                let connected = self.connected(socket);
                if connected.is_err() {
                    self.link.is_useless();
                }
                connected.map(|()| true)
            }
        }
    }

    fn write(&mut self, run: &CheckedRun) -> Result<(), ExportError> {
        self.send(run.groups()).map_err(|error| self.failed(error))
    }

    fn abandon(&mut self) {
        self.done = 0;
        if self.link.is_failing() {
            // Templates may be among what was not sent: new sessions begin with them.
            self.link.is_useless();
        }
    }

    fn idle(&mut self, _now: Duration) -> Result<bool, ExportError> {
        self.repeat_templates().map_err(|error| self.failed(error.into()))
    }
}
