//! A file of lines that never ends in half a run.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::config::FileMode;

/// An open file that is written at its end.
#[derive(Debug)]
pub(crate) struct LineFile {
    file: File,
    /// Device and inode, which tell it from another at the same path.
    identity: (u64, u64),
    /// Its length in octets after the last whole run; `None` when it has none, as a device.
    whole: Option<u64>,
    /// Octets written since.
    since: u64,
}

impl LineFile {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path, mode: FileMode) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let metadata = file.metadata()?;
        let is_regular = metadata.is_file();
        let identity = (metadata.dev(), metadata.ino());
        let mut opened = Self { file, identity, whole: is_regular.then_some(0), since: 0 };
        match mode {
            _ if !is_regular => {}
            FileMode::Anew => opened.file.set_len(0)?,
            FileMode::Append => opened.end_last_line(path, metadata.len())?,
        }
        Ok(opened)
    }

    /// A crash may have left half a line: what is appended must not continue it.
    fn end_last_line(&mut self, path: &Path, length: u64) -> io::Result<()> {
        self.whole = Some(length);
        if length == 0 {
            return Ok(());
        }
        let mut last = [0];
        let mut reader = File::open(path)?;
        reader.seek(SeekFrom::End(-1))?;
        reader.read_exact(&mut last)?;
        if last != *b"\n" {
            self.write(b"\n")?;
            self.end_run();
        }
        Ok(())
    }

    /// Writes a part of a run.
    pub(crate) fn write(&mut self, octets: &[u8]) -> io::Result<()> {
        // Noted first: a write that fails may have written some of it.
        self.since += octets.len() as u64;
        let written = self.file.write_all(octets);
        if written.is_err() {
            // Tried again before the next run where it fails.
            drop(self.cut_back());
        }
        written
    }

    /// The run is whole.
    pub(crate) fn end_run(&mut self) {
        self.whole = self.whole.map(|whole| whole + self.since);
        self.since = 0;
    }

    /// Removes what there is of a run that is not whole.
    pub(crate) fn cut_back(&mut self) -> io::Result<()> {
        if self.since > 0 {
            if let Some(whole) = self.whole {
                self.file.set_len(whole)?;
            }
            self.since = 0;
        }
        Ok(())
    }

    /// Whether it is what `path` names.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        let found = std::fs::metadata(path);
        found.is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == self.identity)
    }
}
