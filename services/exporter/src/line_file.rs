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
        // A file that may not be read is taken as it is.
        if last_octet(path).is_ok_and(|last| last != b'\n') {
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
        // Asked for rather than added up: another may have emptied the file.
        self.whole = self.whole.map(|_| self.length());
        self.since = 0;
    }

    fn length(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Removes what there is of a run that is not whole.
    pub(crate) fn cut_back(&mut self) -> io::Result<()> {
        if self.since > 0 {
            // One that was emptied meanwhile must not be made longer.
            if let Some(whole) = self.whole.filter(|whole| self.length() > *whole) {
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

fn last_octet(path: &Path) -> io::Result<u8> {
    let mut last = [0];
    let mut reader = File::open(path)?;
    reader.seek(SeekFrom::End(-1))?;
    reader.read_exact(&mut last)?;
    Ok(last[0])
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_run_that_did_not_end_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flows.jsonl");
        for (mode, before) in [(FileMode::Anew, ""), (FileMode::Append, "old\n")] {
            fs::write(&path, "old\n").unwrap();
            let mut file = LineFile::open(&path, mode).unwrap();
            file.write(b"one\n").unwrap();
            file.write(b"two\n").unwrap();
            file.end_run();
            file.write(b"three\n").unwrap();
            file.write(b"fo").unwrap();
            file.cut_back().unwrap();
            file.write(b"five\n").unwrap();
            file.end_run();
            file.cut_back().unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{before}one\ntwo\nfive\n"));
        }
    }

    #[test]
    fn a_file_that_is_emptied_by_another_is_not_filled_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flows.jsonl");
        let mut file = LineFile::open(&path, FileMode::Append).unwrap();
        file.write(b"one\n").unwrap();
        file.end_run();
        fs::write(&path, "").unwrap();
        file.write(b"tw").unwrap();
        file.cut_back().unwrap();
        file.end_run();
        assert!(!fs::read_to_string(&path).unwrap().contains('\0'));
    }

    #[test]
    fn half_a_line_of_an_earlier_process_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flows.jsonl");
        fs::write(&path, "old\nhal").unwrap();
        let mut file = LineFile::open(&path, FileMode::Append).unwrap();
        file.write(b"new").unwrap();
        file.cut_back().unwrap();
        file.write(b"new\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "old\nhal\nnew\n");
    }

    #[test]
    fn a_file_that_was_moved_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("flows"), folder.path().join("flows.1"));
        let file = LineFile::open(&path, FileMode::Append).unwrap();
        assert!(file.is_at(&path));
        fs::rename(&path, &moved).unwrap();
        assert!(!file.is_at(&path) && file.is_at(&moved));
        fs::write(&path, "").unwrap();
        assert!(!file.is_at(&path));
    }
}
