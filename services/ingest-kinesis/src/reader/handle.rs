//! Makes runs of what was fetched.

use std::sync::PoisonError;
use std::time::{Duration, Instant, SystemTime};

use aws_sdk_kinesis::types::Record;
use tokio::sync::mpsc;
use weir_delivery::{RawRun, RunId};
use weir_lease::Position;

use super::fetch::{Batch, octets_of};
use super::{News, Reading};
use crate::decode::{DecodeError, StreamRecord, is_of_unknown_format, leave_out_later};
use crate::kcl::BatchRead;

impl Reading {
    pub(super) async fn handle(&self, mut batches: mpsc::Receiver<Batch>) {
        let (mut runs, mut position) = (Vec::new(), None);
        while let Some(batch) = batches.recv().await {
            self.shared.config.reads.note(&self.stream.name);
            let began = Instant::now();
            for record in &batch.records {
                if !self.handle_record(record, &mut runs, &mut position).await {
                    return;
                }
            }
            let (records, octets) = (batch.records.len(), octets_of(&batch.records));
            let read = BatchRead { records, octets, took: began.elapsed() };
            self.shared.kcl.batch_read(&self.unit, &self.meter, read);
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
        let Some((id, decoded)) = self.decode_known(record, runs).await else { return false };
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

    /// Decodes the record as soon as the formats of its lines are known. None when nobody listens any
    /// more.
    async fn decode_known(
        &self,
        record: &Record,
        runs: &mut Vec<RawRun>,
    ) -> Option<(RunId, Result<(), DecodeError>)> {
        let (mut formats, mut is_told) = (self.shared.formats.clone(), false);
        loop {
            formats.see();
            let (id, decoded) = self.decode(record, runs);
            let Err(error @ DecodeError::UnknownFormat(_)) = decoded else {
                return Some((id, decoded));
            };
            runs.clear();
            if !is_told {
                let error = error.error(record.sequence_number());
                is_told = self.tell(News::Trouble { error }).await;
            }
            if !is_told {
                return None;
            }
            formats.changed().await;
        }
    }

    fn decode(&self, record: &Record, runs: &mut Vec<RawRun>) -> (RunId, Result<(), DecodeError>) {
        let data = record.data().as_ref();
        let record = StreamRecord {
            place: &self.stream.place_of(&self.unit.name),
            sequence: record.sequence_number(),
            data,
            region: &self.stream.config.region,
            log_format: self.stream.config.log_format.as_ref(),
            arrived: arrived_ms(record).unwrap_or_default() / 1000,
            range: self.stream.range_of(&self.unit.name),
            placements: self.stream.placements_of(&self.unit.name),
        };
        let mut decoder = self.shared.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        let (tally, end) = decoder.decode(&record, runs);
        // It is decoded again, and counted then.
        if is_of_unknown_format(&end) {
            return (record.id(), end);
        }
        self.shared.metrics.record(&self.stream.config.name, data.len(), &tally);
        if let Some(until) = self.stream.until() {
            let left_out = runs.iter_mut().map(|run| leave_out_later(run, until)).sum();
            runs.retain(|run| !run.text.is_empty());
            self.shared.metrics.left_to_others(&self.stream.config.name, left_out);
        }
        (record.id(), end)
    }
}

/// How long ago the record arrived at Kinesis.
fn age_ms(record: &Record) -> u64 {
    let arrived = arrived_ms(record).unwrap_or(u64::MAX);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = u64::try_from(now.unwrap_or(Duration::ZERO).as_millis()).unwrap_or_default();
    now.saturating_sub(arrived)
}

/// When the record arrived at Kinesis, in milliseconds since 1970-01-01 00:00 UTC.
fn arrived_ms(record: &Record) -> Option<u64> {
    let arrived = record.approximate_arrival_timestamp()?.to_millis().ok()?;
    u64::try_from(arrived).ok()
}
