//! Makes runs of what was fetched.

use std::sync::PoisonError;
use std::time::{Duration, Instant, SystemTime};

use aws_sdk_kinesis::types::Record;
use tokio::sync::mpsc;
use weir_delivery::{RawRun, RunId};
use weir_lease::Position;

use super::fetch::Batch;
use super::{News, Reading};
use crate::decode::{DecodeError, StreamRecord};

impl Reading {
    pub(super) async fn handle(&self, mut batches: mpsc::Receiver<Batch>) {
        let (mut runs, mut position) = (Vec::new(), None);
        while let Some(batch) = batches.recv().await {
            for record in &batch.records {
                if !self.handle_record(record, &mut runs, &mut position).await {
                    return;
                }
            }
            if let Some(children) = batch.end {
                self.tell(News::End { children }).await;
                return;
            }
        }
    }

    /// False when nobody listens any more.
    async fn handle_record(
        &self,
        record: &Record,
        runs: &mut Vec<RawRun>,
        position: &mut Option<Position>,
    ) -> bool {
        let (sequence, began) = (record.sequence_number(), Instant::now());
        let (id, decoded) = self.decode(record, runs);
        if let Err(error) = decoded {
            self.shared.metrics.refused(&self.stream.config.name, error.name());
            if !self.tell(News::Trouble { error: error.error(sequence) }).await {
                return false;
            }
        }
        let before = position.take();
        // What is no number is nothing to go on from: the next record that is one moves on.
        *position = Position::new(sequence).ok().or_else(|| before.clone());
        let last = runs.len().checked_sub(1);
        let age_ms = age_ms(record);
        for (index, run) in runs.drain(..).enumerate() {
            let position = if Some(index) == last { position.clone() } else { before.clone() };
            if !self.tell(News::Run { run, position, age_ms }).await {
                return false;
            }
        }
        let is_heard = match (last, position.clone()) {
            (None, Some(position)) => self.tell(News::Passed { run: id, position }).await,
            _ => true,
        };
        self.meter.record(record.data().as_ref().len(), began.elapsed());
        is_heard
    }

    fn decode(&self, record: &Record, runs: &mut Vec<RawRun>) -> (RunId, Result<(), DecodeError>) {
        let data = record.data().as_ref();
        let record = StreamRecord {
            place: &self.stream.place_of(&self.unit.name),
            sequence: record.sequence_number(),
            data,
            region: &self.stream.config.region,
            log_format: &self.stream.config.log_format,
            range: self.stream.range_of(&self.unit.name),
        };
        let mut decoder = self.shared.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        let (tally, end) = decoder.decode(&record, runs);
        self.shared.metrics.record(&self.stream.config.name, data.len(), &tally);
        (record.id(), end)
    }
}

/// How long ago the record arrived at Kinesis.
fn age_ms(record: &Record) -> u64 {
    let arrived = record.approximate_arrival_timestamp().and_then(|time| time.to_millis().ok());
    let arrived = arrived.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(u64::MAX);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = u64::try_from(now.unwrap_or(Duration::ZERO).as_millis()).unwrap_or_default();
    now.saturating_sub(arrived)
}
