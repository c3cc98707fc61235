//! Rejected lines to a file, so that nothing vanishes without a trace.

use serde::Serialize;
use weir_delivery::EnrichedRun;

use crate::config::FileTarget;
use crate::error::ExportError;
use crate::file_writer::FileWriter;
use crate::output::Output;

/// Each rejected line as a JSON object: source, line, reason, text.
pub(crate) struct Rejects {
    file: FileWriter,
}

#[derive(Serialize)]
struct Reject<'a> {
    source: &'a str,
    line: u64,
    reason: &'static str,
    text: &'a str,
}

impl Rejects {
    pub(crate) fn open(target: &FileTarget) -> Result<Self, ExportError> {
        Ok(Self { file: FileWriter::open(target)? })
    }
}

impl Output for Rejects {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        for rejected in &run.rejected {
            let text = String::from_utf8_lossy(&rejected.text);
            let reject = Reject {
                source: &run.origin.source,
                line: rejected.line,
                reason: rejected.reason.name(),
                text: &text,
            };
            self.file.line(|line| {
                serde_json::to_writer(&mut *line, &reject)?;
                line.push(b'\n');
                Ok(())
            })?;
        }
        self.file.flush()
    }
}
