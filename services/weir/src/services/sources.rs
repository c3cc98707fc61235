//! What `weir run` reads: a folder, log groups, streams, queues.

use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use weir_enricher::service::EnricherCore;
use weir_rpc::health::Health;
use weir_rpc::link::Local;
use weir_runtime::drain::Drained;
use weir_runtime::{Shutdown, usage};
use weir_store::Store;

use super::drive::{Deliveries, deliveries};
use super::folder::{self, Folder};
use super::kinesis::Kinesis;
use super::store::Settings;
use super::tail::FolderArgs;
#[cfg(feature = "aws")]
use super::{ingest_cloudwatch, ingest_s3};
use crate::config::Config;
#[cfg(feature = "aws")]
use crate::config::{IngestCloudWatchSettings, IngestS3Settings};

/// What is read. Each source has a dispatcher and a budget of its own.
pub(super) struct Sources {
    folder: Option<Folder>,
    streams: Option<Kinesis>,
    #[cfg(feature = "aws")]
    groups: Option<IngestCloudWatchSettings>,
    #[cfg(feature = "aws")]
    queues: Option<IngestS3Settings>,
}

impl Sources {
    /// The sources of the command line and the configuration, at least one.
    pub(super) fn of(args: &FolderArgs, config: &Config) -> anyhow::Result<Self> {
        // Log groups, streams and queues have no end.
        let is_once = args.is_once();
        let streams = Kinesis::of(config, &args.service)?.filter(|_| !is_once);
        let sources = Self {
            folder: args.folder_if_any(config),
            streams,
            #[cfg(feature = "aws")]
            groups: ingest_cloudwatch::groups_of(config).filter(|_| !is_once),
            #[cfg(feature = "aws")]
            queues: ingest_s3::queues_of(config).filter(|_| !is_once),
        };
        if sources.is_any() {
            return Ok(sources);
        }
        let advice = if cfg!(feature = "aws") && !is_once {
            "give DIR, `folder` in [tail], [[ingest_cloudwatch.groups]], [[ingest_kinesis.streams]] \
             or [[ingest_s3.queues]]"
        } else {
            "give DIR, or `folder` in [tail] of the configuration"
        };
        Err(usage(anyhow!("nothing to read: {advice}")))
    }

    fn is_any(&self) -> bool {
        #[cfg(feature = "aws")]
        if self.groups.is_some() || self.queues.is_some() {
            return true;
        }
        self.folder.is_some() || self.streams.is_some()
    }

    /// How long the end may take: the longest of all.
    pub(super) fn grace(&self, config: &Config) -> Duration {
        let grace = config.services.tail.service.grace;
        let grace = self.streams.as_ref().map_or(grace, |streams| grace.max(streams.grace()));
        #[cfg(feature = "aws")]
        let grace = self.groups.as_ref().map_or(grace, |groups| grace.max(groups.service.grace));
        #[cfg(feature = "aws")]
        let grace = self.queues.as_ref().map_or(grace, |queues| grace.max(queues.service.grace));
        grace
    }

    /// Reads all of them. One that cannot go on ends the others.
    #[cfg_attr(
        not(feature = "aws"),
        expect(unused_variables, reason = "the sources in AWS alone go by settings")
    )]
    pub(super) async fn read(
        self,
        config: &Config,
        store: Arc<dyn Store>,
        followed: &Settings,
        enrichers: &Arc<EnricherCore>,
        health: &Health,
        shutdown: &Shutdown,
    ) -> anyhow::Result<Drained> {
        let from_folder = async {
            let Some(folder) = self.folder else { return Ok(Drained::Complete) };
            let deliveries = local(enrichers, config.services.tail.service.in_flight);
            let store = Arc::clone(&store);
            let read = folder::read(config, folder, store, deliveries, health, shutdown).await;
            read.inspect_err(|_| shutdown.trigger())
        };
        let from_streams = async {
            let Some(streams) = self.streams else { return Ok(Drained::Complete) };
            let deliveries = local(enrichers, streams.in_flight());
            let read = streams.read(config, Arc::clone(&store), deliveries, health, shutdown).await;
            read.inspect_err(|_| shutdown.trigger())
        };
        #[cfg(feature = "aws")]
        let from_groups = async {
            let Some(groups) = self.groups else { return Ok(Drained::Complete) };
            let deliveries = local(enrichers, groups.service.in_flight);
            let (store, followed) = (Arc::clone(&store), followed.clone());
            let stage = ingest_cloudwatch::Stage { settings: groups, followed, store, deliveries };
            stage.read(config, health, shutdown).await.inspect_err(|_| shutdown.trigger())
        };
        #[cfg(feature = "aws")]
        let from_queues = async {
            let Some(queues) = self.queues else { return Ok(Drained::Complete) };
            let deliveries = local(enrichers, queues.service.in_flight);
            let (store, followed) = (Arc::clone(&store), followed.clone());
            let stage = ingest_s3::Stage { settings: queues, followed, store, deliveries };
            stage.read(config, health, shutdown).await.inspect_err(|_| shutdown.trigger())
        };
        #[cfg(not(feature = "aws"))]
        let (from_groups, from_queues) = (nothing(), nothing());
        let (folder, streams, groups, queues) =
            tokio::join!(from_folder, from_streams, from_groups, from_queues);
        Ok([folder?, streams?, groups?, queues?].into_iter().fold(Drained::Complete, worse))
    }
}

/// What a weir without the feature `aws` reads of AWS.
#[cfg(not(feature = "aws"))]
async fn nothing() -> anyhow::Result<Drained> {
    Ok(Drained::Complete)
}

/// A drain is as good as its worst part.
fn worse(one: Drained, other: Drained) -> Drained {
    if one == Drained::Complete { other } else { one }
}

/// The way to the enricher of this process.
fn local(enrichers: &Arc<EnricherCore>, in_flight: u64) -> Deliveries {
    let enrichers = Arc::clone(enrichers);
    let receivers = Local::new(move |end| {
        let core = Arc::clone(&enrichers);
        tokio::spawn(async move { core.serve(end).await });
    });
    deliveries(receivers, in_flight)
}
