//! A source and the dispatcher that takes its runs, driven to their end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use weir_delivery::RawRun;
use weir_ingest::{Dispatch, End, IngestConfig, Input, InputStatus, Report, Source};
use weir_rpc::dispatcher::{Delivery, Dispatcher, DispatcherConfig, Receivers, Started};
use weir_rpc::health::Health;
use weir_runtime::Shutdown;
use weir_runtime::drain::Drained;

use super::exporter::octets;
use crate::config::SourceService;

/// Where runs go, and where it is told what became of them.
pub(super) type Deliveries = (Dispatcher<RawRun>, mpsc::Receiver<Delivery<RawRun>>);

/// Starts to send runs to `receivers`, with at most so many octets on their way.
pub(super) fn deliveries(receivers: impl Receivers<RawRun>, in_flight: u64) -> Deliveries {
    let budget = octets(in_flight);
    let config = DispatcherConfig { in_flight_octets: budget, ..DispatcherConfig::default() };
    let Started { dispatcher, deliveries, .. } = Dispatcher::start(receivers, config);
    (dispatcher, deliveries)
}

/// Reads the source to its end, or until `shutdown`.
pub(super) async fn drive(
    source: impl Source,
    input: Input,
    service: &SourceService,
    (dispatcher, events): Deliveries,
    health: &Health,
    shutdown: &Shutdown,
) -> anyhow::Result<Drained> {
    let dispatch = Dispatch { sender: Arc::new(dispatcher), events };
    let ingest = IngestConfig {
        max_octets_in_flight: octets(service.in_flight),
        grace: service.grace,
        ..IngestConfig::default()
    };
    let draining = {
        let (health, shutdown) = (health.clone(), shutdown.clone());
        tokio::spawn(async move {
            shutdown.requested().await;
            health.draining();
        })
    };
    let report = weir_ingest::run(source, dispatch, input, ingest, shutdown).await;
    draining.abort();
    outcome(report, service.grace)
}

/// What the process makes of the end.
fn outcome(report: Report, grace: Duration) -> anyhow::Result<Drained> {
    let InputStatus { runs_committed, units_done, units_failed, last_error, .. } = &report.status;
    tracing::info!(runs_committed, units_done, units_failed, end = ?report.end, "reading has ended");
    let is_clean = report.is_clean();
    match report.end {
        End::Fatal(error) => Err(error.into()),
        End::Complete if *units_failed > 0 => {
            anyhow::bail!("{units_failed} files could not be read to their end: {last_error}")
        }
        _ if is_clean => Ok(Drained::Complete),
        _ => Ok(Drained::Cut { grace }),
    }
}

/// This host's name: what a worker is called in the state of its inputs, over restarts.
pub(super) fn worker() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// This process, unlike all others and unlike itself before a restart.
#[cfg(feature = "aws")]
pub(super) fn incarnation() -> String {
    use std::hash::BuildHasher as _;

    // The standard library seeds each state from the system's source of random numbers.
    let chance = std::hash::RandomState::new().hash_one(std::process::id());
    format!("{}-{chance:016x}", worker())
}
