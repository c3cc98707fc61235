//! A folder of its own for each test.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// A temporary folder, removed at the end.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// A new empty folder.
    ///
    /// # Panics
    /// When the system gives none.
    #[allow(clippy::new_without_default, reason = "making a folder is no default value")]
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder can be made") }
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The path of an entry, which need not exist.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and gives its path.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        let folder = path.parent().expect("an entry has a folder");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(&path, content).expect("a file can be written");
        path
    }

    /// The text of a file.
    ///
    /// # Panics
    /// When it cannot be read.
    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// The text of a file that a process may be writing still: its finished lines, so that half a
/// line is none. Empty while there is no file.
///
/// # Panics
/// When what is there cannot be read or is not UTF-8.
pub fn finished_lines(path: &Path) -> String {
    let mut octets = match fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        read => read.expect("a file can be read"),
    };
    octets.truncate(octets.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at + 1));
    String::from_utf8(octets).expect("the lines are UTF-8")
}

/// The gzip form of `content`.
///
/// # Panics
/// Never: memory takes all.
pub fn gzip(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content.as_ref()).expect("a Vec takes all");
    encoder.finish().expect("a Vec takes all")
}
