//! JSON lines to a file or standard output.

use std::sync::Arc;

use weir_delivery::EnrichedRun;
use weir_ipfix::LayoutPair;
use weir_report::{JsonWriter, ReportField};

use crate::config::FileTarget;
use crate::error::ExportError;
use crate::file_writer::FileWriter;
use crate::output::{Output, records};

/// Report 20201 as JSON lines.
pub(crate) struct JsonLines {
    file: FileWriter,
    layouts: Arc<LayoutPair>,
    writer: JsonWriter,
}

impl JsonLines {
    pub(crate) fn open(
        target: &FileTarget,
        fields: &[ReportField],
        layouts: Arc<LayoutPair>,
    ) -> Result<Self, ExportError> {
        let (file, writer) = (FileWriter::open(target)?, JsonWriter::new(&layouts, fields));
        Ok(Self { file, layouts, writer })
    }
}

impl Output for JsonLines {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        for record in records(run, &self.layouts) {
            self.file.line(|line| {
                self.writer.write(&record, line);
                Ok(())
            })?;
        }
        self.file.flush()
    }
}
