//! Turns runs of flow log lines into enriched IPFIX records.

use std::sync::Arc;

use weir_delivery::{EnrichedRun, RejectedLine, Run, RunTally};
use weir_enrich::{LineEnricher, RecordGroups};
use weir_flowlog::{BlockParser, Field, FlowLine, Line, NoFlow};
use weir_inventory::Snapshot;
use weir_ipfix::LayoutPair;

/// Enriches runs, one at a time. It is stateless between runs: any number may work side by
/// side, each on a thread of its own.
#[derive(Debug)]
pub struct Enricher {
    layouts: Arc<LayoutPair>,
    snapshot: Arc<Snapshot>,
    parser: BlockParser,
    groups: RecordGroups,
}

impl Enricher {
    /// An enricher that looks up in `snapshot` and writes records under the exporter's
    /// `layouts`.
    pub fn new(layouts: Arc<LayoutPair>, snapshot: Arc<Snapshot>) -> Self {
        Self { layouts, snapshot, parser: BlockParser::new(), groups: RecordGroups::new() }
    }

    /// Parses and enriches every line of `run`. Each becomes a record, a count, or a rejected
    /// line with its reason.
    pub fn enrich(&mut self, run: &Run<'_>) -> EnrichedRun {
        let mut enriched = EnrichedRun::new(run.id, Arc::clone(&run.origin));
        let EnrichedRun { rejected, tally, .. } = &mut enriched;
        let mut lines = LineEnricher::new(&self.layouts);
        let (snapshot, groups) = (&*self.snapshot, &mut self.groups);
        self.parser.parse(&run.format, run.text, |outcome| {
            tally.lines += 1;
            match outcome.line {
                Line::Flow(line) => {
                    let flow = lines.enrich(snapshot, line, groups);
                    count_flow(tally, line);
                    tally.unknown_vpc += u64::from(flow.is_unknown_vpc);
                    tally.strings_cut += u64::from(flow.strings_cut);
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
        enriched.groups = self.groups.take();
        enriched
    }
}

fn count_flow(tally: &mut RunTally, line: &FlowLine<'_>) {
    tally.records += 1;
    tally.bytes = tally.bytes.wrapping_add(line.number(Field::Bytes).unwrap_or(0));
    tally.packets = tally.packets.wrapping_add(line.number(Field::Packets).unwrap_or(0));
}
