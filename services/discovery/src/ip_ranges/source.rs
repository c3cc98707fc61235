//! Where ranges come from, and when they are new.

use std::path::{Path, PathBuf};

use tokio::io::AsyncReadExt;
use weir_inventory::IpRanges;
use weir_inventory::region::MAX_IP_RANGES_LENGTH;

use super::IpRangesError;
use super::fetch::{Fetched, Fetcher};

/// A URL or a file, and what was found there last.
#[derive(Debug)]
pub struct IpRangesSource {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Url(Box<Fetcher>),
    File(PathBuf),
}

impl IpRangesSource {
    /// Ranges from an https URL, through the proxy that the environment names, if it does.
    ///
    /// # Errors
    ///
    /// When it is no https URL, nor an http URL of loopback.
    pub fn url(url: &str) -> Result<Self, IpRangesError> {
        Ok(Self { place: Place::Url(Box::new(Fetcher::new(url)?)) })
    }

    /// Ranges from a file that something else keeps up to date.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { place: Place::File(path.into()) }
    }

    /// Looks for ranges that are newer than those of `sync_token` (empty: any are). `None` when
    /// these are the newest.
    ///
    /// # Errors
    ///
    /// When they cannot be had within half a minute, are too long, or are not AWS's ranges.
    pub async fn refresh(&mut self, sync_token: &str) -> Result<Option<IpRanges>, IpRangesError> {
        let (bytes, name) = match &mut self.place {
            Place::File(path) => (read(path).await?, path.display().to_string()),
            Place::Url(fetcher) => match fetcher.fetch(sync_token).await? {
                Fetched::Same => return Ok(None),
                Fetched::Bytes(bytes) => (bytes, fetcher.url().to_owned()),
            },
        };
        let ranges: IpRanges = serde_json::from_slice(&bytes)
            .map_err(|source| IpRangesError::Content { place: name.clone(), source })?;
        if ranges.sync_token.is_empty() || ranges.prefixes.is_empty() {
            return Err(IpRangesError::Empty { place: name });
        }
        if let Place::Url(fetcher) = &mut self.place {
            fetcher.accept(&ranges.sync_token);
        }
        Ok(is_newer(&ranges.sync_token, sync_token).then_some(ranges))
    }
}

/// Tokens are Unix times; a server behind the others must not bring older ranges back.
fn is_newer(found: &str, held: &str) -> bool {
    match (found.parse::<u64>(), held.parse::<u64>()) {
        (Ok(found), Ok(held)) => found > held,
        _ => found != held,
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, IpRangesError> {
    let failed = |source| IpRangesError::File { path: path.to_owned(), source };
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut bytes = Vec::new();
    let mut bounded = file.take(MAX_IP_RANGES_LENGTH as u64 + 1);
    bounded.read_to_end(&mut bytes).await.map_err(failed)?;
    if bytes.len() > MAX_IP_RANGES_LENGTH {
        let place = path.display().to_string();
        return Err(IpRangesError::TooLong { place, limit: MAX_IP_RANGES_LENGTH });
    }
    Ok(bytes)
}
