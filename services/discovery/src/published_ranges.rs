//! AWS's published ranges for sweeps: from where they are, or the few that weir brings along.

use async_trait::async_trait;
use tokio::sync::Mutex;
use weir_inventory::IpRanges;

use crate::ip_ranges::{IpRangesSource, bundled};
use crate::reader::{Fault, FaultKind, RangesReader};

/// Reads the ranges from a URL or a file. As long as none were ever read, the bundled ones stand
/// in for them.
#[derive(Debug)]
pub struct PublishedRanges(Option<Mutex<IpRangesSource>>);

impl PublishedRanges {
    /// The ranges that are there; without a source, the bundled ones alone.
    pub fn new(source: Option<IpRangesSource>) -> Self {
        Self(source.map(Mutex::new))
    }
}

#[async_trait]
impl RangesReader for PublishedRanges {
    async fn read(&self, known: Option<&str>) -> Result<Option<IpRanges>, Fault> {
        let stand_in = || known.is_none().then(bundled);
        let Some(source) = &self.0 else { return Ok(stand_in()) };
        match source.lock().await.refresh(known.unwrap_or_default()).await {
            Ok(found) => Ok(found),
            Err(error) => {
                let cause = format!("{:#}", anyhow::Error::new(error));
                if known.is_some() {
                    return Err(Fault::new(FaultKind::Transient, cause));
                }
                tracing::warn!(cause, "a few bundled address ranges are used");
                Ok(stand_in())
            }
        }
    }
}
