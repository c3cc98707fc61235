//! What an enricher makes of a run.

use std::sync::Arc;

use weir_flowlog::RejectReason;
use weir_ipfix::RecordGroup;

use crate::outbox::Payload;
use crate::run::{Origin, RunId};

/// A run after enrichment: its records, and the lines that are none.
#[derive(Clone, Debug)]
pub struct EnrichedRun {
    /// The run.
    pub id: RunId,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// The records by layout and observation domain, each group in the order of the lines.
    pub groups: Vec<RecordGroup>,
    /// The lines that cannot be read.
    pub rejected: Vec<RejectedLine>,
    /// What its lines were.
    pub tally: RunTally,
}

impl EnrichedRun {
    /// A run without records as yet.
    pub fn new(id: RunId, origin: Arc<Origin>) -> Self {
        let tally = RunTally::default();
        Self { id, origin, groups: Vec::new(), rejected: Vec::new(), tally }
    }

    /// The octets of its records and rejected lines, about what it takes in memory.
    pub fn octets(&self) -> usize {
        let groups = self.groups.iter().map(|group| group.bytes.len() + 2 * group.lengths.len());
        let rejected = self.rejected.iter().map(|line| line.text.len() + size_of::<RejectedLine>());
        groups.chain(rejected).sum()
    }

    /// How many records it holds.
    pub fn records(&self) -> usize {
        self.groups.iter().map(RecordGroup::len).sum()
    }
}

impl Payload for EnrichedRun {
    fn id(&self) -> RunId {
        self.id
    }

    fn octets(&self) -> usize {
        self.octets()
    }
}

/// A line that cannot be read, for the rejects output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedLine {
    /// Its number in the source, counted from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: RejectReason,
    /// Its start, at most [`RejectedLine::MAX_TEXT`] octets.
    pub text: Vec<u8>,
}

impl RejectedLine {
    /// The most octets of a rejected line that are kept.
    pub const MAX_TEXT: usize = 1024;
}

/// Counts over the lines of a run or of many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunTally {
    /// Lines that are not blank.
    pub lines: u64,
    /// Lines that became a record.
    pub records: u64,
    /// The sum of the records' `bytes`.
    pub bytes: u64,
    /// The sum of the records' `packets`.
    pub packets: u64,
    /// Lines with log-status NODATA.
    pub no_data: u64,
    /// Lines with log-status SKIPDATA.
    pub skip_data: u64,
    /// Records of a VPC that the inventory does not have; they carry the fallback exporter.
    pub unknown_vpc: u64,
    /// Strings that were cut to the longest that is written.
    pub strings_cut: u64,
}

impl RunTally {
    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.records += other.records;
        self.bytes = self.bytes.wrapping_add(other.bytes);
        self.packets = self.packets.wrapping_add(other.packets);
        self.no_data += other.no_data;
        self.skip_data += other.skip_data;
        self.unknown_vpc += other.unknown_vpc;
        self.strings_cut += other.strings_cut;
    }
}
