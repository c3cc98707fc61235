//! What a sweep no longer finds stays known for a while.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use super::bounds::MAX_FORMER;
use super::{Former, HeldSince, RegionSnapshot};
use crate::model::{Interface, Inventory};

/// How long what has vanished stays known, unless it is configured: a day.
pub const DEFAULT_KEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// `next` with the history that `previous`, the last part of the same account and region, leads
/// to at `now` (Unix seconds): who held addresses that vanished or changed hands, and since when
/// current ones are held. What ended, or began, longer than `keep` ago is forgotten.
///
/// A holder is an interface, and the instance that it is attached to. An address changes hands
/// with the public address that belongs to it. Times of attachment that `next` has in
/// `inventory.held_since` count; else an address is held since the sweep that found it first.
pub fn carry_over(
    previous: &RegionSnapshot,
    mut next: RegionSnapshot,
    now: u64,
    keep: Duration,
) -> RegionSnapshot {
    let oldest = now.saturating_sub(keep.as_secs());
    let change = Change::between(&previous.inventory, &next);
    let mut former = change.former();
    former.extend(previous.inventory.former.iter().cloned());
    former.retain(|former| former.until > oldest);
    former.sort_by_key(|former| Reverse(former.until));
    former.truncate(MAX_FORMER);
    let mut held_since = change.held_since();
    held_since.retain(|held| held.since > oldest);
    next.inventory.former = former;
    next.inventory.held_since = held_since;
    next
}

/// Since when each interface holds an address, where it is known.
type Since<'i> = HashMap<(&'i str, IpAddr), u64>;

/// Two looks at one region.
struct Change<'i> {
    before: &'i Inventory,
    after: &'i Inventory,
    before_by_id: HashMap<&'i str, &'i Interface>,
    after_by_id: HashMap<&'i str, &'i Interface>,
    /// As the history has it.
    known: Since<'i>,
    /// As EC2 says.
    told: Since<'i>,
    taken_at: u64,
}

impl<'i> Change<'i> {
    fn between(before: &'i Inventory, next: &'i RegionSnapshot) -> Change<'i> {
        let after = &next.inventory;
        Change {
            before,
            after,
            before_by_id: by_id(&before.interfaces),
            after_by_id: by_id(&after.interfaces),
            known: since(&before.held_since),
            told: since(&after.held_since),
            taken_at: next.taken_at,
        }
    }

    /// Who lost addresses between the two.
    fn former(&self) -> Vec<Former> {
        let instances = self.before.instances.iter();
        let names: HashMap<&str, Option<&String>> =
            instances.map(|instance| (instance.id.as_str(), instance.name.as_ref())).collect();
        let mut former = Vec::new();
        for before in &self.before.interfaces {
            let after = self.after_by_id.get(before.id.as_str()).copied();
            let instance = before.instance_id.as_deref();
            let name = instance.and_then(|id| *names.get(id)?);
            former.extend(self.lost(before, after).into_iter().map(|(from, interface)| Former {
                from,
                until: self.taken_at,
                instance_name: name.cloned(),
                interface,
            }));
        }
        former
    }

    /// What an interface lost, by the time since when it had it.
    fn lost(&self, before: &Interface, after: Option<&Interface>) -> BTreeMap<u64, Interface> {
        let same = after.filter(|after| is_same_holder(before, after));
        let mut lost = BTreeMap::new();
        let without_addresses = || Interface {
            addresses: Vec::new(),
            ipv6_addresses: Vec::new(),
            ipv6_prefixes: Vec::new(),
            ..before.clone()
        };
        let has_none = before.addresses.is_empty() && before.ipv6_holdings().next().is_none();
        if same.is_none() && has_none {
            lost.insert(0, without_addresses());
        }
        let since = |address| self.known.get(&(before.id.as_str(), address)).copied().unwrap_or(0);
        for pair in &before.addresses {
            if !same.is_some_and(|same| same.addresses.contains(pair)) {
                let from = since(IpAddr::V4(pair.private));
                lost.entry(from).or_insert_with(without_addresses).addresses.push(*pair);
            }
        }
        for address in &before.ipv6_addresses {
            if !same.is_some_and(|same| same.ipv6_addresses.contains(address)) {
                let from = since(IpAddr::V6(*address));
                lost.entry(from).or_insert_with(without_addresses).ipv6_addresses.push(*address);
            }
        }
        for prefix in &before.ipv6_prefixes {
            if !same.is_some_and(|same| same.ipv6_prefixes.contains(prefix)) {
                let from = since(IpAddr::V6(prefix.network()));
                lost.entry(from).or_insert_with(without_addresses).ipv6_prefixes.push(*prefix);
            }
        }
        lost
    }

    /// Since when current addresses are held, where that is known.
    fn held_since(&self) -> Vec<HeldSince> {
        let mut all = Vec::new();
        for after in &self.after.interfaces {
            let before = self.before_by_id.get(after.id.as_str());
            let before = before.filter(|before| is_same_holder(before, after));
            let v4 = after.addresses.iter().map(|pair| {
                let was_held = before.is_some_and(|before| before.addresses.contains(pair));
                (IpAddr::V4(pair.private), was_held)
            });
            // A prefix stands there by its first address.
            let v6 = after.ipv6_holdings().map(|holding| {
                let mut held = before.into_iter().flat_map(|before| before.ipv6_holdings());
                (IpAddr::V6(holding.first()), held.any(|before| before == holding))
            });
            all.extend(v4.chain(v6).filter_map(|(address, was_held)| {
                let since = self.since(&after.id, address, was_held)?;
                Some(HeldSince { interface_id: after.id.clone(), address, since })
            }));
        }
        all
    }

    fn since(&self, id: &str, address: IpAddr, was_held: bool) -> Option<u64> {
        let told = self.told.get(&(id, address)).map(|told| *told.min(&self.taken_at));
        if was_held {
            return told.or_else(|| self.known.get(&(id, address)).copied());
        }
        // An address that came to an interface later came after its attachment.
        let is_old = self.before_by_id.contains_key(id);
        Some(told.filter(|_| !is_old).unwrap_or(self.taken_at))
    }
}

/// Whether an interface serves whom it served before. One that was not attached served nobody.
fn is_same_holder(before: &Interface, after: &Interface) -> bool {
    let is_same_instance = before.instance_id == after.instance_id || before.instance_id.is_none();
    before.vpc_id == after.vpc_id && is_same_instance
}

fn by_id(interfaces: &[Interface]) -> HashMap<&str, &Interface> {
    interfaces.iter().map(|interface| (interface.id.as_str(), interface)).collect()
}

fn since(held: &[HeldSince]) -> Since<'_> {
    held.iter().map(|held| ((held.interface_id.as_str(), held.address), held.since)).collect()
}
