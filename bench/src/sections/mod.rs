//! What is measured.

mod cloudwatch;
mod enrich;
mod envelopes;
mod export;
mod parse;
mod pipeline;
mod replay;
mod reports;
mod s3;
mod unpack;

pub(crate) use cloudwatch::cloudwatch;
pub(crate) use enrich::enrich;
pub(crate) use envelopes::envelopes;
pub(crate) use export::export;
pub(crate) use parse::parse;
pub(crate) use pipeline::pipeline;
pub(crate) use replay::replay;
pub(crate) use reports::reports;
pub(crate) use s3::s3;
pub(crate) use unpack::unpack;

use std::hint::black_box;
use std::sync::Arc;

use weir_delivery::{EnrichedRun, Origin, Run, RunId};
use weir_enricher::Enricher;
use weir_flowlog::{BlockParser, Field, Line};

use crate::environment::Block;

/// Parses every line; tells how many there are and the sum of their bytes.
fn parse_blocks(parser: &mut BlockParser, blocks: &[Block]) -> (u64, u64) {
    let (mut lines, mut sum, mut seen) = (0, 0_u64, 0_u64);
    for block in blocks {
        parser.parse(&block.format, &block.text, |outcome| {
            lines += 1;
            if let Line::Flow(flow) = outcome.line {
                sum = sum.wrapping_add(flow.number(Field::Bytes).unwrap_or_default());
                seen ^= flow.text(Field::InterfaceId).map_or(0, |id| id.len() as u64);
                seen ^= u64::from(flow.address(Field::DstAddr).is_some());
            }
        });
    }
    black_box(seen);
    (lines, sum)
}

/// Enriches one block, as a replay's worker does.
fn enrich_block(enricher: &mut Enricher, block: &Block, origin: &Arc<Origin>) -> EnrichedRun {
    enricher.enrich(&Run {
        id: RunId(0),
        origin: Arc::clone(origin),
        format: Arc::clone(&block.format),
        first_line: 2,
        text: &block.text,
    })
}
