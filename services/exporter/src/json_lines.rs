//! JSON lines to a file or standard output.

use std::sync::Arc;
use std::time::Duration;

use weir_report::JsonWriter;

use crate::checked::CheckedRun;
use crate::config::{FileTarget, OutputConfig};
use crate::error::ExportError;
use crate::file_writer::FileWriter;
use crate::meter::Meter;
use crate::output::Output;
use crate::outputs::Opening;

/// A report as JSON lines.
pub(crate) struct JsonLines {
    file: FileWriter,
    writer: JsonWriter,
}

impl JsonLines {
    pub(crate) fn open(
        target: &FileTarget,
        config: &OutputConfig,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        let file = FileWriter::open(target, opening, meter)?;
        Ok(Self { file, writer: JsonWriter::new(opening.layouts, config.report(), &config.fields) })
    }
}

impl Output for JsonLines {
    fn write(&mut self, run: &CheckedRun) -> Result<(), ExportError> {
        self.file.start_run()?;
        for record in run.records() {
            self.file.line(|line| {
                self.writer.write(&record, line);
                Ok(())
            })?;
        }
        self.file.end_run()
    }

    fn idle(&mut self, _now: Duration) -> Result<bool, ExportError> {
        self.file.look().map(|()| false)
    }
}
