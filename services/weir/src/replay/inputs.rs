//! The objects of a replay: files, folders and glob patterns, one after another.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::remote::Remote;

/// One object to read.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    /// A file.
    File(PathBuf),
    /// An object in S3.
    #[cfg(feature = "aws")]
    Remote(super::remote::RemoteObject),
    /// Text that is part of the program.
    Bundled {
        /// What a person calls it.
        name: &'static str,
        /// Its content.
        content: &'static [u8],
    },
}

/// What an object is read from: Parquet out of order, all else from front to back.
pub(super) trait Source: Read + Seek {}

impl<S: Read + Seek> Source for S {}

/// An object that is open.
pub(super) struct OpenObject {
    pub(super) source: Box<dyn Source>,
    /// What tells this content from another under the same name.
    pub(super) version: Vec<u8>,
}

impl Object {
    /// What a person calls it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            #[cfg(feature = "aws")]
            Self::Remote(object) => object.name(),
            Self::Bundled { name, .. } => (*name).to_owned(),
        }
    }

    pub(super) fn open(&self) -> anyhow::Result<OpenObject> {
        match self {
            Self::File(path) => Ok(open_file(path)?),
            #[cfg(feature = "aws")]
            Self::Remote(object) => object.open(),
            Self::Bundled { content, .. } => {
                Ok(OpenObject { source: Box::new(Cursor::new(*content)), version: Vec::new() })
            }
        }
    }
}

fn open_file(path: &Path) -> io::Result<OpenObject> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let version = format!("{}-{}", metadata.len(), modified.unwrap_or_default().as_nanos());
    Ok(OpenObject { source: Box::new(file), version: version.into_bytes() })
}

/// Whether a path is no path and names objects in S3.
pub(crate) fn is_remote(path: &Path) -> bool {
    path.to_str().is_some_and(|path| path.starts_with("s3://"))
}

/// A path, with the reason why it yields no object.
#[derive(Debug)]
pub(super) struct UnreadablePath {
    pub(super) path: String,
    pub(super) cause: anyhow::Error,
}

/// Shows every object under `paths` to `visit`, in order: folders are walked with their entries
/// sorted by name, hidden ones left out. Only one folder's names at a time are in memory.
/// Stops when `visit` returns false.
pub(super) fn walk(
    paths: &[PathBuf],
    remote: &Remote,
    visit: &mut dyn FnMut(Result<Object, UnreadablePath>) -> bool,
) {
    for path in paths {
        let mut is_empty = true;
        let mut noting = |object: Result<Object, UnreadablePath>| {
            is_empty = false;
            visit(object)
        };
        let goes_on = if is_remote(path) {
            remote.walk(path, &mut noting)
        } else if path.exists() || !is_pattern(path) {
            walk_path(path, &mut noting)
        } else {
            walk_pattern(path, &mut noting)
        };
        if !goes_on || is_empty && !visit(Err(nothing_in(path))) {
            return;
        }
    }
}

fn nothing_in(path: &Path) -> UnreadablePath {
    let cause = if is_remote(path) {
        anyhow::anyhow!("there are no flow log objects of this time")
    } else {
        anyhow::anyhow!("there are no files in the folder")
    };
    UnreadablePath { path: path.display().to_string(), cause }
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn walk_pattern(
    pattern: &Path,
    visit: &mut dyn FnMut(Result<Object, UnreadablePath>) -> bool,
) -> bool {
    let unreadable = |cause| UnreadablePath { path: pattern.display().to_string(), cause };
    let matches = match glob::glob(&pattern.to_string_lossy()) {
        Ok(matches) => matches,
        Err(error) => return visit(Err(unreadable(error.into()))),
    };
    let mut found = false;
    for path in matches {
        found = true;
        let goes_on = match path {
            Ok(path) if path.is_dir() => walk_folder(&path, visit),
            Ok(path) => walk_entry(&path, visit),
            Err(error) => visit(Err(UnreadablePath {
                path: error.path().display().to_string(),
                cause: anyhow::Error::new(error),
            })),
        };
        if !goes_on {
            return false;
        }
    }
    found || visit(Err(unreadable(anyhow::anyhow!("the pattern matches nothing"))))
}

fn walk_path(path: &Path, visit: &mut dyn FnMut(Result<Object, UnreadablePath>) -> bool) -> bool {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => walk_folder(path, visit),
        Ok(_) => visit(Ok(Object::File(path.to_owned()))),
        Err(error) => visit(Err(unreadable(path, error))),
    }
}

fn walk_folder(
    folder: &Path,
    visit: &mut dyn FnMut(Result<Object, UnreadablePath>) -> bool,
) -> bool {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
    let mut names = match entries {
        Ok(names) => names,
        Err(error) => return visit(Err(unreadable(folder, error))),
    };
    names.sort_unstable();
    names.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
    names.iter().all(|name| walk_entry(&folder.join(name), visit))
}

/// What a folder or a pattern holds. Links to folders are left out: they could lead back to where
/// they stand. Pipes and devices are reported: nobody asked for them by name, and reading one may
/// never end.
fn walk_entry(path: &Path, visit: &mut dyn FnMut(Result<Object, UnreadablePath>) -> bool) -> bool {
    let is_link = path.is_symlink();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => is_link || walk_folder(path, visit),
        Ok(metadata) if metadata.is_file() => visit(Ok(Object::File(path.to_owned()))),
        Ok(_) => visit(Err(unreadable(path, io::Error::other("not a regular file")))),
        Err(error) => visit(Err(unreadable(path, error))),
    }
}

fn unreadable(path: &Path, error: io::Error) -> UnreadablePath {
    UnreadablePath { path: path.display().to_string(), cause: error.into() }
}
