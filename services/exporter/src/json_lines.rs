//! JSON lines to a file or standard output.

use std::sync::Arc;
use std::time::Duration;

use weir_ipfix::LayoutPair;
use weir_report::{JsonWriter, ReportField};

use crate::checked::CheckedRun;
use crate::config::{FileTarget, OutputConfig};
use crate::error::ExportError;
use crate::file_writer::FileWriter;
use crate::live::Live;
use crate::meter::Meter;
use crate::output::Output;
use crate::outputs::Opening;
use crate::planned::Planned;

/// A report as JSON lines.
pub(crate) struct JsonLines {
    file: FileWriter,
    writer: Planned<JsonWriter>,
}

impl JsonLines {
    pub(crate) fn open(
        target: &FileTarget,
        config: &OutputConfig,
        fields: &Live<Vec<ReportField>>,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        let file = FileWriter::open(target, opening, meter)?;
        let report = config.report();
        let make = move |layouts: &LayoutPair, fields: &[ReportField]| {
            JsonWriter::new(layouts, report, fields)
        };
        let writer = Planned::new(opening.layouts, fields, make);
        Ok(Self { file, writer })
    }
}

impl Output for JsonLines {
    fn write(&mut self, run: &CheckedRun) -> Result<(), ExportError> {
        self.file.start_run()?;
        let writer = self.writer.under(run.layouts());
        for record in run.records() {
            self.file.line(|line| {
                writer.write(&record, line);
                Ok(())
            })?;
        }
        self.file.end_run()
    }

    fn idle(&mut self, _now: Duration) -> Result<bool, ExportError> {
        self.file.look().map(|()| false)
    }
}
