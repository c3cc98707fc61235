//! The inventory in the store: an index, and the content that it names.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use weir_inventory::region::{
    IndexPart, InventoryIndex, MAX_IP_RANGES_LENGTH, MAX_PART_LENGTH, RangesVersion,
    RegionSnapshot, ip_ranges_key_parts,
};
use weir_inventory::{InventoryError, IpRanges};
use weir_store::{Condition, Etag, Key, KeyError, Prefix, Store, StoreError};

use super::codec::{compress, decompress};
use super::edition::{Edition, Part};
use crate::reader::Place;

/// How many parts are read or written at a time: each takes as much memory as its content.
const AT_A_TIME: usize = 4;

/// Entries of a page while keys are listed.
const PAGE: usize = 100;

/// Where the index is.
pub(super) const INDEX: Key = Key::from_static(InventoryIndex::KEY);
/// What is above everything.
pub(super) const FOLDER: Prefix = Prefix::below(Key::from_static("inventory"));
/// What is above contents.
const CONTENTS: [Prefix; 2] = [
    Prefix::below(Key::from_static("inventory/parts")),
    Prefix::below(Key::from_static("inventory/ip-ranges")),
];

/// Why the store's inventory was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index is not one of this version of weir.
    #[error(
        "the index of the inventory in the store cannot be read; go back to the version of weir \
         that wrote it, or delete `{}`",
        InventoryIndex::KEY
    )]
    Index(#[source] InventoryError),
    /// An account or a region has a name that is too long for a key.
    #[error("a part of the inventory has no key")]
    Key(#[from] KeyError),
    /// Content cannot be compressed.
    #[error("a part of the inventory cannot be compressed")]
    Compress(#[source] std::io::Error),
    /// A part is longer than the store takes.
    #[error("the part of {place} has {length} octets, which is more than the store takes")]
    TooLong {
        /// The account and region.
        place: Place,
        /// Octets of its compressed form.
        length: usize,
    },
    /// An empty inventory would have every flow exported without what discovery is there to find.
    #[error(
        "no account could be read, and nothing is known from before: nothing is published; see \
         the problems, and run RunDiscovery once they are solved"
    )]
    NothingRead,
    /// Others write the index all the time.
    #[error("others write the inventory too; run one discovery for each store")]
    Contended,
}

/// The key of a part's content.
pub(super) fn part_key(entry: &IndexPart) -> Result<Key, KeyError> {
    Key::of_parts(entry.key_parts())
}

/// The key of the ranges' content.
pub(super) fn ranges_key(version: u64) -> Result<Key, KeyError> {
    Key::of_parts(ip_ranges_key_parts(version))
}

/// Every key that the edition's index names.
pub(super) fn keys_of(edition: &Edition) -> Result<BTreeSet<Key>, KeyError> {
    let parts = edition.parts.iter().map(|(place, part)| part_key(&part.entry(place)));
    let ranges = edition.ranges.iter().map(|(version, _)| ranges_key(version.version));
    parts.chain(ranges).collect()
}

/// The index as the store has it.
pub(super) async fn read_index(
    store: &dyn Store,
) -> Result<Option<(InventoryIndex, Etag)>, PublishError> {
    let Some(found) = store.get(&INDEX).await? else { return Ok(None) };
    let index = InventoryIndex::from_json(&found.value).map_err(PublishError::Index)?;
    Ok(Some((index, found.etag)))
}

/// All that the index names. What is missing or damaged is left out, with a warning: the next
/// sweep reads it anew.
pub(super) async fn read_edition(
    store: &dyn Store,
    index: InventoryIndex,
) -> Result<Edition, PublishError> {
    let mut edition = Edition { revision: index.revision, ..Edition::default() };
    let parts = index.parts.into_iter().map(|entry| read_part(store, entry));
    let mut parts = futures_util::stream::iter(parts).buffer_unordered(AT_A_TIME);
    while let Some(part) = parts.next().await {
        edition.parts.extend(part?);
    }
    if let Some(version) = index.ip_ranges {
        edition.ranges = read_ranges(store, version).await?;
    }
    Ok(edition)
}

