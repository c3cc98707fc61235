//! One attempt at one object.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use weir_ingest::{Fault, SourceError};
use weir_inventory::log_formats::KnownFormats;

use crate::coverage::Decision;
use crate::desk::Desk;
use crate::event::Event;
use crate::inputs::QueueInput;
use crate::metrics::ObjectOutcome;
use crate::notification::ObjectEvent;
use crate::object::{Fetch, FlowLogKey, Lines, ObjectFormats, ObjectId, Opened, plain_etag};
use crate::part::ObjectPart;
use crate::slots::Slot;

/// One attempt at one object.
pub(crate) struct Reading<'r> {
    pub(crate) desk: &'r Arc<Desk>,
    pub(crate) part: &'r ObjectPart,
    pub(crate) generation: u64,
    /// Whether something of it was delivered to an exporter that does not have it any more.
    pub(crate) is_again: bool,
    pub(crate) slot: &'r Arc<Slot>,
}

/// How it ended.
pub(crate) enum Ending {
    /// The object was read to its end, or there is nothing to read.
    Closed,
    /// Nobody wants more of it.
    Stopped,
}

impl Reading<'_> {
    pub(crate) async fn read(self) -> Result<Ending, SourceError> {
        let Some(event) = self.part.event() else { return Ok(Ending::Closed) };
        if let Some(outcome) = self.is_left_out(event).await? {
            self.desk.metrics.object(outcome);
            return Ok(Ending::Closed);
        }
        let (id, body) = match self.fetch(event).await?.open().await? {
            Opened::Object { id, body } => (id, body),
            Opened::Gone if self.is_again => {
                let what = "the object is gone, and what was read of it was lost with an exporter";
                return Err(SourceError::transient(Fault::Gone, what));
            }
            Opened::Gone => return Ok(self.nothing(ObjectOutcome::Gone)),
            Opened::Empty => return Ok(self.nothing(ObjectOutcome::Empty)),
        };
        // It may have been written anew since the event.
        let is_other = known_id(event).is_none_or(|known| known != id);
        if is_other && !self.is_again && self.desk.finished.contains(&id).await? {
            return Ok(self.nothing(ObjectOutcome::Duplicate));
        }
        self.lines(id, body, event).await
    }

    /// Why it is not to be fetched at all.
    async fn is_left_out(&self, event: &ObjectEvent) -> Result<Option<ObjectOutcome>, SourceError> {
        let any_key = self.part.message().queue.input.any_key;
        let Some(key) = FlowLogKey::parse(&event.key, any_key) else {
            return Ok(Some(ObjectOutcome::NotFlowLog));
        };
        // What was begun is read to its end.
        if self.is_again {
            return Ok(None);
        }
        let time = key.time.or(event.time).unwrap_or_else(SystemTime::now);
        if let Some(flow_log_id) = key.flow_log_id
            && let Decision::Skip(source) = self.desk.coverage.decide(flow_log_id, time)
        {
            return Ok(Some(ObjectOutcome::Covered(source)));
        }
        if event.size == Some(0) {
            return Ok(Some(ObjectOutcome::Empty));
        }
        let is_known = match known_id(event) {
            Some(id) => self.desk.finished.contains(&id).await?,
            None => false,
        };
        Ok(is_known.then_some(ObjectOutcome::Duplicate))
    }

    async fn fetch(&self, event: &ObjectEvent) -> Result<Fetch, SourceError> {
        let input = &self.part.message().queue.input;
        Ok(Fetch {
            client: self.desk.clients.s3(&input.bucket_access, self.region(event)).await?,
            bucket: event.bucket.clone(),
            key: event.key.clone(),
            version_id: event.version_id.clone(),
            metrics: Arc::clone(&self.desk.metrics),
        })
    }

    /// Where the object is.
    fn region<'e>(&'e self, event: &'e ObjectEvent) -> &'e str {
        let queue = &self.part.message().queue.input.queue;
        event.region.as_deref().unwrap_or_else(|| queue.region())
    }

    fn nothing(&self, outcome: ObjectOutcome) -> Ending {
        self.desk.metrics.object(outcome);
        Ending::Closed
    }

    /// What has to be known of formats: AWS's own objects tell their fields, and wait for nobody.
    async fn known_formats(&self, input: &QueueInput) -> Arc<KnownFormats> {
        if input.any_key { self.desk.known_formats().await } else { Arc::default() }
    }

    async fn lines(
        &self,
        id: ObjectId,
        body: crate::object::Body,
        event: &ObjectEvent,
    ) -> Result<Ending, SourceError> {
        let input = &self.part.message().queue.input;
        let known = tokio::select! {
            known = self.known_formats(input) => known,
            () = self.part.message().let_go() => return Ok(Ending::Stopped),
        };
        let formats = ObjectFormats::new(known, self.region(event), input);
        let written = event.time;
        let (desk, part, slot) = (Arc::clone(self.desk), self.part.clone(), Arc::clone(self.slot));
        let generation = self.generation;
        let job = move |run| {
            let (part, slot) = (part.clone(), Arc::clone(&slot));
            let is_wanted = part.is_wanted(generation);
            let age = age_of(written);
            is_wanted && desk.blocking_send(Event::Run { part, generation, run, age, slot })
        };
        match self.desk.lines.read(id.clone(), formats, body, Box::new(job)).await? {
            Lines::All => {
                self.part.was_read(&id);
                Ok(Ending::Closed)
            }
            Lines::Stopped => Ok(Ending::Stopped),
        }
    }
}

/// The object that the event tells of, where it tells its content too.
fn known_id(event: &ObjectEvent) -> Option<ObjectId> {
    let version = event.version_id.clone().or_else(|| event.etag.as_deref().map(plain_etag))?;
    Some(ObjectId::new(&event.bucket, &event.key, &version))
}

fn age_of(written: Option<SystemTime>) -> Duration {
    written.and_then(|time| SystemTime::now().duration_since(time).ok()).unwrap_or_default()
}
