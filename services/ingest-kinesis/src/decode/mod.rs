//! Makes runs of a record.

mod ended;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use weir_delivery::{Origin, RawRun, RunId};
use weir_flowlog::LogFormat;
use weir_flowlog::envelope::{Aggregate, Batch};
use weir_ingest::{Fault, SourceError};
use weir_inventory::log_formats::{FlowLogFormat, LogPlace};
use weir_lease::HashRange;
use weir_objects::{BatchSorter, Content, Formats, UnwrapError, Unwrapper, Unwrapping};
use xxhash_rust::xxh3::Xxh3;

use crate::formats::{BatchFormats, UnknownFormat};
pub(crate) use ended::leave_out_later;

/// Octets that a record may unpack to, with all that is in it: a record has 10 MiB at most, and
/// flow logs shrink to a tenth.
const MAX_UNPACKED: usize = 128 << 20;

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
    Unwrap(#[from] UnwrapError),
    /// The record is to be decoded again later, as a whole: nothing of it was taken notice of.
    #[error(transparent)]
    UnknownFormat(#[from] UnknownFormat),
}

impl From<Unwrapping<UnknownFormat>> for DecodeError {
    fn from(end: Unwrapping<UnknownFormat>) -> Self {
        match end {
            Unwrapping::Failed(error) => error.into(),
            Unwrapping::Stopped(unknown) => unknown.into(),
        }
    }
}

impl DecodeError {
    /// Its name in metrics.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Unwrap(error) => error.name(),
            Self::UnknownFormat(_) => "unknown_format",
        }
    }

    pub(crate) fn error(self, sequence: &str) -> SourceError {
        let fault = match &self {
            Self::Unwrap(error) => Fault::of_unwrapping(error),
            Self::UnknownFormat(unknown) => {
                return SourceError::transient(Fault::LogFormat, unknown.to_string());
            }
        };
        let what = format!("the record {sequence} is left out, or the rest of it");
        SourceError::transient(fault, what).because(self)
    }
}

/// Whether the record has to wait until the format of its lines is known.
pub(crate) fn is_of_unknown_format(decoded: &Result<(), DecodeError>) -> bool {
    matches!(decoded, Err(DecodeError::UnknownFormat(_)))
}

/// Makes runs of records. Its memory is used again for each.
pub(crate) struct Decoder {
    unwrapper: Unwrapper,
    sorter: BatchSorter,
    formats: BatchFormats,
}

impl Decoder {
    pub(crate) fn new(formats: BatchFormats, remembered_events: usize) -> Self {
        Self { unwrapper: Unwrapper::new(), sorter: BatchSorter::new(remembered_events), formats }
    }

    /// Puts the runs of a record into `runs`. What stands before damage is read. Nothing of a record
    /// is, as long as the format of any of its batches is not known.
    pub(crate) fn decode(
        &mut self,
        record: &StreamRecord<'_>,
        runs: &mut Vec<RawRun>,
    ) -> (Tally, Result<(), DecodeError>) {
        let mut tally = Tally::default();
        self.unwrapper.begin(MAX_UNPACKED);
        let Some(aggregate) = Aggregate::read(record.data) else {
            let end = self.decode_data(record, record.data, &mut tally, runs);
            return (tally, end);
        };
        let mut end = Ok(());
        for user in aggregate.records() {
            let belongs = |range: HashRange| {
                user.hash_key.is_none_or(|key| (range.first..=range.last).contains(&key))
            };
            if record.range.is_none_or(belongs) {
                let decoded = self.decode_data(record, user.data, &mut tally, runs);
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
        tally: &mut Tally,
        runs: &mut Vec<RawRun>,
    ) -> Result<(), DecodeError> {
        let Self { unwrapper, sorter, formats } = self;
        let unwrapped = unwrapper.unwrap(data, &mut |number, content| {
            match content {
                Content::Control => tally.control += 1,
                Content::Lines(lines) => cut_lines(record, number, lines, runs),
                Content::Batch(batch) => {
                    let formats = formats_of(record, &batch, formats)?;
                    let mut place = RunPlace::of(record, number);
                    tally.events += batch.events.len() as u64;
                    let sort = |format: &Arc<FlowLogFormat>, lines: &[u8], is_partial| {
                        let origin = Arc::new(origin_of(record, &batch, format));
                        place.is_partial = is_partial;
                        place.cut(lines, &origin, format.format(), runs);
                    };
                    let sorted = sorter.sort(&batch, record.hash(), &formats, sort);
                    tally.duplicates += sorted.duplicates;
                    tally.not_flow_logs += sorted.not_flow_logs;
                }
            }
            Ok(())
        });
        Ok(unwrapped?)
    }
}

/// Cuts lines into runs that nothing tells the origin of.
fn cut_lines(record: &StreamRecord<'_>, number: u64, lines: &[u8], runs: &mut Vec<RawRun>) {
    let origin = Origin {
        source: record.place.to_owned(),
        region: Some(record.region.to_owned()),
        ..Origin::default()
    };
    let default = || Arc::new(LogFormat::vpc_default());
    let format = record.log_format.map_or_else(default, Arc::clone);
    RunPlace::of(record, number).cut(lines, &Arc::new(origin), &format, runs);
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
    fn of(record: &'a StreamRecord<'a>, document: u64) -> Self {
        Self { record, number: document << 16, is_partial: false }
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
