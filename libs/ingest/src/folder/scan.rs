//! Walks the folder's tree.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::config::FolderMode;
use super::message::Message;
use super::reader::{Reader, Stopped};
use crate::error::{Fault, SourceError};

/// Looks in a row that must not see a file for it to be gone: one that is renamed while its folder
/// is being looked at may be seen under neither name.
const MISSED: u64 = 2;

/// The most places that are remembered as reported.
const MAX_REPORTED: usize = 1000;

impl Reader {
    /// Looks at every file once, sorted by name, and forgets those that are not there any more.
    pub(super) fn look_around(&mut self) -> Result<(), Stopped> {
        self.look += 1;
        let root = self.config.root.clone();
        if let Err(error) = self.check_root(&root) {
            // Told once as long as it lasts.
            let is_new = !std::mem::replace(&mut self.is_troubled, true);
            return if is_new { self.send(Message::Trouble(error)) } else { Ok(()) };
        }
        self.is_troubled = false;
        let is_complete = self.walk(&root)?;
        if is_complete { self.forget_vanished() } else { Ok(()) }
    }

    /// A folder whose file system is not mounted looks like one whose files are all gone.
    fn check_root(&mut self, root: &Path) -> Result<(), SourceError> {
        let metadata = fs::metadata(root).map_err(|error| io_error("the folder", error))?;
        let device = *self.device.get_or_insert(metadata.dev());
        if device != metadata.dev() {
            let what = "the folder is on another file system than before; is it mounted?";
            return Err(SourceError::transient(Fault::Changed, what));
        }
        Ok(())
    }

    /// Whether all of the folder was seen. Only one folder's names at a time are in memory.
    fn walk(&mut self, folder: &Path) -> Result<bool, Stopped> {
        let mut names = match names_of(folder) {
            Ok(names) => names,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
            Err(error) => return self.report(folder, error).map(|()| false),
        };
        self.reported.remove(folder);
        names.sort_unstable();
        let mut is_complete = true;
        for name in names {
            self.serve_rewinds()?;
            is_complete &= self.walk_entry(&folder.join(name))?;
        }
        Ok(is_complete)
    }

    fn walk_entry(&mut self, path: &Path) -> Result<bool, Stopped> {
        match metadata_of(path) {
            Ok((metadata, is_link)) if metadata.is_dir() => {
                // A link could lead back to where it stands.
                if is_link { Ok(true) } else { self.walk(path) }
            }
            Ok((metadata, _)) if metadata.is_file() => self.look_at(path, &metadata).map(|()| true),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => self.report(path, error).map(|()| false),
        }
    }

    /// Reports a place that cannot be looked at, once as long as that lasts.
    fn report(&mut self, path: &Path, error: io::Error) -> Result<(), Stopped> {
        let is_new = !self.reported.contains(path);
        if self.reported.len() < MAX_REPORTED {
            self.reported.insert(path.to_owned());
        }
        if !is_new {
            return Ok(());
        }
        let (name, error) = (path.display().to_string(), io_error("looking at it failed", error));
        self.send(Message::Unreadable { name, error })
    }

    fn forget_vanished(&mut self) -> Result<(), Stopped> {
        let since = self.look.saturating_sub(MISSED);
        let vanished: Vec<_> = self.files.extract_if(|_, known| known.seen <= since).collect();
        for (_, known) in vanished {
            self.vanished(known)?;
        }
        // Nothing at all where something was may be a folder that is not mounted as yet. With
        // `Once` the look is the only one.
        if self.look >= MISSED && !self.files.is_empty() && self.config.mode == FolderMode::Follow {
            for checkpoint in std::mem::take(&mut self.unclaimed).into_values().flatten() {
                self.send(Message::Orphan { checkpoint: Box::new(checkpoint) })?;
            }
        }
        Ok(())
    }
}

fn names_of(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !is_left_out(name.as_encoded_bytes()) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Names of files that are not meant to be read, or not as yet.
fn is_left_out(name: &[u8]) -> bool {
    name.starts_with(b".") || name.ends_with(b".tmp") || name.ends_with(b".part")
}

/// Of what a path leads to, and whether it is a link.
fn metadata_of(path: &Path) -> io::Result<(Metadata, bool)> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_symlink() { Ok((fs::metadata(path)?, true)) } else { Ok((metadata, false)) }
}

/// The error of the system, as one of the source.
pub(super) fn io_error(what: &str, error: io::Error) -> SourceError {
    let fault = match error.kind() {
        ErrorKind::NotFound => Fault::Gone,
        ErrorKind::PermissionDenied => Fault::Denied,
        _ => Fault::Read,
    };
    SourceError::transient(fault, what).because(error)
}
