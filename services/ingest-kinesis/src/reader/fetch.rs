//! Fetches the records of a shard.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use aws_sdk_kinesis::operation::get_records::GetRecordsOutput;
use aws_sdk_kinesis::primitives::DateTime;
use aws_sdk_kinesis::types::{Record, ShardIteratorType};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use weir_lease::{Checkpoint, Child, InitialPosition};

use super::pace::{KIB, MOST_OF_A_READ, Pace};
use super::{News, Reading};
use crate::faults::{CallFault, Kind};
use crate::shards;

/// What a read returned, and its share of the room for what was fetched.
pub(super) struct Batch {
    pub(super) records: Vec<Record>,
    /// Set when nothing more comes.
    pub(super) end: Option<Vec<Child>>,
    pub(super) _room: OwnedSemaphorePermit,
}

/// Where a shard is read on.
struct Cursor {
    from: Checkpoint,
    /// The last record that was fetched.
    last: Option<String>,
    iterator: Option<String>,
}

impl Reading {
    pub(super) async fn fetch(&self, from: Checkpoint, fetched: mpsc::Sender<Batch>) {
        let mut cursor = Cursor { from, last: None, iterator: None };
        let mut pace = Pace::new(self.shared.config.idle);
        loop {
            pace.wait().await;
            match self.fetch_once(&mut cursor, &mut pace).await {
                Ok(batch) => {
                    let is_end = batch.end.is_some();
                    if fetched.send(batch).await.is_err() || is_end {
                        return;
                    }
                }
                Err(fault) => self.take_fault(&fault, &mut cursor, &mut pace).await,
            }
        }
    }

    async fn fetch_once(&self, cursor: &mut Cursor, pace: &mut Pace) -> Result<Batch, CallFault> {
        let iterator = match cursor.iterator.take() {
            Some(iterator) => iterator,
            None => match self.iterator(cursor).await {
                Ok(iterator) => iterator,
                Err(fault) if fault.kind == Kind::NotFound => {
                    return self.end_of_what_is_gone(fault).await;
                }
                Err(fault) => return Err(fault),
            },
        };
        let mut room = self.room().await;
        let began = Instant::now();
        let call = self.stream.client().get_records().shard_iterator(iterator.clone());
        let answer = call.set_stream_arn(self.stream.arn.clone()).send().await;
        let mut answer = answer.map_err(|error| {
            let fault = CallFault::of("kinesis:GetRecords", &error);
            // It is used again unless the fault says that it has ended.
            cursor.iterator = Some(iterator);
            fault
        })?;
        self.shared.metrics.read(&self.stream.config.name);
        let octets: usize =
            answer.records().iter().map(|record| record.data().as_ref().len()).sum();
        // What a read may have returned and did not is there for others.
        let spare = (MOST_OF_A_READ).saturating_sub(octets.div_ceil(KIB));
        drop(room.split(spare));
        let behind = u64::try_from(answer.millis_behind_latest().unwrap_or_default());
        let behind = behind.unwrap_or_default();
        self.behind_ms.store(behind, Ordering::Relaxed);
        pace.read(began, octets, behind > 0);
        if let Some(last) = answer.records().last() {
            cursor.last = Some(last.sequence_number().to_owned());
        }
        cursor.iterator = answer.next_shard_iterator.take().filter(|next| !next.is_empty());
        let end = match cursor.iterator {
            Some(_) => None,
            None => self.children(&answer).await?,
        };
        Ok(Batch { records: answer.records, end, _room: room })
    }

    /// Room for the most that a read returns.
    async fn room(&self) -> OwnedSemaphorePermit {
        let most = u32::try_from(MOST_OF_A_READ).unwrap_or(u32::MAX);
        match Arc::clone(&self.shared.room).acquire_many_owned(most).await {
            Ok(permit) => permit,
            // It is never closed.
            Err(_) => std::future::pending().await,
        }
    }

    /// What follows the shard. The last read tells it; else a listing has to, or the end is
    /// not believed: a null iterator may also be a fault of the service.
    async fn children(&self, answer: &GetRecordsOutput) -> Result<Option<Vec<Child>>, CallFault> {
        let told = shards::children(answer.child_shards());
        if !told.is_empty() {
            return Ok(Some(told));
        }
        let listed = shards::list(self.stream.client(), &self.stream.config.name).await?;
        let found = shards::children_of(&self.unit.name, &listed);
        Ok((!found.is_empty()).then_some(found))
    }

    /// A shard that is listed no more was read as far as it could be: its records are older than
    /// the retention. When the whole stream is gone, nothing is known.
    async fn end_of_what_is_gone(&self, fault: CallFault) -> Result<Batch, CallFault> {
        let listed = shards::list(self.stream.client(), &self.stream.config.name).await?;
        if listed.iter().any(|unit| unit.name == self.unit.name) || listed.is_empty() {
            return Err(fault);
        }
        tracing::warn!(shard = %self.unit, "the shard is gone, and what was not read of it");
        self.shared.metrics.refused(&self.stream.config.name, "shard_gone");
        let children = shards::children_of(&self.unit.name, &listed);
        let _room = self.room().await;
        Ok(Batch { records: Vec::new(), end: Some(children), _room })
    }

    async fn iterator(&self, cursor: &Cursor) -> Result<String, CallFault> {
        let call = self.stream.client().get_shard_iterator();
        let call = call.stream_name(&self.stream.config.name).shard_id(&self.unit.name);
        let after = |sequence: &str| {
            (ShardIteratorType::AfterSequenceNumber, Some(sequence.to_owned()), None)
        };
        let (kind, sequence, time) = match (&cursor.last, &cursor.from) {
            (Some(last), _) => after(last),
            (None, Checkpoint::At(position)) => after(position.as_str()),
            (None, Checkpoint::Initial(InitialPosition::Latest)) => {
                (ShardIteratorType::Latest, None, None)
            }
            (None, Checkpoint::Initial(InitialPosition::AtTimestamp(ms))) => {
                let ms = i64::try_from(*ms).unwrap_or(i64::MAX);
                (ShardIteratorType::AtTimestamp, None, Some(DateTime::from_millis(ms)))
            }
            (None, _) => (ShardIteratorType::TrimHorizon, None, None),
        };
        let call = call.shard_iterator_type(kind).set_starting_sequence_number(sequence);
        let answer = call.set_timestamp(time).send().await;
        let answer = answer.map_err(|error| CallFault::of("kinesis:GetShardIterator", &error))?;
        answer.shard_iterator.ok_or_else(CallFault::without_iterator)
    }

    async fn take_fault(&self, fault: &CallFault, cursor: &mut Cursor, pace: &mut Pace) {
        self.shared.metrics.error(&self.stream.config.name, fault.kind);
        if matches!(fault.kind, Kind::ExpiredIterator | Kind::Invalid | Kind::NotFound) {
            cursor.iterator = None;
        }
        if fault.wants_fresh_credentials() {
            self.stream.region.account.forget_credentials().await;
        }
        pace.failed(fault.kind);
        if pace.is_worth_telling() && !fault.kind.is_usual() {
            self.tell(News::Trouble { error: fault.error() }).await;
        }
    }
}
