//! The largest flows of each VPC.

use super::options::Top;
use super::others::Others;
use super::table::Entries;

/// Keeps the largest of `places` in each observation domain and counts the rest as the rest of
/// theirs. `places` are in the order of their domains.
///
/// A row is kept while the rows before it have less than the share of the domain's octets.
pub(crate) fn keep_top(
    entries: &Entries,
    places: &mut Vec<u32>,
    others: &mut Others,
    top: Top,
    counts_once: bool,
) {
    let octets = |place: u32| entries.get(place).count(counts_once).octets;
    let domain = |place: u32| entries.get(place).key.observation_domain_id;
    let mut kept = Vec::new();
    for of_domain in places.chunk_by_mut(|one, other| domain(*one) == domain(*other)) {
        let Some(first) = of_domain.first() else { continue };
        let all = of_domain.iter().map(|place| u128::from(octets(*place))).sum::<u128>()
            + u128::from(others.octets_of(domain(*first)));
        // Ties in an order that does not depend on who came first.
        of_domain.sort_by_cached_key(|place| {
            let key = &entries.get(*place).key;
            (u64::MAX - octets(*place), key.ends, key.protocol, key.status)
        });
        let most = if top.rows == 0 { usize::MAX } else { top.rows as usize };
        let mut before = 0u128;
        let count = of_domain.iter().take(most).take_while(|place| {
            // A share of 100 keeps rows of no octets too.
            let is_kept = top.share >= 100 || before * 100 < all * u128::from(top.share);
            before += u128::from(octets(**place));
            is_kept
        });
        let (large, small) = of_domain.split_at(count.count());
        kept.extend_from_slice(large);
        small.iter().for_each(|place| others.add(entries.get(*place), counts_once));
    }
    *places = kept;
}
