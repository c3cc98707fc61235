//! An inventory in a file.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use weir_inventory::Inventory;

use super::failure::Failure;
use super::{LOOK, Reader};

/// What tells one content of a file from another.
type FileVersion = (u64, SystemTime, u64);

impl Reader {
    pub(super) async fn follow_file(&self, path: PathBuf) {
        let mut seen: Option<FileVersion> = None;
        let mut ticks = tokio::time::interval(LOOK);
        loop {
            ticks.tick().await;
            let version = match version_of(&path).await {
                Ok(version) => version,
                Err(error) => {
                    if seen.take().is_some() || self.publisher.borrow().is_none() {
                        self.report(Failure::File, &error.into());
                        seen = Some((0, SystemTime::UNIX_EPOCH, 0));
                    }
                    continue;
                }
            };
            if seen != Some(version) {
                seen = Some(version);
                let content = tokio::fs::read(&path).await.map_err(anyhow::Error::from);
                self.load_file(content).await;
            }
        }
    }

    async fn load_file(&self, content: anyhow::Result<Vec<u8>>) {
        match self.index(move || Ok(Inventory::from_json(&content?)?)).await {
            Ok(indexed) => {
                tracing::info!(source = %self.name, counts = ?indexed.0.counts(), "inventory read");
                self.publish(indexed, Duration::ZERO, None, None);
            }
            Err(error) => self.report(Failure::File, &error),
        }
    }
}

async fn version_of(path: &PathBuf) -> std::io::Result<FileVersion> {
    let metadata = tokio::fs::metadata(path).await?;
    let inode = std::os::unix::fs::MetadataExt::ino(&metadata);
    Ok((metadata.len(), metadata.modified()?, inode))
}