async fn read_part(
    store: &dyn Store,
    entry: IndexPart,
) -> Result<Option<(Place, Part)>, PublishError> {
    let read = |content: &[u8]| RegionSnapshot::from_json(content).map_err(anyhow::Error::from);
    let snapshot = read_content(store, part_key(&entry)?, MAX_PART_LENGTH, read).await?;
    let IndexPart { account_id, region, version, taken_at, stale } = entry;
    Ok(snapshot.map(|snapshot| {
        let snapshot = Arc::new(snapshot);
        (Place { account_id, region }, Part { version, taken_at, stale, snapshot })
    }))
}

async fn read_ranges(
    store: &dyn Store,
    version: RangesVersion,
) -> Result<Option<(RangesVersion, Arc<IpRanges>)>, PublishError> {
    let read = |content: &[u8]| IpRanges::from_json(content).map_err(anyhow::Error::from);
    let key = ranges_key(version.version)?;
    let ranges = read_content(store, key, MAX_IP_RANGES_LENGTH, read).await?;
    Ok(ranges.map(|ranges| (version, Arc::new(ranges))))
}

/// A content, unpacked and read beside the runtime.
async fn read_content<T: Send + 'static>(
    store: &dyn Store,
    key: Key,
    most: usize,
    read: impl FnOnce(&[u8]) -> anyhow::Result<T> + Send + 'static,
) -> Result<Option<T>, PublishError> {
    let Some(found) = store.get(&key).await? else {
        tracing::warn!(%key, "a part of the inventory is missing in the store");
        return Ok(None);
    };
    let unpack = move || read(&decompress(&found.value, most)?);
    let content = tokio::task::spawn_blocking(unpack).await;
    match content.map_err(anyhow::Error::from).flatten() {
        Ok(content) => Ok(Some(content)),
        Err(error) => {
            let error = format!("{error:#}");
            tracing::warn!(%key, error, "a part of the inventory in the store cannot be read");
            Ok(None)
        }
    }
}

/// Writes the contents of the edition whose keys are not among those that are `stored`, and adds
/// these.
pub(super) async fn write_contents(
    store: &dyn Store,
    edition: &Edition,
    stored: &mut BTreeSet<Key>,
) -> Result<(), PublishError> {
    let mut jobs: Vec<(Key, Option<Place>, Content)> = Vec::new();
    for (place, part) in &edition.parts {
        let key = part_key(&part.entry(place))?;
        jobs.push((key, Some(place.clone()), Content::Part(Arc::clone(&part.snapshot))));
    }
    if let Some((version, ranges)) = &edition.ranges {
        jobs.push((ranges_key(version.version)?, None, Content::Ranges(Arc::clone(ranges))));
    }
    jobs.retain(|(key, ..)| !stored.contains(key));
    let writing = jobs.into_iter().map(|(key, place, content)| async move {
        let value = content.pack().await?;
        let written = store.put(&key, value, Condition::Any).await;
        match (written, place) {
            (Err(StoreError::ValueTooLong { length, .. }), Some(place)) => {
                Err(PublishError::TooLong { place, length })
            }
            (written, _) => written.map(|_| key).map_err(PublishError::from),
        }
    });
    let mut writing = futures_util::stream::iter(writing).buffer_unordered(AT_A_TIME);
    while let Some(key) = writing.next().await {
        stored.insert(key?);
    }
    Ok(())
}

/// What is written under a key of its own.
enum Content {
    Part(Arc<RegionSnapshot>),
    Ranges(Arc<IpRanges>),
}

impl Content {
    /// Its compressed form, made beside the runtime.
    async fn pack(self) -> Result<Bytes, PublishError> {
        let pack = move || match self {
            Self::Part(snapshot) => compress(&snapshot.to_json()),
            Self::Ranges(ranges) => compress(&ranges.to_json()),
        };
        let packed = tokio::task::spawn_blocking(pack).await.map_err(std::io::Error::other);
        packed.flatten().map(Bytes::from).map_err(PublishError::Compress)
    }
}

/// The keys of all contents that are in the store.
pub(super) async fn content_keys(store: &dyn Store) -> Result<BTreeSet<Key>, StoreError> {
    let mut keys = BTreeSet::new();
    for prefix in &CONTENTS {
        let mut after = None;
        loop {
            let page = store.list(prefix, after.as_ref(), PAGE).await?;
            keys.extend(page.entries.into_iter().map(|entry| entry.key));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(keys)
}
