//! A file or standard output that is written in large pieces.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::config::{FileMode, FileTarget};
use crate::error::ExportError;
use crate::line_file::LineFile;
use crate::meter::{Meter, Sent};
use crate::outputs::Opening;

/// When this many octets are waiting they are written, so that memory stays bounded whatever
/// the size of a run.
const ENOUGH: usize = 256 * 1024;

/// How often it is looked whether a file is still at its place.
const LOOK: Duration = Duration::from_secs(1);

/// Collects lines and writes many with one call.
pub(crate) struct FileWriter {
    target: FileTarget,
    mode: FileMode,
    sink: Sink,
    clock: Clock,
    meter: Arc<Meter>,
    looked_at: Duration,
    waiting: Vec<u8>,
    lines: u64,
}

enum Sink {
    StandardOutput(io::Stdout),
    File(LineFile),
}

impl FileWriter {
    /// Opens the target.
    pub(crate) fn open(
        target: &FileTarget,
        opening: &Opening<'_>,
        meter: &Arc<Meter>,
    ) -> Result<Self, ExportError> {
        let mode = opening.config.file_mode;
        let sink = match target {
            FileTarget::StandardOutput => Sink::StandardOutput(io::stdout()),
            FileTarget::File(path) => match LineFile::open(path, mode) {
                Ok(file) => Sink::File(file),
                Err(source) => {
                    return Err(ExportError::Open { target: target.to_string(), source });
                }
            },
        };
        let (clock, meter) = (opening.clock.clone(), Arc::clone(meter));
        let looked_at = clock.elapsed();
        let target = target.clone();
        Ok(Self { target, mode, sink, clock, meter, looked_at, waiting: Vec::new(), lines: 0 })
    }

    /// Lets `write` append one line, and writes the lines when there are enough.
    pub(crate) fn line(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        write(&mut self.waiting).map_err(|source| self.error(source))?;
        self.lines += 1;
        if self.waiting.len() < ENOUGH { Ok(()) } else { self.write_waiting() }
    }

    /// Hands all lines of a run to the system.
    pub(crate) fn end_run(&mut self) -> Result<(), ExportError> {
        self.write_waiting()?;
        if let Sink::File(file) = &mut self.sink {
            file.end_run();
        }
        Ok(())
    }

    /// Removes what was written of a run that failed, and opens the file anew where another or
    /// none is at its place.
    pub(crate) fn start_run(&mut self) -> Result<(), ExportError> {
        self.waiting.clear();
        self.lines = 0;
        if let Sink::File(file) = &mut self.sink {
            let cut = file.cut_back();
            cut.map_err(|source| self.error(source))?;
        }
        self.look()
    }

    /// Opens the file anew where another or none is at its place.
    pub(crate) fn look(&mut self) -> Result<(), ExportError> {
        let now = self.clock.elapsed();
        let (Sink::File(file), FileTarget::File(path)) = (&mut self.sink, &self.target) else {
            return Ok(());
        };
        if self.mode == FileMode::Anew || now.saturating_sub(self.looked_at) < LOOK {
            return Ok(());
        }
        if !file.is_at(path) {
            *file = LineFile::open(path, self.mode)
                .map_err(|source| ExportError::Open { target: self.target.to_string(), source })?;
            self.meter.reconnected();
        }
        self.looked_at = now;
        Ok(())
    }

    fn write_waiting(&mut self) -> Result<(), ExportError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let written = match &mut self.sink {
            Sink::StandardOutput(out) => out.write_all(&self.waiting).and_then(|()| out.flush()),
            Sink::File(file) => file.write(&self.waiting),
        };
        let mut sent = Sent::default();
        sent.add(self.lines, self.waiting.len(), self.lines);
        self.waiting.clear();
        self.lines = 0;
        written.map_err(|source| self.error(source))?;
        self.meter.sent(self.clock.elapsed(), sent);
        Ok(())
    }

    fn error(&self, source: io::Error) -> ExportError {
        ExportError::Write { target: self.target.to_string(), source }
    }
}
