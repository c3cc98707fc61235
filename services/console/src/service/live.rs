//! Asks everybody how it goes, again and again.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use weir_rpc::channel::Channel;
use weir_rpc::limited;
use weir_rpc::pb;
use weir_rpc::pb::enricher_admin_service_client::EnricherAdminServiceClient;
use weir_rpc::pb::exporter_admin_service_client::ExporterAdminServiceClient;

use super::clients::Clients;
use super::moments::span;
use crate::history::{History, Rates, Sample};
use crate::view::Problem;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// The most inputs that are shown.
const MAX_INPUTS: u32 = 1000;

/// What a process said.
#[derive(Clone, Debug)]
pub(super) struct Said<T> {
    pub(super) name: String,
    pub(super) answer: Result<T, Problem>,
}

/// How everything goes.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) at: SystemTime,
    /// The same moment, for the history.
    pub(super) instant: Instant,
    pub(super) exporters: Vec<Said<pb::GetExportStatusResponse>>,
    pub(super) enrichers: Vec<Said<pb::GetEnricherStatusResponse>>,
    pub(super) discovery: Result<pb::GetDiscoveryStatusResponse, Problem>,
    pub(super) inputs: Result<Vec<pb::InputStatus>, Problem>,
    pub(super) history: History,
}

/// Begins to ask, each `interval`.
pub(super) fn watch(
    clients: Arc<Clients>,
    interval: Duration,
) -> (watch::Receiver<Option<Arc<Seen>>>, JoinHandle<()>) {
    let (sender, seen) = watch::channel(None);
    let looking = tokio::spawn(async move {
        let mut watcher = Watcher::default();
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let seen = watcher.look(&clients).await;
            sender.send_replace(Some(Arc::new(seen)));
        }
    });
    (seen, looking)
}

/// What is remembered between two looks.
#[derive(Default)]
struct Watcher {
    history: History,
    lines: Rates,
    records: Rates,
    rejected: Rates,
}

impl Watcher {
    async fn look(&mut self, clients: &Clients) -> Seen {
        let (exporters, enrichers, discovery, inputs) = tokio::join!(
            exporters(clients),
            enrichers(clients),
            discovery(clients),
            inputs(clients)
        );
        let (at, instant) = (SystemTime::now(), Instant::now());
        let sample = self.sample(instant, &exporters, &enrichers, &inputs);
        self.history.push(sample);
        let history = self.history.clone();
        Seen { at, instant, exporters, enrichers, discovery, inputs, history }
    }

    fn sample(
        &mut self,
        at: Instant,
        exporters: &[Said<pb::GetExportStatusResponse>],
        enrichers: &[Said<pb::GetEnricherStatusResponse>],
        inputs: &Result<Vec<pb::InputStatus>, Problem>,
    ) -> Sample {
        let lines = counters(enrichers, |status| status.lines);
        let records = counters(exporters, |status| status.records_committed);
        let rejected = counters(exporters, |status| status.lines_rejected);
        let octets = |status: &pb::GetExportStatusResponse| {
            status.octets_in_flight.saturating_add(status.octets_held)
        };
        let of_exporters = counters(exporters, octets);
        let of_enrichers = counters(enrichers, |status| status.octets_in_flight);
        let is_known = !of_exporters.is_empty() || !of_enrichers.is_empty();
        let octets = of_exporters.into_iter().chain(of_enrichers).map(|(_, octets)| octets);
        let octets = octets.fold(0_u64, u64::saturating_add);
        let lag = inputs.as_ref().ok().and_then(|inputs| slowest(inputs));
        Sample {
            at,
            lines_in: self.lines.next(lines, at),
            records_out: self.records.next(records, at),
            rejected: self.rejected.next(rejected, at),
            octets: is_known.then_some(octets as f64),
            lag: lag.map(|lag| lag.as_secs_f64()),
        }
    }
}

/// How far the slowest input is behind; none where there is no input.
pub(super) fn slowest(inputs: &[pb::InputStatus]) -> Option<Duration> {
    inputs.iter().map(|input| span(input.lag.as_ref()).unwrap_or_default()).max()
}

/// A counter of each process that answered.
fn counters<T>(all: &[Said<T>], value: impl Fn(&T) -> u64) -> Vec<(String, u64)> {
    let told = all.iter().filter_map(|said| Some((said.name.clone(), said.answer.as_ref().ok()?)));
    told.map(|(name, status)| (name, value(status))).collect()
}

/// Asks all processes of one kind at the same time.
async fn all_of<T, F: Future<Output = Result<T, Problem>>>(
    what: &str,
    peers: Result<Vec<(String, Channel)>, Problem>,
    ask: impl Fn(Channel) -> F,
) -> Vec<Said<T>> {
    match peers {
        Err(problem) => vec![Said { name: what.to_owned(), answer: Err(problem) }],
        Ok(peers) => {
            let asking = peers.into_iter().map(|(name, channel)| {
                let answer = ask(channel);
                async move { Said { name, answer: answer.await } }
            });
            join_all(asking).await
        }
    }
}

async fn exporters(clients: &Clients) -> Vec<Said<pb::GetExportStatusResponse>> {
    all_of("exporters", clients.exporters.all(), |channel| async move {
        let mut client = limited!(ExporterAdminServiceClient::new(channel));
        clients.ask(PATIENCE, client.get_export_status(pb::GetExportStatusRequest {})).await
    })
    .await
}

async fn enrichers(clients: &Clients) -> Vec<Said<pb::GetEnricherStatusResponse>> {
    all_of("enrichers", clients.enrichers.all(), |channel| async move {
        let mut client = limited!(EnricherAdminServiceClient::new(channel));
        clients.ask(PATIENCE, client.get_enricher_status(pb::GetEnricherStatusRequest {})).await
    })
    .await
}

async fn discovery(clients: &Clients) -> Result<pb::GetDiscoveryStatusResponse, Problem> {
    let mut client = clients.sweeps()?;
    clients.ask(PATIENCE, client.get_discovery_status(pb::GetDiscoveryStatusRequest {})).await
}

async fn inputs(clients: &Clients) -> Result<Vec<pb::InputStatus>, Problem> {
    let mut client = clients.ingest()?;
    let request = pb::ListInputStatusRequest { page_size: MAX_INPUTS, ..Default::default() };
    Ok(clients.ask(PATIENCE, client.list_input_status(request)).await?.inputs)
}
