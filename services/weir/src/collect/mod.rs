//! `weir collect`: an IPFIX collector that prints what it receives as JSON lines.

mod collector;
mod json;
mod summary;
#[cfg(test)]
mod tests;
mod warnings;

use std::{io::Write, net::SocketAddr};

use weir_ipfix::DEFAULT_ENTERPRISE_NUMBER;

pub(crate) use collector::Collector;
pub(crate) use summary::CollectSummary;

/// What net.core.rmem_max allows on common systems; without it a collector loses bursts.
const DEFAULT_RECEIVE_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Where to listen and when to stop.
#[derive(Clone, Debug)]
pub(crate) struct CollectConfig {
    /// The UDP address; `[::]` takes IPv4 as well, port 0 any free port.
    pub(crate) listen: SocketAddr,
    /// Stop after so many data records, options records not counted; `None`: at shutdown alone.
    pub(crate) count: Option<u64>,
    /// The private enterprise number under which weir's own elements come.
    pub(crate) enterprise_number: u32,
    /// The socket's receive buffer that is asked for.
    pub(crate) receive_buffer_bytes: usize,
}

impl CollectConfig {
    /// Listens at `listen` until shutdown, with the default enterprise number and a receive
    /// buffer of 4 MiB.
    pub(crate) fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            count: None,
            enterprise_number: DEFAULT_ENTERPRISE_NUMBER,
            receive_buffer_bytes: DEFAULT_RECEIVE_BUFFER_BYTES,
        }
    }
}

/// Collects until `config.count` records are printed or `shutdown` says so, which is asked at
/// least every 200 ms.
///
/// # Errors
/// When the socket cannot be bound or read, or `out` cannot be written. Malformed messages are
/// counted and logged only.
pub(crate) fn run(
    config: &CollectConfig,
    out: &mut dyn Write,
    shutdown: &dyn Fn() -> bool,
) -> anyhow::Result<CollectSummary> {
    Collector::bind(config)?.run(out, shutdown)
}
