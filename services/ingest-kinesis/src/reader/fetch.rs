//! Fetches the records of a shard, in whatever way its stream is read.

use std::sync::Arc;

use aws_sdk_kinesis::types::{ChildShard, Record};
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use weir_lease::{Checkpoint, Child};

use super::cursor::Cursor;
use super::pace::{KIB, Pace};
use super::{News, Reading};
use crate::faults::{CallFault, Kind};
use crate::shards;

/// How the records of a stream are had now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// By calls of GetRecords.
    Polling,
    /// By subscriptions.
    FanOut {
        /// The ARN of the consumer, which is active.
        consumer: Arc<str>,
    },
}

/// Records that came together, and their share of the room for what was fetched.
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// Where to go on behind it, if it says more than its last record does.
    pub(super) continuation: Option<String>,
    /// Set when nothing more comes.
    pub(super) end: Option<Vec<Child>>,
    pub(super) _room: OwnedSemaphorePermit,
}

/// Whether a shard is fetched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Goes,
    /// It has ended, or nobody listens.
    Ends,
}

impl Reading {
    pub(super) async fn fetch(&self, from: Checkpoint, fetched: mpsc::Sender<Batch>) {
        let mut cursor = Cursor::new(from);
        let mut ways = self.stream.ways();
        loop {
            let way = ways.borrow_and_update().clone();
            // What is under way is dropped: the cursor stands behind what was handed over.
            tokio::select! {
                () = self.fetch_by(&way, &mut cursor, &fetched) => return,
                () = changed(&mut ways) => {}
            }
        }
    }

    async fn fetch_by(&self, way: &Way, cursor: &mut Cursor, fetched: &mpsc::Sender<Batch>) {
        match way {
            Way::Polling => self.poll(cursor, fetched).await,
            Way::FanOut { consumer } => self.subscribe(consumer, cursor, fetched).await,
        }
    }

    /// Hands a batch over and moves the cursor behind it: both, or neither.
    pub(super) async fn hand_over(
        &self,
        batch: Batch,
        cursor: &mut Cursor,
        fetched: &mpsc::Sender<Batch>,
    ) -> Next {
        let Ok(place) = fetched.reserve().await else { return Next::Ends };
        // Nothing waits from here on.
        let last = batch.records.last().map(|record| record.sequence_number().to_owned());
        if let Some(last) = batch.continuation.clone().or(last) {
            cursor.move_behind(last);
        }
        let next = if batch.end.is_some() { Next::Ends } else { Next::Goes };
        place.send(batch);
        next
    }

    /// Room for so many KiB of records.
    pub(super) async fn room(&self, kib: usize) -> OwnedSemaphorePermit {
        let kib = u32::try_from(kib.min(self.shared.most_room)).unwrap_or(u32::MAX);
        match Arc::clone(&self.shared.room).acquire_many_owned(kib).await {
            Ok(permit) => permit,
            // It is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// What follows the shard. What came last tells it; else a listing has to, or the end is
    /// not believed: it may also be a fault of the service.
    pub(super) async fn children(
        &self,
        told: &[ChildShard],
    ) -> Result<Option<Vec<Child>>, CallFault> {
        let told = shards::children(told);
        if !told.is_empty() {
            return Ok(Some(told));
        }
        let listed = shards::list(&self.stream.client(), &self.stream.config.name).await?;
        let found = shards::children_of(&self.unit.name, &listed);
        Ok((!found.is_empty()).then_some(found))
    }

    /// A shard that is listed no more was read as far as it could be: its records are older than
    /// the retention. None where it is listed; when the whole stream is gone, nothing is known.
    pub(super) async fn end_of_what_is_gone(&self) -> Result<Option<Batch>, CallFault> {
        let listed = shards::list(&self.stream.client(), &self.stream.config.name).await?;
        if listed.iter().any(|unit| unit.name == self.unit.name) || listed.is_empty() {
            return Ok(None);
        }
        tracing::warn!(shard = %self.unit, "the shard is gone, and what was not read of it");
        self.shared.metrics.refused(&self.stream.config.name, "shard_gone");
        let children = shards::children_of(&self.unit.name, &listed);
        let _room = self.room(0).await;
        Ok(Some(Batch { records: Vec::new(), continuation: None, end: Some(children), _room }))
    }

    /// Counts and tells a failure, and slows the shard down.
    pub(super) async fn take_fault(&self, fault: &CallFault, pace: &mut Pace) {
        self.shared.metrics.error(&self.stream.config.name, fault.kind);
        if fault.wants_fresh_credentials() {
            self.stream.account().forget_credentials().await;
        }
        pace.failed(fault.kind);
        if pace.is_worth_telling() && !fault.kind.is_usual() {
            self.tell(News::Trouble { error: fault.error() }).await;
        }
    }
}

/// The KiB of records.
pub(super) fn kib_of(records: &[Record]) -> usize {
    octets_of(records).div_ceil(KIB)
}

pub(super) fn octets_of(records: &[Record]) -> usize {
    records.iter().map(|record| record.data().as_ref().len()).sum()
}

/// Whether a position or an iterator was not accepted, so that another is needed.
pub(super) fn is_about_position(kind: Kind) -> bool {
    matches!(kind, Kind::ExpiredIterator | Kind::Invalid | Kind::NotFound)
}

async fn changed(ways: &mut watch::Receiver<Way>) {
    if ways.changed().await.is_err() {
        // The stream is held by the reading: there is always a sender.
        std::future::pending().await
    }
}
