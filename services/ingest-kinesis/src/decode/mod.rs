//! Makes runs of a record.

mod ended;
mod split;
mod window;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use weir_delivery::{Origin, RawRun, RunId};
use weir_flowlog::LogFormat;
use weir_flowlog::envelope::{Aggregate, Batch, Envelope, EnvelopeError, EnvelopeReader};
use weir_ingest::{Fault, SourceError};
use weir_inventory::log_formats::{FlowLogFormat, LogPlace, resource_of};
use weir_lease::HashRange;
use weir_objects::{GzipUnpacker, UnpackError};
use xxhash_rust::xxh3::Xxh3;

use crate::formats::{BatchFormats, Formats, UnknownFormat};
pub(crate) use ended::leave_out_later;
use split::Split;
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
    /// The configured fields of lines, where they are: see [`BatchFormats::of`].
    pub(crate) log_format: Option<&'a Arc<LogFormat>>,
    /// When it arrived at Kinesis, in Unix seconds.
    pub(crate) arrived: u64,
    /// The keys of its shard.
    pub(crate) range: Option<HashRange>,
    /// How often the position of its shard was set.
    pub(crate) placements: u64,
}

impl StreamRecord<'_> {
    /// The id of the record as a whole.
    pub(crate) fn id(&self) -> RunId {
        RunId::of_object(self.place.as_bytes(), self.sequence.as_bytes(), u64::MAX)
    }

    /// What its runs are told apart by from those of other records, and of readings before the
    /// position was set.
    fn version(&self) -> Cow<'_, str> {
        match self.placements {
            0 => Cow::Borrowed(self.sequence),
            times => Cow::Owned(format!("{} {times}", self.sequence)),
        }
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
    pub(crate) not_flow_logs: u64,
    pub(crate) of_other_shards: u64,
}

