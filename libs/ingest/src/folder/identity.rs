//! Tells files from one another, and one file's content from another's.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// Octets at a file's start that its fingerprint is made of, at most.
const FINGERPRINT: usize = 1024;

/// Octets at a file's start that are looked at: a header line has at most 16 KiB.
const HEAD: usize = 64 * 1024;

/// A file as long as it exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileKey {
    pub(super) device: u64,
    pub(super) inode: u64,
}

/// What changes when a file changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) size: u64,
    /// Nanoseconds since 1970, up to the year 2262.
    modified: i64,
    /// The same of its inode, so that new permissions are a change.
    changed: i64,
}

impl Stat {
    pub(super) fn of(metadata: &Metadata) -> Self {
        let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000) + nanos;
        Self {
            size: metadata.len(),
            modified: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanos(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// When the file was last written to, in nanoseconds since 1970.
    pub(super) fn modified(&self) -> u64 {
        u64::try_from(self.modified).unwrap_or(0)
    }
}

impl FileKey {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// A hash of a file's first octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    /// How many octets.
    length: u32,
    hash: u64,
}

impl Fingerprint {
    /// Of the file that starts so.
    pub(super) fn of(head: &[u8]) -> Self {
        let start = head.get(..FINGERPRINT).unwrap_or(head);
        Self { length: u32::try_from(start.len()).unwrap_or(0), hash: xxh3_64(start) }
    }

    /// Whether a file that starts so may be the one that it was made of, or that one grown.
    pub(super) fn matches(self, head: &[u8]) -> bool {
        let start = head.get(..self.length as usize);
        start.is_some_and(|start| Self::of(start) == self)
    }
}

/// The file's first octets.
pub(super) fn read_head(file: &File, size: u64) -> io::Result<Vec<u8>> {
    let length = usize::try_from(size).map_or(HEAD, |size| size.min(HEAD));
    let mut head = vec![0; length];
    let read = read_at(file, &mut head, 0)?;
    head.truncate(read);
    Ok(head)
}

/// Fills `buffer` from `offset` on, unless the file ends before.
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(length) => filled += length,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether a file that starts so is no text that may be followed while it grows: gzip, zstd,
/// Parquet, JSON documents. What it really is, `weir_objects` tells.
pub(super) fn is_packed(head: &[u8]) -> bool {
    const STARTS: [&[u8]; 3] = [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1"];
    let is_json = head.trim_ascii_start().starts_with(b"{");
    is_json || STARTS.iter().any(|start| head.starts_with(start))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_fingerprint_knows_its_file_however_it_grows(
            text in prop::collection::vec(any::<u8>(), 1..3000),
            length in 1_usize..3000,
        ) {
            let start = &text[..length.min(text.len())];
            prop_assert!(Fingerprint::of(start).matches(&text));
        }

        #[test]
        fn a_fingerprint_knows_no_other_file(
            text in prop::collection::vec(any::<u8>(), 1..1024),
            at in any::<prop::sample::Index>(),
        ) {
            let mut other = text.clone();
            other[at.index(text.len())] ^= 1;
            prop_assert!(!Fingerprint::of(&text).matches(&other));
            prop_assert!(!Fingerprint::of(&text).matches(&text[..text.len() - 1]));
        }
    }
}
