//! Makes runs of a record.

mod window;

use std::sync::Arc;

use bytes::Bytes;
use weir_delivery::{Origin, RawRun, RunId};
use weir_flowlog::LogFormat;
use weir_flowlog::envelope::{Aggregate, Batch, Envelope, EnvelopeError, EnvelopeReader};
use weir_ingest::{Fault, SourceError};
use weir_lease::HashRange;
use weir_objects::{GzipUnpacker, UnpackError};
use xxhash_rust::xxh3::Xxh3;

use crate::formats::{LogFormats, LogPlace};
use window::EventWindow;

/// Octets that a record may unpack to, with all that is in it: a record has 10 MiB at most, and
/// flow logs shrink to a tenth.
const MAX_UNPACKED: usize = 128 << 20;

/// How deep gzip and deliveries may stand in each other: a batch of CloudWatch Logs, which is gzip,
/// in a delivery of Firehose, which is gzip too, has three.
const MAX_DEPTH: usize = 3;

/// A run is cut at the first line end after so many octets.
const RUN: usize = 256 * 1024;

/// A record of a shard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StreamRecord<'a> {
    /// What its stream and shard are called in ids of runs.
    pub(crate) place: &'a str,
    /// Its sequence number.
    pub(crate) sequence: &'a str,
    /// What is in it.
    pub(crate) data: &'a [u8],
    /// The region of its stream.
    pub(crate) region: &'a str,
    /// The fields of lines that nothing else tells the fields of.
    pub(crate) log_format: &'a Arc<LogFormat>,
    /// The keys of its shard.
    pub(crate) range: Option<HashRange>,
}

impl StreamRecord<'_> {
    /// The id of the record as a whole.
    pub(crate) fn id(&self) -> RunId {
        RunId::of_object(self.place.as_bytes(), self.sequence.as_bytes(), u64::MAX)
    }

    /// Tells it apart from other records.
    fn hash(&self) -> u64 {
        self.id().0 as u64
    }
}

/// What was in a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) events: u64,
    pub(crate) control: u64,
    pub(crate) duplicates: u64,
    pub(crate) of_other_shards: u64,
}

/// Why a record, or the rest of it, is no flow log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

impl DecodeError {
    /// Its name in metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Unpack(UnpackError::Damaged(_)) => "damaged",
            Self::Unpack(UnpackError::TooLong { .. }) => "too_large",
            Self::Envelope(EnvelopeError::Json { .. }) => "json",
            Self::Envelope(EnvelopeError::NoText) => "no_flow_log",
            Self::Envelope(_) => "envelope",
        }
    }

    pub(crate) fn error(self, sequence: &str) -> SourceError {
        let fault = match &self {
            Self::Unpack(UnpackError::Damaged(_)) => Fault::Damaged,
            Self::Unpack(UnpackError::TooLong { .. }) => Fault::TooLarge,
            Self::Envelope(EnvelopeError::NoText) => Fault::NoFlowLog,
            Self::Envelope(_) => Fault::Envelope,
        };
        let what = format!("the record {sequence} is left out, or the rest of it");
        SourceError::transient(fault, what).because(self)
    }
}

/// Makes runs of records. Its memory is used again for each.
pub(crate) struct Decoder {
    unpacker: GzipUnpacker,
    reader: EnvelopeReader,
    window: EventWindow,
    kept: Vec<u8>,
    /// Documents of the record so far: with the sequence number they name a run's place.
    documents: u64,
    /// Octets that the record may yet unpack to.
    room: usize,
    formats: Arc<dyn LogFormats>,
}

impl Decoder {
    pub(crate) fn new(formats: Arc<dyn LogFormats>, remembered_events: usize) -> Self {
        Self {
            unpacker: GzipUnpacker::new(),
            reader: EnvelopeReader::new(),
            window: EventWindow::new(remembered_events),
            kept: Vec::new(),
            documents: 0,
            room: MAX_UNPACKED,
            formats,
        }
    }

    /// Puts the runs of a record into `runs`. What stands before damage is read.
    pub(crate) fn decode(
        &mut self,
        record: &StreamRecord<'_>,
        runs: &mut Vec<RawRun>,
    ) -> (Tally, Result<(), DecodeError>) {
        let mut tally = Tally::default();
        (self.documents, self.room) = (0, MAX_UNPACKED);
        let Some(aggregate) = Aggregate::read(record.data) else {
            let end = self.decode_data(record, record.data, 0, &mut tally, runs);
            return (tally, end);
        };
        let mut end = Ok(());
        for user in aggregate.records() {
            let belongs = |range: HashRange| {
                user.hash_key.is_none_or(|key| (range.first..=range.last).contains(&key))
            };
            if record.range.is_none_or(belongs) {
                let decoded = self.decode_data(record, user.data, 0, &mut tally, runs);
                end = end.and(decoded);
            } else {
                tally.of_other_shards += 1;
            }
        }
        (tally, end)
    }

