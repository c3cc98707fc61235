//! The largest flows of each VPC.

use std::cmp::Ordering;

use super::contents::Contents;
use super::options::Top;
use super::others::Others;

/// An entry by its size.
type Sized = (u64, u32);

/// Keeps the largest of `places` in each observation domain and counts the rest as the rest of
/// theirs. `places` are in the order of their domains.
///
/// A row is kept while the rows before it have less than the share of the domain's octets.
pub(crate) fn keep_top(
    contents: &Contents,
    places: &mut Vec<u32>,
    others: &mut Others,
    top: Top,
    counts_once: bool,
) {
    let domain = |place: &u32| contents.get(*place).key.observation_domain_id;
    let count = |place: u32| contents.count(contents.get(place), counts_once);
    let mut kept = Vec::new();
    let mut sized: Vec<Sized> = Vec::new();
    for of_domain in places.chunk_by(|one, other| domain(one) == domain(other)) {
        let Some(domain) = of_domain.first().map(domain) else { continue };
        sized.clear();
        sized.extend(of_domain.iter().map(|place| (count(*place).octets, *place)));
        let all = sized.iter().map(|(octets, _)| u128::from(*octets)).sum::<u128>()
            + u128::from(others.octets_of(domain));
        let largest = sort_largest(contents, &mut sized, top.rows);
        let rows = largest_within(&sized[..largest], all, top.share);
        kept.extend(sized[..rows].iter().map(|(_, place)| *place));
        others.add(domain, sized[rows..].iter().map(|(_, place)| count(*place)).sum());
    }
    *places = kept;
}

/// Brings the `most` largest, or all where that is 0, to the front in order. Returns how many
/// these are.
fn sort_largest(contents: &Contents, sized: &mut [Sized], most: u32) -> usize {
    let order = |one: &Sized, other: &Sized| by_size(contents, one, other);
    let most = if most == 0 { sized.len() } else { sized.len().min(most as usize) };
    if most < sized.len() {
        sized.select_nth_unstable_by(most, order);
    }
    sized[..most].sort_unstable_by(order);
    most
}

/// The largest first; equals in an order that does not depend on who came first.
fn by_size(contents: &Contents, one: &Sized, other: &Sized) -> Ordering {
    let key = |place: u32| {
        let key = &contents.get(place).key;
        let addresses = [0, 1].map(|end| contents.addresses.get(key, end));
        (addresses, key.ports, key.protocol, key.status, key.shape)
    };
    other.0.cmp(&one.0).then_with(|| key(one.1).cmp(&key(other.1)))
}

/// How many of the largest have at least `share` percent of `all` octets together.
fn largest_within(largest: &[Sized], all: u128, share: u8) -> usize {
    let mut before = 0u128;
    let rows = largest.iter().take_while(|(octets, _)| {
        // A share of 100 keeps rows of no octets too.
        let is_kept = share >= 100 || before * 100 < all * u128::from(share);
        before += u128::from(*octets);
        is_kept
    });
    rows.count()
}
