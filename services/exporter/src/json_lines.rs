//! JSON lines to a file or standard output.

use std::fs::File;
use std::io::{self, Write};
use std::sync::Arc;

use weir_delivery::EnrichedRun;
use weir_ipfix::LayoutPair;
use weir_report::{JsonWriter, ReportField};

use crate::config::FileTarget;
use crate::error::ExportError;
use crate::output::Output;

/// When this many octets are waiting they are written, so that memory stays bounded whatever
/// the size of a run.
const BUFFER: usize = 256 * 1024;

/// Opens a target for writing.
pub(crate) fn open(target: &FileTarget) -> Result<Box<dyn Write + Send>, ExportError> {
    match target {
        FileTarget::StandardOutput => Ok(Box::new(io::stdout())),
        FileTarget::File(path) => match File::create(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(source) => Err(ExportError::Open { target: target.to_string(), source }),
        },
    }
}

/// Report 20201 as JSON lines.
pub(crate) struct JsonLines {
    target: FileTarget,
    file: Box<dyn Write + Send>,
    layouts: Arc<LayoutPair>,
    writer: JsonWriter,
    buffer: Vec<u8>,
}

impl JsonLines {
    pub(crate) fn open(
        target: &FileTarget,
        fields: &[ReportField],
        layouts: Arc<LayoutPair>,
    ) -> Result<Self, ExportError> {
        let (file, writer) = (open(target)?, JsonWriter::new(&layouts, fields));
        Ok(Self { target: target.clone(), file, layouts, writer, buffer: Vec::new() })
    }

    fn flush(&mut self) -> Result<(), ExportError> {
        let written = self.file.write_all(&self.buffer).and_then(|()| self.file.flush());
        self.buffer.clear();
        written.map_err(|source| ExportError::Write { target: self.target.to_string(), source })
    }
}

impl Output for JsonLines {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        let layouts = Arc::clone(&self.layouts);
        for group in &run.groups {
            let Some(layout) = layouts.by_revision(group.revision) else { continue };
            let Ok(records) = group.records(layout) else { continue };
            for record in records {
                self.writer.write(&record, &mut self.buffer);
                if self.buffer.len() >= BUFFER {
                    self.flush()?;
                }
            }
        }
        self.flush()
    }
}