/// Why a record, or the rest of it, is no flow log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DecodeError {
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// The record is to be decoded again later, as a whole: nothing of it was taken notice of.
    #[error(transparent)]
    UnknownFormat(#[from] UnknownFormat),
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
            Self::UnknownFormat(_) => "unknown_format",
        }
    }

    pub(crate) fn error(self, sequence: &str) -> SourceError {
        let fault = match &self {
            Self::Unpack(UnpackError::Damaged(_)) => Fault::Damaged,
            Self::Unpack(UnpackError::TooLong { .. }) => Fault::TooLarge,
            Self::Envelope(EnvelopeError::NoText) => Fault::NoFlowLog,
            Self::Envelope(_) => Fault::Envelope,
            Self::UnknownFormat(unknown) => {
                return SourceError::transient(Fault::LogFormat, unknown.to_string());
            }
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
    formats: BatchFormats,
    split: Split,
}

/// Whether the record has to wait until the format of its lines is known.
pub(crate) fn is_of_unknown_format(decoded: &Result<(), DecodeError>) -> bool {
    matches!(decoded, Err(DecodeError::UnknownFormat(_)))
}

impl Decoder {
    pub(crate) fn new(formats: BatchFormats, remembered_events: usize) -> Self {
        Self {
            unpacker: GzipUnpacker::new(),
            reader: EnvelopeReader::new(),
            window: EventWindow::new(remembered_events),
            kept: Vec::new(),
            documents: 0,
            room: MAX_UNPACKED,
            formats,
            split: Split::default(),
        }
    }

    /// Puts the runs of a record into `runs`. What stands before damage is read. Nothing of a record
    /// is, as long as the format of any of its batches is not known.
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
                if is_of_unknown_format(&decoded) {
                    return (tally, decoded);
                }
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
        let (window, kept, split) = (&mut self.window, &mut self.kept, &mut self.split);
        let (documents, formats) = (&mut self.documents, &self.formats);
        let mut unknown = None;
        let read = self.reader.read(text, |envelope| {
            let number = *documents;
            *documents += 1;
            if unknown.is_some() {
                return;
            }
            match envelope {
                Envelope::Control => tally.control += 1,
                Envelope::Delivered(data) => inside.push(data.to_vec()),
                Envelope::Lines(lines) => {
                    let origin = Origin {
                        source: record.place.to_owned(),
                        region: Some(record.region.to_owned()),
                        ..Origin::default()
                    };
                    let default = || Arc::new(LogFormat::vpc_default());
                    let format = record.log_format.map_or_else(default, Arc::clone);
                    let mut place = RunPlace::of(record, number, false);
                    place.cut(lines, &Arc::new(origin), &format, runs);
                }
                Envelope::Batch(batch) => {
                    let formats = match formats_of(record, &batch, formats) {
                        Ok(formats) => formats,
                        Err(error) => {
                            unknown = Some(error);
                            return;
                        }
                    };
                    tally.events += batch.events.len() as u64;
                    let dropped = keep(window, record.hash(), &batch, kept);
                    tally.duplicates += dropped;
                    let lines = if dropped > 0 { kept.as_slice() } else { batch.lines };
                    let resource = resource_of(batch.log_stream);
                    // All lines of an interface's stream have its only format, or are rejected.
                    if let ([format], Some(_)) = (&*formats, resource) {
                        // What is left of a batch is another run than all of it.
                        let mut place = RunPlace::of(record, number, dropped > 0);
                        let origin = Arc::new(origin_of(record, &batch, format));
                        place.cut(lines, &origin, format.format(), runs);
                        return;
                    }
                    tally.not_flow_logs += split.take(lines, &formats, resource);
                    // And so is what has one of several formats: others may be known another time.
                    let mut place = RunPlace::of(record, number, true);
                    for (format, lines) in split.parts() {
                        let origin = Arc::new(origin_of(record, &batch, format));
                        place.cut(lines, &origin, format.format(), runs);
                    }
                }
            }
        });
        if let Some(unknown) = unknown {
            return Err(unknown.into());
        }
        // What stands before damage is read.
        let decoded = self.decode_inside(record, &inside, depth, tally, runs);
        if is_of_unknown_format(&decoded) {
            return decoded;
        }
        read?;
        decoded
    }

    /// Decodes what stood in something else, as much of it as can be read; nothing
    /// behind a format that is not known as yet, since all of the record is decoded again then.
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
            if is_of_unknown_format(&decoded) {
                return decoded;
            }
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

fn origin_of(record: &StreamRecord<'_>, batch: &Batch<'_>, format: &FlowLogFormat) -> Origin {
    Origin {
        source: format!("{} {} {}", record.place, batch.log_group, batch.log_stream),
        account_id: (!batch.owner.is_empty()).then(|| batch.owner.to_owned()),
        region: Some(record.region.to_owned()),
        flow_log_id: format.flow_log_id().map(str::to_owned),
    }
}

fn formats_of(
    record: &StreamRecord<'_>,
    batch: &Batch<'_>,
    formats: &BatchFormats,
) -> Result<Formats, UnknownFormat> {
    let place = LogPlace {
        account_id: batch.owner,
        region: record.region,
        log_group: batch.log_group,
        log_stream: batch.log_stream,
    };
    formats.of(&place, record.arrived, record.log_format)
}

/// Where the lines of a document stand.
struct RunPlace<'a> {
    record: &'a StreamRecord<'a>,
    /// The number of its next run in the record.
    number: u64,
    /// Whether its runs may have other lines at another reading.
    is_partial: bool,
}

impl<'a> RunPlace<'a> {
    /// The document of this number in the record.
    fn of(record: &'a StreamRecord<'a>, document: u64, is_partial: bool) -> Self {
        Self { record, number: document << 16, is_partial }
    }

    /// Cuts lines into runs.
    fn cut(
        &mut self,
        lines: &[u8],
        origin: &Arc<Origin>,
        format: &Arc<LogFormat>,
        runs: &mut Vec<RawRun>,
    ) {
        let (mut rest, mut first_line) = (lines, 1);
        while !rest.is_empty() {
            let most = rest.len().min(RawRun::MAX_TEXT);
            let end = rest.get(RUN..most).and_then(|behind| memchr::memchr(b'\n', behind));
            let end = end.map_or(most, |end| RUN + end + 1);
            let (text, behind) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            runs.push(RawRun {
                id: self.id(text),
                origin: Arc::clone(origin),
                format: Arc::clone(format),
                first_line,
                text: Bytes::copy_from_slice(text),
            });
            first_line += memchr::memchr_iter(b'\n', text).count() as u64;
            self.number += 1;
            rest = behind;
        }
    }

    /// Where another reading may have other lines, the text decides too.
    fn id(&self, text: &[u8]) -> RunId {
        let (place, sequence) = (self.record.place.as_bytes(), self.record.version());
        if !self.is_partial {
            return RunId::of_object(place, sequence.as_bytes(), self.number);
        }
        let mut version = Xxh3::new();
        version.update(sequence.as_bytes());
        version.update(text);
        RunId::of_object(place, &version.digest128().to_be_bytes(), self.number)
    }
}

#[cfg(test)]
mod tests;
