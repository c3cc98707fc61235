//! Enriched runs on the wire.

use std::mem;
use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use tonic::Status;
use weir_delivery::{EnrichedRun, Origin, RejectedLine, RunId, RunRejection, RunTally};
use weir_flowlog::RejectReason;
use weir_ipfix::{LayoutRevision, RecordGroup};

use super::unfinished::{Share, Unfinished};
use super::{MESSAGE_OCTETS, id_message, id_of, resume_message, resume_of};
use crate::link::ToReceiver;
use crate::pb::{self, export_request::Message};

/// The most octets of a run's records and rejected lines. A run of usual lines has 1 MiB at
/// most; very short lines make more of it.
pub const MAX_ENRICHED: usize = 64 * 1024 * 1024;

/// What an enricher says: runs in messages of about 1 MiB, in parts where they are larger, then
/// announcements.
pub fn export_requests(said: ToReceiver<EnrichedRun>) -> Vec<pb::ExportRequest> {
    let mut writer = BatchWriter::default();
    said.runs.into_iter().for_each(|run| writer.push(run));
    writer.finish();
    let mut messages: Vec<_> = writer.batches.into_iter().map(Message::Batch).collect();
    if !said.resume.is_empty() {
        messages.push(Message::Resume(resume_message(said.resume)));
    }
    messages.into_iter().map(|message| pb::ExportRequest { message: Some(message) }).collect()
}

/// Fills messages.
#[derive(Default)]
struct BatchWriter {
    batches: Vec<pb::RecordBatch>,
    open: pb::RecordBatch,
    octets: usize,
}

impl BatchWriter {
    fn push(&mut self, mut run: EnrichedRun) {
        let id = id_message(run.id);
        let mut part = pb::EnrichedRun {
            id: Some(id),
            source: run.origin.source.clone(),
            ..pb::EnrichedRun::default()
        };
        for group in run.groups.iter_mut().flat_map(pieces) {
            self.make_room(&mut part, group.records.len() + group.lengths.len());
            part.groups.push(group);
        }
        for line in mem::take(&mut run.rejected) {
            self.make_room(&mut part, line.text.len());
            part.rejected.push(rejected_message(line));
        }
        part.tally = Some(tally_message(&run.tally));
        self.open.runs.push(part);
    }

    /// Ends the message, and the part of the run in it, when `octets` more do not fit.
    fn make_room(&mut self, part: &mut pb::EnrichedRun, octets: usize) {
        if self.octets > 0 && self.octets + octets > MESSAGE_OCTETS {
            if !part.groups.is_empty() || !part.rejected.is_empty() {
                let rest = pb::EnrichedRun { id: part.id, ..pb::EnrichedRun::default() };
                let full = mem::replace(part, rest);
                self.open.runs.push(pb::EnrichedRun { continues: true, ..full });
            }
            self.finish();
        }
        self.octets += octets;
    }

    fn finish(&mut self) {
        if !self.open.runs.is_empty() {
            self.batches.push(mem::take(&mut self.open));
        }
        self.octets = 0;
    }
}

/// A group as messages hold it, in pieces of at most 1 MiB. The octets are shared, not copied.
fn pieces(group: &mut RecordGroup) -> Vec<pb::RecordGroup> {
    let mut records = group.bytes.share();
    let mut pieces = Vec::new();
    let mut lengths = group.lengths.as_slice();
    while !lengths.is_empty() {
        let (mut count, mut octets) = (0, 0);
        for length in lengths {
            let longer = octets + usize::from(*length);
            if count > 0 && longer > MESSAGE_OCTETS {
                break;
            }
            (count, octets) = (count + 1, longer);
        }
        let (now, later) = lengths.split_at(count);
        lengths = later;
        pieces.push(pb::RecordGroup {
            layout_revision: group.revision.0,
            observation_domain_id: group.observation_domain_id,
            lengths: lengths_message(now),
            records: records.split_to(octets.min(records.len())),
        });
    }
    pieces
}

fn lengths_message(lengths: &[u16]) -> Bytes {
    let mut octets = BytesMut::with_capacity(2 * lengths.len());
    lengths.iter().for_each(|length| octets.put_u16(*length));
    octets.freeze()
}

fn rejected_message(line: RejectedLine) -> pb::RejectedLine {
    let RejectedLine { line, reason, text } = line;
    pb::RejectedLine { line, reason: reason.name().to_owned(), text: text.into() }
}

fn tally_message(tally: &RunTally) -> pb::RunTally {
    let RunTally { lines, records, bytes, packets, no_data, skip_data, unknown_vpc, strings_cut } =
        *tally;
    pb::RunTally { lines, records, bytes, packets, no_data, skip_data, unknown_vpc, strings_cut }
}

