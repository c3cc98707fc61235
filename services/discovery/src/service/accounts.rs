//! The accounts of the inventory, and those that are configured.

use std::collections::{BTreeMap, BTreeSet};

use weir_rpc::pb;

use super::messages::seconds;
use crate::publish::{Edition, Part};
use crate::reader::Plan;

/// All accounts by their ids: of the inventory, and of the last plan.
pub(super) fn accounts(edition: &Edition, plan: Option<&Plan>) -> Vec<pb::DiscoveredAccount> {
    let mut regions: BTreeMap<&str, Vec<pb::DiscoveredRegion>> = BTreeMap::new();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (place, part) in &edition.parts {
        regions.entry(&place.account_id).or_default().push(region(&place.region, part));
        for account in &part.snapshot.inventory.accounts {
            names.extend(account.name.as_deref().map(|name| (account.id.as_str(), name)));
        }
    }
    let planned = plan.map(|plan| plan.accounts.as_slice()).unwrap_or_default();
    let faults = plan.map(|plan| plan.faults.as_slice()).unwrap_or_default();
    let faulty = faults.iter().filter_map(|fault| fault.account_id.as_deref());
    let ids: BTreeSet<&str> = regions
        .keys()
        .copied()
        .chain(planned.iter().map(|each| each.id.as_str()))
        .chain(faulty)
        .collect();
    let message = |id: &str| {
        let known = planned.iter().find(|each| each.id == id);
        let fault = faults.iter().find(|each| each.account_id.as_deref() == Some(id));
        let configured_as =
            known.map(|each| &each.configured_as).or_else(|| fault.map(|each| &each.configured_as));
        let name = known.and_then(|each| each.name.as_deref()).or_else(|| names.get(id).copied());
        pb::DiscoveredAccount {
            id: id.to_owned(),
            name: name.unwrap_or_default().to_owned(),
            configured_as: configured_as.cloned().unwrap_or_default(),
            problem: fault.map(|each| each.fault.cause.clone()).unwrap_or_default(),
            regions: regions.get(id).cloned().unwrap_or_default(),
        }
    };
    ids.into_iter().map(message).collect()
}

fn region(name: &str, part: &Part) -> pb::DiscoveredRegion {
    let found = &part.snapshot.inventory;
    pb::DiscoveredRegion {
        region: name.to_owned(),
        version: part.version,
        taken_at: Some(seconds(part.taken_at)),
        stale_since: part.stale.as_ref().map(|stale| seconds(stale.since)),
        cause: part.stale.as_ref().map(|stale| stale.cause.clone()).unwrap_or_default(),
        vpcs: found.vpcs.len() as u64,
        instances: found.instances.len() as u64,
        interfaces: found.interfaces.len() as u64,
    }
}
