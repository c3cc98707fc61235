//! From an object's documents to runs of lines.

use std::sync::Arc;

use memchr::memchr_iter;
use weir_delivery::{Origin, RawRun};
use weir_ingest::SourceError;
use weir_objects::{EnvelopeBlock, EnvelopeBlocks, Stream};

use super::body::Body;
use super::formats::ObjectFormats;
use super::id::ObjectId;
use super::lines::{Job, LineThread, Lines, origin_of, unreadable};

impl LineThread {
    /// An object without lines is no failure: it may have probes of CloudWatch Logs alone.
    pub(super) fn read_envelopes(
        &self,
        id: &ObjectId,
        formats: &ObjectFormats,
        blocks: &mut EnvelopeBlocks<Stream<Body>>,
        job: &mut Job,
    ) -> Result<Lines, SourceError> {
        while let Some(block) = blocks.next_block(formats).map_err(unreadable)? {
            self.metrics.lines(memchr_iter(b'\n', &block.text).count() as u64);
            let run = RawRun {
                id: id.block_id(&block),
                origin: Arc::new(origin_of_block(&id.uri, formats.region(), &block)),
                format: Arc::clone(block.format.format()),
                first_line: block.first_line,
                text: block.text.into(),
            };
            if !job(run) {
                return Ok(Lines::Stopped);
            }
        }
        Ok(Lines::All)
    }
}

/// A batch tells its account; its region is taken for the bucket's.
fn origin_of_block(uri: &str, region: &str, block: &EnvelopeBlock) -> Origin {
    let origin = origin_of(uri);
    let Some(stream) = &block.stream else { return origin };
    Origin {
        source: format!("{uri} {} {}", stream.log_group, stream.log_stream),
        account_id: (!stream.owner.is_empty()).then(|| stream.owner.clone()),
        region: Some(region.to_owned()),
        flow_log_id: block.format.flow_log_id().map(str::to_owned),
    }
}