fn tally_of(message: &pb::RunTally) -> RunTally {
    let pb::RunTally {
        lines,
        records,
        bytes,
        packets,
        no_data,
        skip_data,
        unknown_vpc,
        strings_cut,
    } = *message;
    RunTally { lines, records, bytes, packets, no_data, skip_data, unknown_vpc, strings_cut }
}

/// Reads what one enricher's stream brings, and puts the parts of a run together.
#[derive(Debug, Default)]
pub struct EnrichedReader {
    budget: Unfinished,
    pub(super) open: Option<OpenRun>,
}

/// A run whose last part has not come.
#[derive(Debug)]
pub(super) struct OpenRun {
    pub(super) run: EnrichedRun,
    octets: usize,
    share: Share,
}

impl EnrichedReader {
    /// A reader whose unfinished runs count towards `budget`.
    pub fn within(budget: Unfinished) -> Self {
        Self { budget, open: None }
    }

    /// Reads a message. A run with more octets than one may have is refused by its id.
    ///
    /// # Errors
    ///
    /// A status that says what is wrong; it ends the stream.
    pub fn read(&mut self, message: pb::ExportRequest) -> Result<ToReceiver<EnrichedRun>, Status> {
        match message.message {
            Some(Message::Resume(resume)) => Ok(ToReceiver::resume(resume_of(resume)?)),
            Some(Message::Batch(batch)) => {
                let mut said = ToReceiver::default();
                for part in batch.runs {
                    match self.part(part)? {
                        None => {}
                        Some(Ok(run)) => said.runs.push(run),
                        Some(Err(refusal)) => said.refused.push(refusal),
                    }
                }
                Ok(said)
            }
            // A later version may say more.
            None => Ok(ToReceiver::default()),
        }
    }

    /// Adds a part to its run; the run when it is the last.
    #[allow(clippy::type_complexity, reason = "a run, a refusal, nothing yet, or an error")]
    fn part(
        &mut self,
        part: pb::EnrichedRun,
    ) -> Result<Option<Result<EnrichedRun, (RunId, RunRejection)>>, Status> {
        let id = id_of(part.id)?;
        let mut open = match self.open.take() {
            Some(open) if open.run.id == id => open,
            Some(_) => return Err(Status::invalid_argument("a run stands inside another")),
            None => OpenRun::new(id, part.source, &self.budget),
        };
        for line in part.rejected {
            open.add_rejected(line)?;
        }
        for group in part.groups {
            open.add_group(group)?;
        }
        if part.continues {
            // What is refused when it ends is not kept.
            open.share.grow_to(open.octets.min(MAX_ENRICHED))?;
            self.open = Some(open);
            return Ok(None);
        }
        let OpenRun { mut run, octets, .. } = open;
        if octets > MAX_ENRICHED {
            return Ok(Some(Err((id, RunRejection::TooLarge))));
        }
        run.tally = part.tally.as_ref().map(tally_of).unwrap_or_default();
        Ok(Some(Ok(run)))
    }
}

impl OpenRun {
    fn new(id: RunId, source: String, budget: &Unfinished) -> Self {
        let origin = Origin { source, ..Origin::default() };
        let run = EnrichedRun::new(id, Arc::new(origin));
        Self { run, octets: 0, share: Share::of(budget) }
    }

    fn add_group(&mut self, message: pb::RecordGroup) -> Result<(), Status> {
        if !message.lengths.len().is_multiple_of(2) {
            return Err(Status::invalid_argument("the lengths of records have two octets each"));
        }
        let mut lengths = message.lengths;
        self.octets += message.records.len() + lengths.len();
        // Beyond the limit only the octets are counted: the run is refused when it ends.
        if self.octets > MAX_ENRICHED {
            self.run.groups.clear();
            return Ok(());
        }
        let mut group = RecordGroup::new(
            LayoutRevision(message.layout_revision),
            message.observation_domain_id,
        );
        group.lengths.reserve(lengths.len() / 2);
        while lengths.has_remaining() {
            group.lengths.push(lengths.get_u16());
        }
        group.bytes = message.records.into();
        self.run.groups.push(group);
        Ok(())
    }

    fn add_rejected(&mut self, message: pb::RejectedLine) -> Result<(), Status> {
        let reason = RejectReason::ALL.into_iter().find(|each| each.name() == message.reason);
        let reason = reason.ok_or_else(|| {
            Status::invalid_argument(format!("`{}` is no reason to reject a line", message.reason))
        })?;
        let text = message.text.get(..RejectedLine::MAX_TEXT).unwrap_or(&message.text).to_vec();
        self.octets += text.len() + size_of::<RejectedLine>();
        if self.octets > MAX_ENRICHED {
            self.run.rejected.clear();
            return Ok(());
        }
        self.run.rejected.push(RejectedLine { line: message.line, reason, text });
        Ok(())
    }
}
