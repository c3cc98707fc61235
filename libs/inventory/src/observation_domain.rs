//! Observation domain ids that stay the same over restarts.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use xxhash_rust::xxh3::xxh3_64;

/// The observation domain of flows whose VPC the inventory does not know.
pub const FALLBACK_OBSERVATION_DOMAIN: u32 = 1;

/// Gives each id of a VPC or transit gateway its observation domain: the one that is `kept` for
/// it, else one that is not kept for any other.
///
/// What is not kept is a hash of the id alone. It is never 0, which RFC 7011 section 3.1 keeps for
/// "no specific observation domain", nor [`FALLBACK_OBSERVATION_DOMAIN`]. Of ids with the same
/// hash the later one in byte order takes the next free number.
pub fn observation_domains<'i>(
    kept: &BTreeMap<String, u32>,
    ids: impl Iterator<Item = &'i str>,
) -> HashMap<&'i str, u32> {
    let mut taken: HashSet<u32> = kept.values().copied().collect();
    taken.extend([0, FALLBACK_OBSERVATION_DOMAIN]);
    let sorted: BTreeSet<&str> = ids.collect();
    let mut domain = |id| kept.get(id).copied().unwrap_or_else(|| take_free(&mut taken, hash(id)));
    sorted.into_iter().map(|id| (id, domain(id))).collect()
}

fn take_free(taken: &mut HashSet<u32>, wanted: u32) -> u32 {
    let mut domain = wanted;
    while !taken.insert(domain) {
        domain = domain.wrapping_add(1);
    }
    domain
}

fn hash(id: &str) -> u32 {
    let hash = xxh3_64(id.as_bytes());
    // Truncation is the fold: both halves end up in the low one.
    (hash ^ (hash >> 32)) as u32
}
