//! From parts to one inventory.

use super::RegionSnapshot;
use crate::model::{Inventory, IpRanges};

/// One inventory of all `parts`, with AWS's ranges.
pub fn merge<'p>(
    parts: impl IntoIterator<Item = &'p RegionSnapshot>,
    ip_ranges: &IpRanges,
) -> Inventory {
    let mut merged = Inventory { ip_ranges: ip_ranges.clone(), ..Inventory::default() };
    for part in parts {
        merged.generated_at = merged.generated_at.max(part.taken_at);
    }
    merged
}
