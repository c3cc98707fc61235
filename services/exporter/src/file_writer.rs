//! A file or standard output that is written in large pieces.

use std::fs::File;
use std::io::{self, Write};

use crate::config::FileTarget;
use crate::error::ExportError;

/// When this many octets are waiting they are written, so that memory stays bounded whatever
/// the size of a run.
const ENOUGH: usize = 256 * 1024;

/// Collects lines and writes many with one call.
pub(crate) struct FileWriter {
    target: FileTarget,
    file: Box<dyn Write + Send>,
    waiting: Vec<u8>,
}

impl FileWriter {
    /// Opens the target; a file that exists is emptied.
    pub(crate) fn open(target: &FileTarget) -> Result<Self, ExportError> {
        let file: Box<dyn Write + Send> = match target {
            FileTarget::StandardOutput => Box::new(io::stdout()),
            FileTarget::File(path) => match File::create(path) {
                Ok(file) => Box::new(file),
                Err(source) => {
                    return Err(ExportError::Open { target: target.to_string(), source });
                }
            },
        };
        Ok(Self { target: target.clone(), file, waiting: Vec::new() })
    }

    /// Lets `write` append one line, and writes the lines when there are enough.
    pub(crate) fn line(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        write(&mut self.waiting).map_err(|source| self.error(source))?;
        if self.waiting.len() < ENOUGH { Ok(()) } else { self.flush() }
    }

    /// Hands all lines to the system.
    pub(crate) fn flush(&mut self) -> Result<(), ExportError> {
        let written = self.file.write_all(&self.waiting).and_then(|()| self.file.flush());
        self.waiting.clear();
        written.map_err(|source| self.error(source))
    }

    fn error(&self, source: io::Error) -> ExportError {
        ExportError::Write { target: self.target.to_string(), source }
    }
}
