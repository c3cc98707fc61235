//! Rejected lines to a file, so that nothing vanishes without a trace.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::checked::CheckedRun;
use crate::config::FileTarget;
use crate::error::ExportError;
use crate::file_writer::FileWriter;
use crate::meter::Meter;
use crate::output::Output;
use crate::outputs::Opening;

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
    pub(crate) fn open(
        target: &FileTarget,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        Ok(Self { file: FileWriter::open(target, opening, meter)? })
    }
}

impl Output for Rejects {
    fn write(&mut self, run: &CheckedRun) -> Result<(), ExportError> {
        self.file.start_run()?;
        for rejected in run.rejected() {
            let text = String::from_utf8_lossy(&rejected.text);
            let reject = Reject {
                source: &run.origin().source,
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
        self.file.end_run()
    }

    fn idle(&mut self, _now: Duration) -> Result<bool, ExportError> {
        self.file.look().map(|()| false)
    }

    fn records_of(&self, run: &CheckedRun) -> usize {
        run.rejected().len()
    }
}
