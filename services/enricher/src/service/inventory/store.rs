//! An inventory in a store, as discovery keeps it there.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, anyhow};
use futures_util::StreamExt as _;
use weir_inventory::IpRanges;
use weir_inventory::region::{IndexPart, InventoryIndex, RegionSnapshot, ip_ranges_key_parts};
use weir_store::{Change, Etag, Key, Prefix, Store, StoreError, Versioned};

use super::failure::Failure;
use super::packed::{ip_ranges_of, part_of};
use super::parts::{Parts, Unread};
use super::{LOOK, Reader};

const INDEX: Key = Key::from_static(InventoryIndex::KEY);
/// What is above it.
const FOLDER: Key = Key::from_static("inventory");

/// How often the index is looked at when nobody tells of a change.
const CALM: Duration = Duration::from_secs(15);
/// The same while a part of it could not be read.
const TROUBLED: Duration = Duration::from_secs(5);
/// How many parts are read and unpacked side by side.
const AT_A_TIME: usize = 4;
/// How often an index is read again because it changed while its parts were read.
const MAX_ROUNDS: usize = 3;
/// The longest pause after a change, in which others gather.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// Why a part was not read.
type PartError = (Failure, anyhow::Error);

impl Reader {
    pub(super) async fn follow_store(&self, store: Arc<dyn Store>) {
        let mut parts = Parts::default();
        loop {
            if let Err(error) = self.follow_index(&store, &mut parts).await {
                self.report(Failure::Store, &error.into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn follow_index(
        &self,
        store: &Arc<dyn Store>,
        parts: &mut Parts,
    ) -> Result<(), StoreError> {
        let mut changes = store.watch(&Prefix::below(FOLDER)).await?;
        self.exporters.known().await;
        loop {
            let patience = if parts.complete.is_some() { CALM } else { TROUBLED };
            match tokio::time::timeout(patience, changes.next()).await {
                Ok(None) => return Ok(()),
                Ok(Some(Change::Key(key))) if key != INDEX => continue,
                Ok(Some(_)) | Err(_) => {}
            }
            let begin = Instant::now();
            if self.load_index(store, parts).await? {
                // Changes that follow each other closely are read together.
                tokio::time::sleep(begin.elapsed().min(MAX_PAUSE)).await;
            }
        }
    }

    /// Reads what is new. Whether there was anything.
    async fn load_index(
        &self,
        store: &Arc<dyn Store>,
        parts: &mut Parts,
    ) -> Result<bool, StoreError> {
        for round in 1.. {
            let Some(stored) = store.get(&INDEX).await? else {
                parts.complete = None;
                let advice = "run weir discovery, or wait for its first sweep";
                self.report(Failure::NoIndex, &anyhow!("the store has no inventory; {advice}"));
                return Ok(false);
            };
            if parts.complete == Some(stored.etag) {
                self.confirm();
                return Ok(false);
            }
            let index = match InventoryIndex::from_json(&stored.value) {
                Ok(index) => index,
                Err(error) => {
                    parts.complete = None;
                    self.report(Failure::Index, &error.into());
                    return Ok(false);
                }
            };
            let (is_changed, unread) = self.read_parts(store, &index, parts).await?;
            // An old version goes a while after the new one came: the index tells of that one.
            let is_outdated = !unread.is_empty() && etag_of(&**store).await? != Some(stored.etag);
            if !is_outdated || round == MAX_ROUNDS {
                self.use_parts(&index, stored.etag, parts, is_changed, &unread).await;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads the parts whose version changed. Whether there were any, and which failed.
    async fn read_parts(
        &self,
        store: &Arc<dyn Store>,
        index: &InventoryIndex,
        parts: &mut Parts,
    ) -> Result<(bool, Unread), StoreError> {
        let mut unread = Unread::new();
        let mut is_changed = parts.retain(index);
        if let Some(version) = parts.missing_ranges(index) {
            match read_ranges(&**store, version).await? {
                Ok(ranges) => {
                    parts.put_ranges(version, ranges);
                    is_changed = true;
                }
                Err((failure, error)) => {
                    self.failures.count(failure, &self.name, &error);
                    unread.insert(("aws".to_owned(), "ip-ranges".to_owned()), format!("{error:#}"));
                }
            }
        }
        let reads = parts.missing(index).into_iter().map(|named| {
            let store = Arc::clone(store);
            async move {
                let result = read_part(&*store, &named).await;
                (named, result)
            }
        });
        let mut results = futures_util::stream::iter(reads).buffer_unordered(AT_A_TIME);
        while let Some((named, result)) = results.next().await {
            match result? {
                Ok(part) => {
                    parts.put(&named, part);
                    is_changed = true;
                }
                Err((failure, error)) => {
                    self.failures.count(failure, &self.name, &error);
                    let place = (named.account_id, named.region);
                    unread.insert(place, format!("{error:#}"));
                }
            }
        }
        Ok((is_changed, unread))
    }

    /// Indexes the parts, where any changed, and swaps the inventory.
    async fn use_parts(
        &self,
        index: &InventoryIndex,
        etag: Etag,
        parts: &mut Parts,
        is_changed: bool,
        unread: &Unread,
    ) {
        parts.complete = unread.is_empty().then_some(etag);
        let trouble = trouble_of(unread);
        if parts.is_nothing_of(index) {
            parts.complete = None;
            return;
        }
        let published = Some(Arc::new(parts.published(index, unread)));
        let current = self.publisher.borrow().as_ref().map(|loaded| loaded.indexed());
        let indexed = match current.filter(|_| !is_changed) {
            Some(indexed) => indexed,
            None => match self.index(parts.merging(index)).await {
                Ok(indexed) => indexed,
                Err(error) => {
                    parts.complete = None;
                    return self.report(Failure::Build, &error);
                }
            },
        };
        if is_changed {
            let (revision, counts) = (index.revision, indexed.0.counts());
            tracing::info!(source = %self.name, revision, ?counts, "inventory read");
        }
        self.publish(indexed, age_of(index), published, trouble);
    }

    /// The inventory is still the newest: what troubled it is over.
    fn confirm(&self) {
        self.publisher.send_if_modified(|loaded| match loaded {
            Some(loaded) if loaded.trouble.is_some() => {
                *loaded = Arc::new(super::Loaded { trouble: None, ..super::Loaded::clone(loaded) });
                true
            }
            _ => false,
        });
    }
}

/// How long ago an index was written; nothing where clocks disagree.
fn age_of(index: &InventoryIndex) -> Duration {
    let published_at = UNIX_EPOCH.checked_add(Duration::from_secs(index.published_at));
    published_at.and_then(|at| SystemTime::now().duration_since(at).ok()).unwrap_or_default()
}

async fn etag_of(store: &dyn Store) -> Result<Option<Etag>, StoreError> {
    Ok(store.get(&INDEX).await?.map(|stored| stored.etag))
}

async fn read_part(
    store: &dyn Store,
    named: &IndexPart,
) -> Result<Result<RegionSnapshot, PartError>, StoreError> {
    let stored = match get(store, &named.key_parts()).await? {
        Ok(stored) => stored,
        Err(error) => return Ok(Err(error)),
    };
    let (named, what) = (named.clone(), format!("{}/{}", named.account_id, named.region));
    let read = move || part_of(&named, &stored.value);
    Ok(unpack(&what, read).await)
}

async fn read_ranges(
    store: &dyn Store,
    version: u64,
) -> Result<Result<IpRanges, PartError>, StoreError> {
    let stored = match get(store, &ip_ranges_key_parts(version)).await? {
        Ok(stored) => stored,
        Err(error) => return Ok(Err(error)),
    };
    Ok(unpack("AWS's ranges", move || ip_ranges_of(&stored.value)).await)
}

/// The value of a key that the index names.
async fn get(
    store: &dyn Store,
    key: &[String],
) -> Result<Result<Versioned, PartError>, StoreError> {
    let key = match Key::of_parts(key) {
        Ok(key) => key,
        Err(error) => return Ok(Err((Failure::Index, error.into()))),
    };
    let missing = || (Failure::PartMissing, anyhow!("`{key}` is not in the store"));
    Ok(store.get(&key).await?.ok_or_else(missing))
}

/// Unpacks beside the runtime.
async fn unpack<T: Send + 'static>(
    what: &str,
    read: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> Result<T, PartError> {
    let read = tokio::task::spawn_blocking(read).await.context("unpacking").flatten();
    let damaged = |error: anyhow::Error| error.context(format!("{what} is damaged in the store"));
    read.map_err(|error| (Failure::PartDamaged, damaged(error)))
}

/// What is to be said of parts that were not read.
fn trouble_of(unread: &Unread) -> Option<String> {
    let (place, cause) = unread.iter().min()?;
    let more = unread.len() - 1;
    let (account, region) = place;
    Some(match more {
        0 => format!("{account} {region} is not read anew: {cause}"),
        _ => format!("{account} {region} and {more} more are not read anew: {cause}"),
    })
}
