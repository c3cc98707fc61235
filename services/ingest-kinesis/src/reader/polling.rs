//! GetRecords.

use std::sync::atomic::Ordering;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::Reading;
use super::cursor::Cursor;
use super::fetch::{Batch, Next, is_about_position, kib_of, octets_of};
use super::pace::{MOST_OF_A_READ, Pace};
use crate::faults::{CallFault, Kind};
use crate::kcl::Operation;

impl Reading {
    /// Fetches by calls of GetRecords until the shard has ended, or nobody listens.
    pub(super) async fn poll(&self, cursor: &mut Cursor, fetched: &mpsc::Sender<Batch>) {
        let mut pace = Pace::new(self.shared.config.idle);
        let mut iterator = None;
        loop {
            pace.wait().await;
            match self.poll_once(&mut iterator, cursor, &mut pace).await {
                Ok(batch) => {
                    if self.hand_over(batch, cursor, fetched).await == Next::Ends {
                        return;
                    }
                }
                Err(fault) => {
                    if is_about_position(fault.kind) {
                        iterator = None;
                    }
                    if fault.kind == Kind::ExpiredIterator {
                        self.shared.kcl.expired_iterator(&self.unit, &self.meter);
                    }
                    self.take_fault(&fault, &mut pace).await;
                }
            }
        }
    }

    async fn poll_once(
        &self,
        next: &mut Option<String>,
        cursor: &Cursor,
        pace: &mut Pace,
    ) -> Result<Batch, CallFault> {
        let iterator = match next.take() {
            Some(iterator) => iterator,
            None => match self.iterator(cursor).await {
                Ok(iterator) => iterator,
                Err(fault) if fault.kind == Kind::NotFound => {
                    return self.end_of_what_is_gone().await?.ok_or(fault);
                }
                Err(fault) => return Err(fault),
            },
        };
        let mut room = self.room(MOST_OF_A_READ).await;
        let began = Instant::now();
        let call = self.stream.client().get_records().shard_iterator(iterator.clone());
        let call = call.set_stream_arn(self.stream.arn.clone()).send();
        let answer = self.shared.kcl.measured(Operation::GetRecords, &self.unit, call).await;
        let mut answer = answer.map_err(|error| {
            let fault = CallFault::of("kinesis:GetRecords", &error);
            // It is used again unless the fault says that it has ended.
            *next = Some(iterator);
            fault
        })?;
        self.shared.metrics.read(&self.stream.config.name);
        drop(room.split(MOST_OF_A_READ.saturating_sub(kib_of(answer.records()))));
        let behind = u64::try_from(answer.millis_behind_latest().unwrap_or_default());
        let behind = behind.unwrap_or_default();
        self.meter.behind_ms.store(behind, Ordering::Relaxed);
        pace.read(began, octets_of(answer.records()), behind > 0);
        *next = answer.next_shard_iterator.take().filter(|next| !next.is_empty());
        let end = match next {
            Some(_) => None,
            None => self.children(answer.child_shards()).await?,
        };
        Ok(Batch { records: answer.records, continuation: None, end, _room: room })
    }

    async fn iterator(&self, cursor: &Cursor) -> Result<String, CallFault> {
        let (kind, sequence, time) = cursor.place();
        let call = self.stream.client().get_shard_iterator();
        let call = call.stream_name(&self.stream.config.name).shard_id(&self.unit.name);
        let call = call.shard_iterator_type(kind).set_starting_sequence_number(sequence);
        let call = call.set_timestamp(time).send();
        let answer = self.shared.kcl.measured(Operation::GetShardIterator, &self.unit, call).await;
        let answer = answer.map_err(|error| CallFault::of("kinesis:GetShardIterator", &error))?;
        answer.shard_iterator.ok_or_else(CallFault::without_iterator)
    }
}
