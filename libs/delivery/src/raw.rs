//! A run on its way from a source to an enricher.

use std::sync::Arc;

use bytes::Bytes;
use weir_flowlog::LogFormat;

use crate::outbox::Payload;
use crate::run::{Origin, Run, RunId};

/// Newline-separated flow log lines that share a format and an origin, with memory of their own:
/// the sender keeps them until the exporter has taken the run over.
#[derive(Clone, Debug)]
pub struct RawRun {
    /// Identifies it.
    pub id: RunId,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// The fields of its lines.
    pub format: Arc<LogFormat>,
    /// The line number of the text's first line in its source, counted from 1.
    pub first_line: u64,
    /// The lines, at most [`RawRun::MAX_TEXT`] octets.
    pub text: Bytes,
}

impl RawRun {
    /// The most octets of a run's text. Sources cut runs at the first line end after 256 KiB;
    /// a line is cut at 16 KiB.
    pub const MAX_TEXT: usize = 512 * 1024;

    /// The run as a parser reads it.
    pub fn as_run(&self) -> Run<'_> {
        Run {
            id: self.id,
            origin: Arc::clone(&self.origin),
            format: Arc::clone(&self.format),
            first_line: self.first_line,
            text: &self.text,
        }
    }
}

impl Payload for RawRun {
    fn id(&self) -> RunId {
        self.id
    }

    fn octets(&self) -> usize {
        self.text.len() + size_of::<Self>()
    }
}
