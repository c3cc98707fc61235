//! Blocks of lines that came in documents.

use std::sync::Arc;

use weir_flowlog::envelope::Batch;
use weir_inventory::log_formats::FlowLogFormat;
use xxhash_rust::xxh3::Xxh3;

/// The log stream that a batch is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogStream {
    /// The account of the log group: twelve digits.
    pub owner: String,
    /// The log group's name.
    pub log_group: String,
    /// The log stream's name.
    pub log_stream: String,
}

impl LogStream {
    pub(super) fn of(batch: &Batch<'_>) -> Self {
        let [owner, log_group, log_stream] =
            [batch.owner, batch.log_group, batch.log_stream].map(str::to_owned);
        Self { owner, log_group, log_stream }
    }
}

/// Lines of an object that are of one log stream and have one format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeBlock {
    /// The lines, each with its end.
    pub text: Vec<u8>,
    /// Where the document that the first line came in stands in the object's text, in octets.
    pub offset: u64,
    /// How many blocks start in the same document before.
    pub part: u32,
    /// The number of its first line among all lines of the object, counted from 1.
    pub first_line: u64,
    /// Whose lines they are; none where nothing tells.
    pub stream: Option<Arc<LogStream>>,
    /// The fields of the lines.
    pub format: Arc<FlowLogFormat>,
}

impl EnvelopeBlock {
    /// What tells the block from others at the same [`EnvelopeBlock::offset`] of an object with this
    /// version, for the id of its run. Its text is part of it: another reading, which knows of other
    /// formats, may cut the object's lines in another way.
    pub fn version(&self, object: &[u8]) -> [u8; 16] {
        let mut version = Xxh3::new();
        version.update(&(object.len() as u64).to_be_bytes());
        version.update(object);
        version.update(&self.part.to_be_bytes());
        version.update(&self.text);
        version.digest128().to_be_bytes()
    }
}

/// What was in the documents of an object, and what was left out of its lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventTally {
    /// Events of batches, and documents with a message.
    pub events: u64,
    /// Probes of CloudWatch Logs.
    pub control: u64,
    /// Events that came before in the object.
    pub duplicates: u64,
    /// Lines of log streams that are no flow logs' own, and fit no format.
    pub not_flow_logs: u64,
}
