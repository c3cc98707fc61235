//! What `weir run` reads: a folder, log groups, or both.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use weir_enricher::service::EnricherCore;
use weir_rpc::dispatcher::{Dispatcher, DispatcherConfig, Started};
use weir_rpc::health::Health;
use weir_rpc::link::Local;
use weir_runtime::drain::Drained;
use weir_runtime::{Shutdown, usage};
use weir_store::Store;

use super::drive::Deliveries;
use super::exporter::octets;
use super::folder::{self, Folder};
#[cfg(feature = "aws")]
use super::ingest_cloudwatch;
use super::tail::FolderArgs;
use crate::config::Config;
#[cfg(feature = "aws")]
use crate::config::IngestCloudWatchSettings;

/// What is read. Each source has a dispatcher and a budget of its own.
pub(super) struct Sources {
    folder: Option<Folder>,
    #[cfg(feature = "aws")]
    groups: Option<IngestCloudWatchSettings>,
}

impl Sources {
    /// The sources of the command line and the configuration, at least one.
    pub(super) fn of(args: &FolderArgs, config: &Config) -> anyhow::Result<Self> {
        let folder = args.folder_if_any(config);
        #[cfg(feature = "aws")]
        {
            let groups = config.aws.ingest_cloudwatch.clone();
            let has_groups =
                |settings: &IngestCloudWatchSettings| !settings.inputs.groups.is_empty();
            // A log group has no end.
            let groups = groups.filter(|settings| has_groups(settings) && !args.is_once());
            if folder.is_some() || groups.is_some() {
                return Ok(Self { folder, groups });
            }
        }
        #[cfg(not(feature = "aws"))]
        if folder.is_some() {
            return Ok(Self { folder });
        }
        let advice = if cfg!(feature = "aws") && !args.is_once() {
            "give DIR, `folder` in [tail], or [[ingest_cloudwatch.groups]]"
        } else {
            "give DIR, or `folder` in [tail] of the configuration"
        };
        Err(usage(anyhow!("nothing to read: {advice}")))
    }

    /// How long the end may take: the longest of all.
    pub(super) fn grace(&self, config: &Config) -> Duration {
        let grace = config.services.tail.grace;
        #[cfg(feature = "aws")]
        let grace = self.groups.as_ref().map_or(grace, |groups| grace.max(groups.grace));
        grace
    }

    /// Reads all of them. One that cannot go on ends the others.
    pub(super) async fn read(
        self,
        config: &Config,
        store: Arc<dyn Store>,
        enrichers: &Arc<EnricherCore>,
        health: &Health,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Drained> {
        let from_folder = async {
            let Some(folder) = self.folder else { return Ok(Drained::Complete) };
            let deliveries = deliveries(enrichers, config.services.tail.in_flight);
            let store = Arc::clone(&store);
            let read = folder::read(config, folder, store, deliveries, health, shutdown).await;
            read.inspect_err(|_| shutdown.trigger())
        };
        #[cfg(feature = "aws")]
        let from_groups = async {
            let Some(groups) = self.groups else { return Ok(Drained::Complete) };
            let deliveries = deliveries(enrichers, groups.in_flight);
            let store = Arc::clone(&store);
            let read =
                ingest_cloudwatch::read(config, groups, store, deliveries, health, shutdown).await;
            read.inspect_err(|_| shutdown.trigger())
        };
        #[cfg(not(feature = "aws"))]
        let from_groups = async { Ok(Drained::Complete) };
        let (folder, groups) = tokio::join!(from_folder, from_groups);
        Ok(worse(folder?, groups?))
    }
}

/// A drain is as good as its worst part.
fn worse(one: Drained, other: Drained) -> Drained {
    if one == Drained::Complete { other } else { one }
}

/// A dispatcher to the enricher of this process.
fn deliveries(enrichers: &Arc<EnricherCore>, in_flight: u64) -> Deliveries {
    let budget = octets(in_flight);
    let dispatcher = DispatcherConfig { in_flight_octets: budget, ..DispatcherConfig::default() };
    let enrichers = Arc::clone(enrichers);
    let receivers = Local::new(move |end| {
        let core = Arc::clone(&enrichers);
        tokio::spawn(async move { core.serve(end).await });
    });
    let Started { dispatcher, deliveries, .. } = Dispatcher::start(receivers, dispatcher);
    (dispatcher, deliveries)
}
