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
use crate::live::Live;
use crate::meter::Meter;
use crate::output::Output;
use crate::outputs::Opening;
use crate::pace::Pace;
use crate::path_mtu::path_limit;
use crate::segmentation::is_worth_segmenting;
use crate::session::SessionError;
use crate::sources::{Sources, stretch};
use crate::udp_link::{Link, UdpLink};

/// A UDP collector. Its sockets are connected, so that a refusal (ICMP) is seen: it is counted
/// and never fatal.
pub(crate) struct UdpCollector {
    /// What the sessions go by.
    pub(crate) config: CollectorConfig,
    /// The packet size that it was opened with, which its path is known to take.
    pub(crate) first_packet_size: usize,
    /// Whether the sessions were made for messages that are filled.
    pub(crate) is_padding: bool,
    /// Whether the sessions may not have the templates that the collector is to get.
    pub(crate) is_outdated: bool,
    /// Those of the run at hand.
    pub(crate) layouts: Arc<LayoutPair>,
    pub(crate) pace: Pace,
    pub(crate) link: UdpLink,
    /// The socket for all records, or those whose exporter's address this host does not have.
    pub(crate) main: Option<Endpoint>,
    pub(crate) sources: Sources,
    /// Groups of the run at hand that are sent.
    pub(crate) done: usize,
    /// Whether a group of the run at hand is sent in part.
    pub(crate) is_amid: bool,
}

impl UdpCollector {
    /// Opens the session. Nothing is sent as yet.
    pub(crate) fn open(
        live: &Live<CollectorConfig>,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        let config = CollectorConfig::clone(&live.get());
        let bound_to = match config.source_address {
            SourceAddress::Fixed(address) => Some(address),
            // Only an IPv4 peer can be reached from an exporter's IPv4 address.
            SourceAddress::Exporter => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            SourceAddress::System => None,
        };
        meter.packs(config.max_packet_size);
        let mut collector = Self {
            first_packet_size: config.max_packet_size,
            is_padding: is_worth_segmenting(&config),
            is_outdated: false,
            layouts: Arc::clone(opening.layouts),
            pace: Pace::new(live.clone(), opening.clock.clone(), Arc::clone(meter)),
            link: UdpLink::new(&config.address.peer, bound_to, opening, meter),
            config,
            main: None,
            sources: Sources::default(),
            done: 0,
            is_amid: false,
        };
        match collector.ready(true) {
            Err(ExportError::Connect { .. }) if opening.config.give_up_after.is_none() => {}
            ready => drop(ready?),
        }
        Ok(collector)
    }

    /// Begins sessions on a new socket.
    fn connected(&mut self, socket: UdpSocket) -> Result<(), ExportError> {
        match self.check_path(&socket, self.config.max_packet_size) {
            Err(refused @ ExportError::PacketSizePath { .. })
                if self.config.max_packet_size != self.first_packet_size =>
            {
                self.pace.meter().refuses(Some(refused.to_string()));
                self.resize(self.first_packet_size);
            }
            checked => checked?,
        }
        let endpoint = Endpoint::new(socket, &self.config, &self.layouts);
        let packing = |source| ExportError::Packing { collector: self.address(), source };
        self.main = Some(endpoint.map_err(packing)?);
        self.is_padding = is_worth_segmenting(&self.config);
        self.sources = Sources::default();
        (self.done, self.is_amid) = (0, false);
        Ok(())
    }

    pub(crate) fn check_path(&self, socket: &UdpSocket, size: usize) -> Result<(), ExportError> {
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
            self.is_amid = false;
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
        let Self { config, layouts, pace, link, main, sources, is_amid, .. } = self;
        let main = main.as_mut().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))?;
        let Some(source) = source else { return main.write(groups, pace) };
        // While groups are written again they must not go to another session than before.
        if !link.is_failing() && !*is_amid {
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
            SessionError::Changed => unreachable!("it is written again until it is not changed"),
        }
    }

    fn connect_error(&self, source: io::Error) -> ExportError {
        ExportError::Connect { peer: self.address(), source }
    }

    pub(crate) fn address(&self) -> String {
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
        self.prepare(run.layouts())?;
        loop {
            match self.send(run.groups()) {
                Err(SessionError::Changed) => {
                    self.is_amid = true;
                    self.adapt();
                }
                sent => return sent.map_err(|error| self.failed(error)),
            }
        }
    }

    fn abandon(&mut self) {
        (self.done, self.is_amid) = (0, false);
        if self.link.is_failing() {
            // Templates may be among what was not sent: new sessions begin with them.
            self.link.is_useless();
        }
    }

    fn idle(&mut self, _now: Duration) -> Result<bool, ExportError> {
        if self.pace.is_changed() && !self.is_begun() {
            self.adapt();
        }
        self.repeat_templates().map_err(|error| self.failed(error.into()))
    }
}
