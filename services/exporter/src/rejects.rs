//! Rejected lines to a file, so that nothing vanishes without a trace.

use std::io::Write;

use serde::Serialize;
use weir_delivery::EnrichedRun;

use crate::config::FileTarget;
use crate::error::ExportError;
use crate::json_lines::open;
use crate::output::Output;

/// Each rejected line as a JSON object: source, line, reason, text.
pub(crate) struct Rejects {
    target: FileTarget,
    file: Box<dyn Write + Send>,
    buffer: Vec<u8>,
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
        Ok(Self { target: target.clone(), file: open(target)?, buffer: Vec::new() })
    }

    fn error(&self, source: std::io::Error) -> ExportError {
        ExportError::Write { target: self.target.to_string(), source }
    }
}

impl Output for Rejects {
    fn write(&mut self, run: &EnrichedRun) -> Result<(), ExportError> {
        self.buffer.clear();
        for rejected in &run.rejected {
            let text = String::from_utf8_lossy(&rejected.text);
            let reject = Reject {
                source: &run.origin.source,
                line: rejected.line,
                reason: rejected.reason.name(),
                text: &text,
            };
            serde_json::to_writer(&mut self.buffer, &reject)
                .map_err(|error| self.error(error.into()))?;
            self.buffer.push(b'\n');
        }
        let written = self.file.write_all(&self.buffer).and_then(|()| self.file.flush());
        written.map_err(|error| self.error(error))
    }
}
