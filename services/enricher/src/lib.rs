//! Turns runs of flow log lines into enriched IPFIX records.

mod geo;
pub mod service;

use std::sync::Arc;

use weir_delivery::{EnrichedRun, RejectedLine, Run, RunTally};
use weir_enrich::{LineEnricher, Place, RecordGroups};
use weir_flowlog::{BlockParser, Field, FlowLine, Line, NoFlow};
use weir_inventory::Snapshot;
use weir_ipfix::{LayoutPair, RecordGroup};

use geo::RememberedRegions;
pub use geo::{GeoDatabase, InvalidGeoDatabase};

/// Enriches runs, one at a time. It is stateless between runs: any number may work side by
/// side, each on a thread of its own.
#[derive(Debug)]
pub struct Enricher {
    layouts: Arc<LayoutPair>,
    snapshot: Arc<Snapshot>,
    regions: Option<RememberedRegions>,
    parser: BlockParser,
    groups: RecordGroups,
}

impl Enricher {
    /// An enricher that looks up in `snapshot` and writes records under the exporter's
    /// `layouts`.
    pub fn new(layouts: Arc<LayoutPair>, snapshot: Arc<Snapshot>) -> Self {
        let (parser, groups) = (BlockParser::new(), RecordGroups::new());
        Self { layouts, snapshot, regions: None, parser, groups }
    }

    /// The same enricher, with geographic regions from `database` where the layouts ask for
    /// them.
    pub fn with_geo_database(self, database: Arc<GeoDatabase>) -> Self {
        Self { regions: Some(RememberedRegions::new(database)), ..self }
    }

    /// Takes groups of an earlier run that are written: the next run uses their memory.
    pub fn recycle(&mut self, groups: Vec<RecordGroup>) {
        self.groups.recycle(groups);
    }

    /// Parses and enriches every line of `run`. Each becomes a record, a count, or a rejected
    /// line with its reason.
    pub fn enrich(&mut self, run: &Run<'_>) -> EnrichedRun {
        let mut enriched = EnrichedRun::new(run.id, Arc::clone(&run.origin));
        let EnrichedRun { rejected, tally, .. } = &mut enriched;
        let place = Place {
            account_id: run.origin.account_id.as_deref().unwrap_or_default().as_bytes(),
            region: run.origin.region.as_deref().unwrap_or_default().as_bytes(),
        };
        let mut lines = LineEnricher::new(&self.layouts).at(place);
        if let Some(regions) = &mut self.regions {
            lines = lines.with_regions(regions);
        }
        let (snapshot, groups) = (&*self.snapshot, &mut self.groups);
        self.parser.parse(&run.format, run.text, |outcome| {
            tally.lines += 1;
            match outcome.line {
                Line::Flow(line) => {
                    lines.queue(snapshot, line, groups);
                    count_flow(tally, line);
                }
                Line::WithoutFlow(NoFlow::NoData) => tally.no_data += 1,
                Line::WithoutFlow(NoFlow::SkipData) => tally.skip_data += 1,
                Line::Rejected { reason, text } => {
                    let line = run.first_line + outcome.index as u64;
                    let text = text.get(..RejectedLine::MAX_TEXT).unwrap_or(text).to_vec();
                    rejected.push(RejectedLine { line, reason, text });
                }
            }
        });
        let totals = lines.finish(snapshot, groups);
        tally.unknown_vpc += totals.unknown_vpc;
        tally.strings_cut += totals.strings_cut;
        enriched.groups = self.groups.take();
        enriched
    }
}

fn count_flow(tally: &mut RunTally, line: &FlowLine<'_>) {
    tally.records += 1;
    tally.bytes = tally.bytes.wrapping_add(line.number(Field::Bytes).unwrap_or(0));
    tally.packets = tally.packets.wrapping_add(line.number(Field::Packets).unwrap_or(0));
}
