//! When metrics are put, and what becomes of failures.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};
use weir_aws::FollowedAccounts;
use weir_ingest::{Backoff, Fault};

use super::client::{MetricsClient, PutFault};
use super::counts::{Counts, Dropped};
use super::datum::Datum;
use super::queue::Queue;
use crate::config::CloudWatchConfig;
use crate::kcl::Kcl;
use crate::streams::StreamTrouble;

/// Waits after failed calls.
const BACKOFF: Backoff = Backoff { first: Duration::from_secs(1), most: Duration::from_secs(60) };

/// What it is called where people look.
const NAME: &str = "metrics for CloudWatch";

/// Puts what is measured to CloudWatch.
pub(super) struct Publisher {
    config: CloudWatchConfig,
    kcl: Arc<Kcl>,
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    client: MetricsClient,
    trouble: mpsc::Sender<StreamTrouble>,
    failures: u32,
    /// What people were told last; none when all is well.
    told: Option<Fault>,
}

impl Publisher {
    pub(super) fn new(
        config: CloudWatchConfig,
        accounts: FollowedAccounts,
        kcl: Arc<Kcl>,
        trouble: mpsc::Sender<StreamTrouble>,
        queue: Arc<Queue>,
        counts: Arc<Counts>,
    ) -> Self {
        let client = MetricsClient::new(accounts, config.region.clone());
        Self { config, kcl, queue, counts, client, trouble, failures: 0, told: None }
    }

    /// Puts what is measured until `ended`, and then what is left.
    pub(super) async fn run(self, ended: oneshot::Receiver<()>) {
        let (kcl, queue, counts) =
            (Arc::clone(&self.kcl), Arc::clone(&self.queue), Arc::clone(&self.counts));
        let intervals = cut_intervals(kcl, queue, counts, self.config.interval, ended);
        tokio::join!(intervals, self.put_all());
    }

    async fn put_all(mut self) {
        while let Some(data) = self.queue.next(&self.config.worker).await {
            let data = self.of_level(data);
            if data.is_empty() {
                self.queue.settle();
                continue;
            }
            let worker = &self.config.worker;
            let metrics = data.iter().map(|datum| datum.of_cloudwatch(worker)).collect();
            match self.client.put(&self.config.namespace, metrics).await {
                Ok(()) => self.succeeded(data.len()),
                Err(fault) => self.failed(fault, data),
            }
            if self.failures > 0 {
                if self.queue.is_closed() {
                    return;
                }
                tokio::select! {
                    () = sleep(BACKOFF.wait(self.failures)) => {}
                    // The last try.
                    () = self.queue.closed() => {}
                }
            }
        }
    }

    /// What the level has as it is now: it may have been lowered since.
    fn of_level(&self, mut data: Vec<Datum>) -> Vec<Datum> {
        let (before, level) = (data.len(), self.kcl.level());
        data.retain(|datum| datum.series.metric.entry().level <= level);
        self.counts.dropped(Dropped::Level, before - data.len());
        data
    }

    fn succeeded(&mut self, metrics: usize) {
        self.queue.settle();
        self.counts.put(metrics);
        self.failures = 0;
        if self.told.take().is_some() {
            tracing::info!("metrics are put to CloudWatch again");
        }
    }

    fn failed(&mut self, fault: PutFault, data: Vec<Datum>) {
        if fault.is_refusal() {
            self.queue.settle();
            self.counts.dropped(Dropped::Refused, data.len());
        } else {
            let dropped = self.queue.put_back(data);
            self.counts.dropped(Dropped::QueueFull, dropped);
        }
        self.failures = self.failures.saturating_add(1);
        let error = fault.error();
        let label = error.fault();
        self.counts.failed(label);
        // Only a change is worth telling. The loop may have no room for it, or have ended: then it
        // is told with the next failure.
        if self.told != Some(label)
            && self.trouble.try_send(StreamTrouble { name: NAME.to_owned(), error }).is_ok()
        {
            self.told = Some(label);
        }
    }
}

/// Queues what was measured in each interval, and in what there was of the last one.
async fn cut_intervals(
    kcl: Arc<Kcl>,
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    length: Duration,
    mut ended: oneshot::Receiver<()>,
) {
    let mut ticks = interval_at(Instant::now() + length, length);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let is_over = tokio::select! {
            _ = ticks.tick() => false,
            _ = &mut ended => true,
        };
        if let Some(samples) = kcl.samples() {
            let (series, left_out) = samples.take();
            let at = SystemTime::now();
            let data =
                series.into_iter().map(|(series, statistic)| Datum { series, statistic, at });
            counts.dropped(Dropped::QueueFull, queue.push(data));
            counts.dropped(Dropped::TooMany, usize::try_from(left_out).unwrap_or(usize::MAX));
        }
        if is_over {
            return queue.close();
        }
    }
}
