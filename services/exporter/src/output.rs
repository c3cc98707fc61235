//! The seam between the exporter and its outputs.

use std::time::Duration;

use crate::checked::CheckedRun;
use crate::error::ExportError;

/// One place that every run is written to. The exporter commits a run when all outputs took it.
pub(crate) trait Output: Send {
    /// Makes the output ready for a run, which connects where that is needed. With `waits` it
    /// returns when the output is ready or cannot be; without, false means that this goes on
    /// behind the scenes.
    fn ready(&mut self, waits: bool) -> Result<bool, ExportError> {
        let _: bool = waits;
        Ok(true)
    }

    /// Writes the whole run, waiting as long as the output asks for. On return the output has
    /// handed everything to the system and holds nothing back. After an error the same run comes
    /// again, unless [`Self::abandon`] is called.
    fn write(&mut self, run: &CheckedRun) -> Result<(), ExportError>;

    /// The run that failed does not come again.
    fn abandon(&mut self) {}

    /// Called between runs, at least once a second unless a run takes longer. `now` is
    /// monotonic. Tells whether something was written.
    fn idle(&mut self, now: Duration) -> Result<bool, ExportError> {
        let _: Duration = now;
        Ok(false)
    }

    /// How many records of a run the output writes.
    fn records_of(&self, run: &CheckedRun) -> usize {
        run.len()
    }
}
