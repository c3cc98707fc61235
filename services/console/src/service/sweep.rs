//! Sweeps that somebody has begun here, followed to their end.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::watch;
use weir_rpc::pb;
use weir_rpc::pb::run_discovery_response::Event;

use super::clients::{Clients, SHORT};
use super::problem::{problem_of, silent};
use crate::view::Problem;

/// The most regions that are shown; accounts times regions are that many.
const MAX_REGIONS: usize = 2000;

/// How a sweep goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    pub(super) started: Option<pb::SweepStarted>,
    pub(super) planned: Option<pb::SweepPlanned>,
    /// By account and region.
    pub(super) regions: BTreeMap<(String, String), pb::RegionProgress>,
    pub(super) summary: Option<Box<pb::SweepSummary>>,
    /// Why it is not followed any more.
    pub(super) problem: Option<Problem>,
}

impl Sweep {
    /// Whether more is to come.
    pub(super) fn is_running(&self) -> bool {
        self.summary.is_none() && self.problem.is_none()
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Started(started) => self.started = Some(started),
            Event::Planned(planned) => self.planned = Some(planned),
            Event::Region(region) => {
                let place = (region.account_id.clone(), region.region.clone());
                if self.regions.len() < MAX_REGIONS || self.regions.contains_key(&place) {
                    self.regions.insert(place, region);
                }
            }
            Event::Summary(summary) => self.summary = Some(Box::new(summary)),
        }
    }
}

/// The last sweep that was begun here; none before the first.
pub(super) struct Sweeps {
    clients: Arc<Clients>,
    last: watch::Sender<Option<Sweep>>,
}

impl Sweeps {
    pub(super) fn new(clients: Arc<Clients>) -> Self {
        Self { clients, last: watch::Sender::new(None) }
    }

    /// How the last one goes.
    pub(super) fn follow(&self) -> watch::Receiver<Option<Sweep>> {
        self.last.subscribe()
    }

    /// Begins a sweep, or joins the one that is under way. One is followed at a time.
    pub(super) async fn begin(&self) -> Result<(), Problem> {
        let is_new = self.last.send_if_modified(|last| {
            let is_new = !last.as_ref().is_some_and(Sweep::is_running);
            if is_new {
                *last = Some(Sweep::default());
            }
            is_new
        });
        if !is_new {
            return Ok(());
        }
        let begun = self.open().await;
        match begun {
            Ok(messages) => {
                tokio::spawn(tell(messages, self.last.clone()));
                Ok(())
            }
            Err(problem) => {
                self.last.send_replace(None);
                Err(problem)
            }
        }
    }

    async fn open(&self) -> Result<tonic::Streaming<pb::RunDiscoveryResponse>, Problem> {
        let mut client = self.clients.sweeps()?;
        self.clients.ask(SHORT, client.run_discovery(pb::RunDiscoveryRequest {})).await
    }
}

/// Follows a sweep to its end.
async fn tell(
    mut messages: tonic::Streaming<pb::RunDiscoveryResponse>,
    last: watch::Sender<Option<Sweep>>,
) {
    loop {
        let message = messages.message().await;
        let mut has_ended = false;
        last.send_modify(|last| {
            let sweep = last.get_or_insert_default();
            match message {
                Ok(Some(pb::RunDiscoveryResponse { event: Some(event) })) => sweep.take(event),
                Ok(Some(_)) => {}
                Ok(None) if sweep.summary.is_some() => {}
                Ok(None) => sweep.problem = Some(silent("discovery", "it ended the call")),
                Err(status) => sweep.problem = Some(problem_of(&status)),
            }
            has_ended = !sweep.is_running();
        });
        if has_ended {
            return;
        }
    }
}
