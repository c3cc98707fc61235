//! Sockets that are bound to the addresses of exporters.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use weir_ipfix::{LayoutPair, PackError, RecordGroup, standard};

use crate::collector_config::{CollectorConfig, MAX_SOURCES};
use crate::endpoint::Endpoint;
use crate::udp_socket::connect_to;

/// How long an address that this host does not have is not tried again.
const ABSENCE: Duration = Duration::from_secs(60);

/// The most addresses that are remembered as absent; what is more is tried for each run.
const MAX_ABSENT: usize = 16_384;

/// The endpoints by source address. Addresses come from other processes: both maps are bounded.
#[derive(Default)]
pub(crate) struct Sources {
    endpoints: HashMap<Ipv4Addr, Endpoint>,
    /// Addresses that could not be bound to, and when that was.
    absent: HashMap<Ipv4Addr, Duration>,
}

impl Sources {
    /// The endpoint that is bound to `source`, if there is one.
    pub(crate) fn get(&mut self, source: Ipv4Addr) -> Option<&mut Endpoint> {
        self.endpoints.get_mut(&source)
    }

    /// Makes an endpoint for `source` unless there is one, or it was tried a moment ago.
    pub(crate) fn prepare(
        &mut self,
        source: Ipv4Addr,
        collector: SocketAddr,
        config: &CollectorConfig,
        layouts: &Arc<LayoutPair>,
        now: Duration,
    ) -> Result<(), PackError> {
        let tried = self.absent.get(&source);
        let is_absent = tried.is_some_and(|tried| now.saturating_sub(*tried) < ABSENCE);
        if is_absent || self.endpoints.contains_key(&source) {
            return Ok(());
        }
        match self.bind(source, collector) {
            Ok(socket) => {
                self.absent.remove(&source);
                self.endpoints.insert(source, Endpoint::new(socket, config, layouts)?);
            }
            Err(error) => self.note_absent(source, &error, now),
        }
        Ok(())
    }

    /// All endpoints.
    pub(crate) fn endpoints(&mut self) -> impl Iterator<Item = &mut Endpoint> {
        self.endpoints.values_mut()
    }

    fn bind(&self, source: Ipv4Addr, collector: SocketAddr) -> io::Result<std::net::UdpSocket> {
        if self.endpoints.len() >= MAX_SOURCES {
            return Err(io::Error::other(format!("there are {MAX_SOURCES} source addresses")));
        }
        connect_to(collector, Some(IpAddr::V4(source)))
    }

    fn note_absent(&mut self, source: Ipv4Addr, error: &io::Error, now: Duration) {
        let is_known = self.absent.contains_key(&source);
        if !is_known && self.absent.len() >= MAX_ABSENT {
            return;
        }
        self.absent.insert(source, now);
        if !is_known {
            tracing::warn!(%source, %error, "records of this exporter leave from another address");
        }
    }
}

/// The exporterIPv4Address of the first groups, and how many of them share it.
pub(crate) fn stretch(groups: &[RecordGroup], layouts: &LayoutPair) -> (Option<Ipv4Addr>, usize) {
    let mut sources = groups.iter().map(|group| source_of(group, layouts));
    let first = sources.next().flatten();
    (first, 1 + sources.take_while(|source| *source == first).count())
}

/// An observation domain has one exporter: the first record tells for all.
fn source_of(group: &RecordGroup, layouts: &LayoutPair) -> Option<Ipv4Addr> {
    let layout = layouts.by_revision(group.revision)?;
    let first = group.checked_records(layout).next()?;
    match first.address(standard::EXPORTER_ADDRESS)? {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    }
}
