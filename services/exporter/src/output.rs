//! The seam between the exporter and its outputs.

use std::time::Duration;

use weir_delivery::EnrichedRun;

use crate::error::ExportError;
use crate::report::ExportReport;

/// One place that every run is written to. The exporter commits a run when all outputs took it.
pub(crate) trait Output: Send {
    /// Writes the whole run, waiting as long as the output asks for. On return the output has
    /// handed everything to the system and holds nothing back.
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError>;

    /// Called at least once a second while there is nothing to write. `now` is monotonic.
    fn idle(&mut self, now: Duration) -> Result<(), ExportError> {
        let _: Duration = now;
        Ok(())
    }

    /// Adds what the output has done to the report.
    fn report(&self, report: &mut ExportReport) {
        let _: &mut ExportReport = report;
    }
}
