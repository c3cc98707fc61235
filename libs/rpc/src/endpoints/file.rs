//! A file of targets.

use std::io;
use std::path::Path;

use tokio::io::AsyncReadExt as _;

use super::MAX_ENDPOINTS;
use super::target::{InvalidTarget, Target};

/// The most octets of a file.
const MAX_FILE: u64 = 256 * 1024;

/// Why a file of targets says nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("cannot read {path}")]
    Unreadable { path: String, source: io::Error },
    #[error("line {line} of {path} is refused")]
    Line { path: String, line: usize, source: InvalidTarget },
    #[error("{path} names more than {MAX_ENDPOINTS} servers")]
    TooMany { path: String },
}

/// The targets in the file at `path`. One bad line refuses all: a half-written file removes
/// nobody.
pub(super) async fn read(path: &Path, is_tls: bool) -> Result<Vec<Target>, FileError> {
    let name = || path.display().to_string();
    let text = read_text(path).await;
    let text = text.map_err(|source| FileError::Unreadable { path: name(), source })?;
    let mut targets = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if !line.is_empty() {
            let parsed = line.parse::<Target>();
            let parsed = parsed.and_then(|target| target.check(is_tls).map(|()| target));
            let refused = |source| FileError::Line { path: name(), line: at + 1, source };
            targets.push(parsed.map_err(refused)?);
        }
    }
    if targets.len() > MAX_ENDPOINTS {
        return Err(FileError::TooMany { path: name() });
    }
    Ok(targets)
}

async fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = tokio::fs::File::open(path).await?;
    file.take(MAX_FILE + 1).read_to_string(&mut text).await?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is larger than 256 KiB"));
    }
    Ok(text)
}
