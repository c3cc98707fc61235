//! Keeps the store as the inventory in memory is, while the store comes and goes.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::Instant;
use weir_inventory::region::InventoryIndex;
use weir_store::{Change, Condition};

use super::publisher::{PublishError, Publisher};
use super::storage::{FOLDER, content_keys, keys_of};

/// The longest wait after the store failed.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// How often the store is looked at without any sign of a change, at least.
const MAX_LOOK: Duration = Duration::from_secs(30);

impl Publisher {
    /// Reads the store's inventory, writes again what it did not take or has lost, and deletes
    /// contents that nobody reads any more, until the future is dropped.
    pub async fn keep_up(&self) {
        let mut backoff = self.config.backoff;
        loop {
            if self.work().await.is_ok() {
                backoff = self.config.backoff;
            }
            tokio::time::sleep(backoff).await;
            backoff = (backoff * 2).min(MAX_BACKOFF);
        }
    }

    /// Works until the store fails, or its watch ends.
    async fn work(&self) -> Result<(), PublishError> {
        self.catch_up().await?;
        let mut changes = self.store.watch(&FOLDER).await?;
        let look = (self.config.linger / 10).clamp(Duration::from_millis(10), MAX_LOOK);
        let mut ticks = tokio::time::interval(look);
        let mut is_listed = false;
        loop {
            tokio::select! {
                change = changes.next() => match change {
                    Some(Change::Key(key)) if key.as_str() != InventoryIndex::KEY => continue,
                    Some(_) => self.look().await?,
                    None => return Ok(()),
                },
                () = self.wake.notified() => {}
                _ = ticks.tick() => {
                    self.look().await?;
                    if !is_listed {
                        self.list_leftovers().await?;
                        is_listed = true;
                    }
                    self.delete_unnamed().await?;
                }
            }
            self.catch_up().await?;
        }
    }

    async fn catch_up(&self) -> Result<(), PublishError> {
        let status = self.status();
        if !status.is_loaded {
            self.load().await?;
        }
        if self.status().is_pending { self.write().await } else { Ok(()) }
    }

    /// Finds what a process that ended early has left behind.
    async fn list_leftovers(&self) -> Result<(), PublishError> {
        let there = content_keys(&*self.store).await?;
        let mut ledger = self.ledger.lock().await;
        let named = keys_of(&self.edition())?;
        let now = Instant::now();
        let leftovers = there.into_iter().filter(|key| !named.contains(key));
        ledger.unnamed = leftovers.map(|key| (now, key)).collect();
        Ok(())
    }

    /// Deletes what no index has named for long enough.
    async fn delete_unnamed(&self) -> Result<(), PublishError> {
        let mut ledger = self.ledger.lock().await;
        if self.status().is_pending {
            return Ok(());
        }
        let linger = self.config.linger;
        while let Some(at) = ledger.unnamed.iter().position(|(at, _)| at.elapsed() >= linger) {
            let (_, key) = ledger.unnamed[at].clone();
            if !ledger.stored.contains(&key) {
                self.store.delete(&key, Condition::Any).await?;
            }
            ledger.unnamed.swap_remove(at);
        }
        Ok(())
    }
}
