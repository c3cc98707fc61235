//! The seam between the exporter and its outputs.

use std::time::Duration;

use weir_delivery::EnrichedRun;
use weir_ipfix::{LayoutPair, RecordView};

use crate::error::ExportError;
use crate::report::ExportReport;

/// One place that every run is written to. The exporter commits a run when all outputs took it.
pub(crate) trait Output: Send {
    /// Writes the whole run, waiting as long as the output asks for. On return the output has
    /// handed everything to the system and holds nothing back.
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError>;

    /// Called between runs, at least once a second unless a run takes longer. `now` is
    /// monotonic.
    fn idle(&mut self, now: Duration) -> Result<(), ExportError> {
        let _: Duration = now;
        Ok(())
    }

    /// Adds what the output has done to the report.
    fn report(&self, report: &mut ExportReport) {
        let _: &mut ExportReport = report;
    }
}

/// All records of a run, which was checked before the first output saw it.
pub(crate) fn records<'a>(
    run: &'a EnrichedRun,
    layouts: &'a LayoutPair,
) -> impl Iterator<Item = RecordView<'a>> {
    let groups = run.groups.iter();
    groups.filter_map(|group| group.records(layouts.by_revision(group.revision)?).ok()).flatten()
}
