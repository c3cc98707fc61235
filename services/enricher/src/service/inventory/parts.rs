//! The parts of an inventory that are in memory.

use std::collections::HashMap;
use std::sync::Arc;

use weir_inventory::region::{IndexPart, InventoryIndex, RegionSnapshot, merge};
use weir_inventory::{Inventory, IpRanges};
use weir_store::Etag;

use super::{Published, StalePart};

/// An account and a region.
type Place = (String, String);

/// What was read of a store's inventory: parsed, so that a change of one part costs no more than
/// that part and the index.
#[derive(Default)]
pub(super) struct Parts {
    parts: HashMap<Place, (u64, Arc<RegionSnapshot>)>,
    ranges: Option<(u64, Arc<IpRanges>)>,
    /// The index that they were read for, where nothing of it is missing.
    pub(super) complete: Option<Etag>,
}

/// A part that could not be read, and why.
pub(super) type Unread = HashMap<Place, String>;

fn place_of(part: &IndexPart) -> Place {
    (part.account_id.clone(), part.region.clone())
}

impl Parts {
    /// The parts of `index` that are to be read.
    pub(super) fn missing(&self, index: &InventoryIndex) -> Vec<IndexPart> {
        let is_held = |part: &&IndexPart| {
            let held = self.parts.get(&place_of(part));
            held.is_some_and(|(version, _)| *version == part.version)
        };
        index.parts.iter().filter(|part| !is_held(part)).cloned().collect()
    }

    /// The version of AWS's ranges that is to be read.
    pub(super) fn missing_ranges(&self, index: &InventoryIndex) -> Option<u64> {
        let wanted = index.ip_ranges.as_ref()?.version;
        let is_held = self.ranges.as_ref().is_some_and(|(version, _)| *version == wanted);
        (!is_held).then_some(wanted)
    }

    pub(super) fn put(&mut self, named: &IndexPart, part: RegionSnapshot) {
        self.parts.insert(place_of(named), (named.version, Arc::new(part)));
    }

    pub(super) fn put_ranges(&mut self, version: u64, ranges: IpRanges) {
        self.ranges = Some((version, Arc::new(ranges)));
    }

    /// Forgets what `index` does not name. Whether there was any.
    pub(super) fn retain(&mut self, index: &InventoryIndex) -> bool {
        let before = (self.parts.len(), self.ranges.is_some());
        let named: std::collections::HashSet<_> = index.parts.iter().map(place_of).collect();
        self.parts.retain(|place, _| named.contains(place));
        if index.ip_ranges.is_none() {
            self.ranges = None;
        }
        before != (self.parts.len(), self.ranges.is_some())
    }

    /// Whether nothing could be read of an index that has parts.
    pub(super) fn is_nothing_of(&self, index: &InventoryIndex) -> bool {
        self.parts.is_empty() && !index.parts.is_empty()
    }

    /// Makes one inventory of them, in the order of `index`. It is made where it is called.
    pub(super) fn merging(
        &self,
        index: &InventoryIndex,
    ) -> impl FnOnce() -> anyhow::Result<Inventory> + Send + use<> {
        let part = |named| Some(Arc::clone(&self.parts.get(&place_of(named))?.1));
        let parts: Vec<_> = index.parts.iter().filter_map(part).collect();
        let ranges = self.ranges.as_ref().map(|(_, ranges)| Arc::clone(ranges));
        move || {
            let none = IpRanges::default();
            Ok(merge(parts.iter().map(Arc::as_ref), ranges.as_deref().unwrap_or(&none)))
        }
    }

    /// What is to be told of them.
    pub(super) fn published(&self, index: &InventoryIndex, unread: &Unread) -> Published {
        let stale = index.parts.iter().filter_map(|part| {
            let unread = unread.get(&place_of(part)).cloned();
            let unread = unread.map(|cause| (index.published_at, cause));
            let stale = part.stale.clone().map(|stale| (stale.since, stale.cause));
            let (since, cause) = unread.or(stale)?;
            let (account_id, region) = place_of(part);
            Some(StalePart { account_id, region, since, cause })
        });
        Published {
            revision: index.revision,
            parts: index.parts.len(),
            oldest: index.parts.iter().map(|part| part.taken_at).min().unwrap_or(0),
            stale: stale.collect(),
        }
    }
}
