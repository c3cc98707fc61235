//! Why a record is as it is, and what an address stands for.
//!
//! The values of an explanation are read from the record that production makes, and its rules
//! from the decisions that production makes on the way: neither is worked out a second time.

mod address;
mod elements;
mod end;
mod explanation;
mod exporter;
mod flow;
mod rejection;
mod rule;
mod search;
mod sentence;
mod value;

use weir_flowlog::{BlockParser, FlowLine, Line, LogFormat, NoFlow};
use weir_inventory::Snapshot;
use weir_ipfix::{LayoutPair, RecordView};

pub use address::{
    AddressAnswer, AddressAnywhere, AddressMeaning, MAX_LISTED_VPCS, lookup_address,
};
pub use explanation::{ExplainedElement, ExplainedExporter, ExplainedRecord, Explanation};
pub use rule::Rule;

use crate::groups::RecordGroups;
use crate::line::{LineValues, family_of};
use crate::place::Place;
use crate::record::{Found, GeoRegions, LineEnricher};
use elements::Elements;
use flow::Flow;
use value::values_of;

/// How the first line of `line` that is not blank is enriched, and why.
///
/// `place` is where the line comes from. Regions of addresses are asked of `regions` where the
/// layouts hold them.
pub fn explain_line(
    layouts: &LayoutPair,
    snapshot: &Snapshot,
    place: &Place<'_>,
    format: &LogFormat,
    line: &[u8],
    mut regions: Option<&mut dyn GeoRegions>,
) -> Explanation {
    let mut explanation = None;
    BlockParser::new().parse(format, line, |outcome| {
        if explanation.is_some() {
            return;
        }
        explanation = Some(match outcome.line {
            Line::Flow(flow) => {
                let record = explain_flow(layouts, snapshot, place, flow, regions.take());
                Explanation::Record(Box::new(record))
            }
            Line::WithoutFlow(NoFlow::NoData) => Explanation::NoData,
            Line::WithoutFlow(NoFlow::SkipData) => Explanation::SkipData,
            Line::Rejected { reason, text } => {
                let field = rejection::field_of(format, text, reason);
                Explanation::Rejected { reason, field }
            }
        });
    });
    explanation.unwrap_or(Explanation::Blank)
}

fn explain_flow<'t>(
    layouts: &LayoutPair,
    snapshot: &Snapshot,
    place: &Place<'t>,
    line: &FlowLine<'t>,
    regions: Option<&mut dyn GeoRegions>,
) -> ExplainedRecord {
    let mut groups = RecordGroups::new();
    let mut enricher = LineEnricher::new(layouts).at(*place);
    if let Some(regions) = regions {
        enricher = enricher.with_regions(regions);
    }
    enricher.queue(snapshot, line, &mut groups);
    enricher.finish(snapshot, &mut groups);
    let groups = groups.take();
    let layout = layouts.of(family_of(line));
    let record: Option<RecordView<'_>> =
        groups.first().and_then(|group| group.records(layout).ok()?.next());
    let values = LineValues::of(line, 0..0);
    let (found, decisions) = Found::explained(snapshot, &values);
    let flow = Flow { snapshot, place, line, values: &values, found: &found, decisions };
    Elements::of(&flow).explain(layout, &record.map(values_of).unwrap_or_default())
}