    fn decode_data(
        &mut self,
        record: &StreamRecord<'_>,
        data: &[u8],
        depth: usize,
        tally: &mut Tally,
        runs: &mut Vec<RawRun>,
    ) -> Result<(), DecodeError> {
        if depth > MAX_DEPTH {
            return Err(EnvelopeError::Unknown.into());
        }
        let text = if GzipUnpacker::is_gzip(data) {
            let text = self.unpacker.unpack(data, self.room)?;
            self.room -= text.len();
            text
        } else {
            data
        };
        // Where Firehose packs what came packed.
        let mut inside = Vec::new();
        if GzipUnpacker::is_gzip(text) && depth < MAX_DEPTH && !std::ptr::eq(text, data) {
            inside.push(text.to_vec());
            return self.decode_inside(record, &inside, depth, tally, runs);
        }
        let (window, kept, formats) = (&mut self.window, &mut self.kept, &self.formats);
        let documents = &mut self.documents;
        let read = self.reader.read(text, |envelope| {
            let number = *documents;
            *documents += 1;
            match envelope {
                Envelope::Control => tally.control += 1,
                Envelope::Delivered(data) => inside.push(data.to_vec()),
                Envelope::Lines(lines) => {
                    let origin = Origin {
                        source: record.place.to_owned(),
                        region: Some(record.region.to_owned()),
                        ..Origin::default()
                    };
                    let format = Arc::clone(record.log_format);
                    let place = RunPlace { record, document: number, is_partial: false };
                    place.cut(lines, &Arc::new(origin), &format, runs);
                }
                Envelope::Batch(batch) => {
                    tally.events += batch.events.len() as u64;
                    let dropped = keep(window, record.hash(), &batch, kept);
                    tally.duplicates += dropped;
                    let origin = Arc::new(origin_of(record, &batch));
                    let format = format_of(record, &batch, formats.as_ref());
                    // What is left of a batch is another run than all of it.
                    let place = RunPlace { record, document: number, is_partial: dropped > 0 };
                    let lines = if dropped > 0 { kept.as_slice() } else { batch.lines };
                    place.cut(lines, &origin, &format, runs);
                }
            }
        });
        // What stands before damage is read.
        let decoded = self.decode_inside(record, &inside, depth, tally, runs);
        read?;
        decoded
    }

    /// Decodes what stood in something else, as much of it as can be read.
    fn decode_inside(
        &mut self,
        record: &StreamRecord<'_>,
        inside: &[Vec<u8>],
        depth: usize,
        tally: &mut Tally,
        runs: &mut Vec<RawRun>,
    ) -> Result<(), DecodeError> {
        let mut end = Ok(());
        for data in inside {
            let decoded = self.decode_data(record, data, depth + 1, tally, runs);
            end = end.and(decoded);
        }
        end
    }
}

/// Puts the lines of events that were not seen before into `kept`, if any were. How many were.
fn keep(window: &mut EventWindow, record: u64, batch: &Batch<'_>, kept: &mut Vec<u8>) -> u64 {
    let (mut dropped, mut start) = (0, 0);
    kept.clear();
    for event in batch.events {
        let end = event.end as usize;
        if window.is_duplicate(event.id, record) {
            if dropped == 0 {
                kept.extend_from_slice(batch.lines.get(..start).unwrap_or_default());
            }
            dropped += 1;
        } else if dropped > 0 {
            kept.extend_from_slice(batch.lines.get(start..end).unwrap_or_default());
        }
        start = end;
    }
    dropped
}

fn origin_of(record: &StreamRecord<'_>, batch: &Batch<'_>) -> Origin {
    Origin {
        source: format!("{} {} {}", record.place, batch.log_group, batch.log_stream),
        account_id: (!batch.owner.is_empty()).then(|| batch.owner.to_owned()),
        region: Some(record.region.to_owned()),
        flow_log_id: None,
    }
}

fn format_of(
    record: &StreamRecord<'_>,
    batch: &Batch<'_>,
    formats: &dyn LogFormats,
) -> Arc<LogFormat> {
    let place = LogPlace {
        owner: batch.owner,
        region: record.region,
        log_group: batch.log_group,
        log_stream: batch.log_stream,
    };
    formats.format_of(&place).unwrap_or_else(|| Arc::clone(record.log_format))
}

/// Where the lines of a document stand.
#[derive(Clone, Copy)]
struct RunPlace<'a> {
    record: &'a StreamRecord<'a>,
    /// Its number in the record.
    document: u64,
    /// Whether some of its events were dropped.
    is_partial: bool,
}

impl RunPlace<'_> {
    /// Cuts the lines into runs.
    fn cut(
        self,
        lines: &[u8],
        origin: &Arc<Origin>,
        format: &Arc<LogFormat>,
        runs: &mut Vec<RawRun>,
    ) {
        let (mut rest, mut first_line, mut number) = (lines, 1, self.document << 16);
        while !rest.is_empty() {
            let most = rest.len().min(RawRun::MAX_TEXT);
            let end = rest.get(RUN..most).and_then(|behind| memchr::memchr(b'\n', behind));
            let end = end.map_or(most, |end| RUN + end + 1);
            let (text, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            runs.push(RawRun {
                id: self.id(number, text),
                origin: Arc::clone(origin),
                format: Arc::clone(format),
                first_line,
                text: Bytes::copy_from_slice(text),
            });
            first_line += memchr::memchr_iter(b'\n', text).count() as u64;
            number += 1;
            rest = behind;
        }
    }

    /// Where events were dropped, the text decides too: another reading may drop others.
    fn id(self, number: u64, text: &[u8]) -> RunId {
        let (place, sequence) = (self.record.place.as_bytes(), self.record.sequence.as_bytes());
        if !self.is_partial {
            return RunId::of_object(place, sequence, number);
        }
        let mut version = Xxh3::new();
        version.update(sequence);
        version.update(text);
        RunId::of_object(place, &version.digest128().to_be_bytes(), number)
    }
}

#[cfg(test)]
mod tests;
