//! Each pair of hosts in one VPC alone: the one that saw most flows of it.

use hashbrown::HashMap;

use super::contents::Contents;
use super::key::Hosts;

/// Parts `places` into those that stay and those whose hosts have more flows in another
/// observation domain; of domains with the same number of flows the lowest stays. What has no
/// addresses stays.
pub(crate) fn part_by_authority(
    contents: &Contents,
    places: Vec<u32>,
    counts_once: bool,
) -> (Vec<u32>, Vec<u32>) {
    let mut sorted: Vec<(Hosts, u32, u32)> = Vec::with_capacity(places.len());
    let mut stay = Vec::with_capacity(places.len());
    for place in places {
        let key = &contents.get(place).key;
        match key.hosts() {
            Some(hosts) => sorted.push((hosts, key.observation_domain_id, place)),
            None => stay.push(place),
        }
    }
    sorted.sort_unstable();
    let mut leave = Vec::new();
    for pair in sorted.chunk_by(|one, other| one.0 == other.0) {
        let mut flows: HashMap<u32, u64, foldhash::fast::RandomState> = HashMap::default();
        for (_, domain, place) in pair {
            *flows.entry(*domain).or_default() +=
                contents.count(contents.get(*place), counts_once).flows;
        }
        let authority = flows.into_iter().max_by_key(|(domain, flows)| (*flows, u32::MAX - domain));
        for (_, domain, place) in pair {
            let is_authority = authority.is_some_and(|(authority, _)| authority == *domain);
            if is_authority { stay.push(*place) } else { leave.push(*place) }
        }
    }
    (stay, leave)
}
