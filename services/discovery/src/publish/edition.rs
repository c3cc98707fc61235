//! The inventory as a whole: what is published, or about to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use weir_inventory::IpRanges;
use weir_inventory::region::{
    FORMAT, FlowLogCounts, IndexPart, InventoryIndex, RangesVersion, RegionSnapshot, Stale,
};

use crate::reader::Place;

/// How much there is of the main kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EditionCounts {
    /// VPCs.
    pub vpcs: u64,
    /// EC2 instances.
    pub instances: u64,
    /// Network interfaces.
    pub interfaces: u64,
}

/// A part of the inventory: an account's region.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which content it has.
    pub version: u64,
    /// When it was last read with success, in Unix seconds.
    pub taken_at: u64,
    /// Why it is not newer.
    pub stale: Option<Stale>,
    /// The content.
    pub snapshot: Arc<RegionSnapshot>,
}

/// The inventory as a whole. Clones share the content of the parts.
#[derive(Clone, Debug, Default)]
pub struct Edition {
    /// Grows with each edition that is published; 0 before the first.
    pub revision: u64,
    /// The parts, ordered by account and region.
    pub parts: BTreeMap<Place, Part>,
    /// AWS's ranges, and which content they are.
    pub ranges: Option<(RangesVersion, Arc<IpRanges>)>,
}

impl Edition {
    /// The index that names the content of this edition.
    pub fn index(&self, published_at: u64) -> InventoryIndex {
        InventoryIndex {
            format: FORMAT,
            revision: self.revision,
            published_at,
            parts: self.parts.iter().map(|(place, part)| part.entry(place)).collect(),
            ip_ranges: self.ranges.as_ref().map(|(version, _)| version.clone()),
        }
    }

    /// When the region that was not read for the longest was read, in Unix seconds.
    pub fn oldest(&self) -> Option<u64> {
        self.parts.values().map(|part| part.taken_at).min()
    }

    /// How many parts are stale.
    pub fn stale_count(&self) -> usize {
        self.parts.values().filter(|part| part.stale.is_some()).count()
    }

    /// How much there is of the main kinds. What several parts have, such as a shared VPC, counts
    /// in each.
    pub fn counts(&self) -> EditionCounts {
        self.snapshots().fold(EditionCounts::default(), |counts, (_, snapshot)| {
            let found = &snapshot.inventory;
            EditionCounts {
                vpcs: counts.vpcs + found.vpcs.len() as u64,
                instances: counts.instances + found.instances.len() as u64,
                interfaces: counts.interfaces + found.interfaces.len() as u64,
            }
        })
    }

    /// How well flow logs cover the VPCs.
    pub fn flow_logs(&self) -> FlowLogCounts {
        FlowLogCounts::of(self.parts.values().map(|part| &*part.snapshot))
    }

    /// The snapshots with their places.
    pub fn snapshots(&self) -> impl Iterator<Item = (&Place, &RegionSnapshot)> {
        self.parts.iter().map(|(place, part)| (place, &*part.snapshot))
    }
}

impl Part {
    /// The part in an index.
    pub fn entry(&self, place: &Place) -> IndexPart {
        IndexPart {
            account_id: place.account_id.clone(),
            region: place.region.clone(),
            version: self.version,
            taken_at: self.taken_at,
            stale: self.stale.clone(),
        }
    }
}
