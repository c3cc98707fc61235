//! The accounts of the inventory, and those that are configured.

use std::collections::{BTreeMap, BTreeSet};

use weir_rpc::pb;

use super::messages::seconds;
use crate::orchestration::{RowState, SweepReport};
use crate::publish::{Edition, Part};
use crate::reader::Plan;

/// The regions of accounts by their codes.
type Regions<'r> = BTreeMap<&'r str, BTreeMap<&'r str, pb::DiscoveredRegion>>;

/// All accounts by their ids: of the inventory, of the last plan and of the last sweep.
pub(super) fn accounts(
    edition: &Edition,
    plan: Option<&Plan>,
    report: Option<&SweepReport>,
) -> Vec<pb::DiscoveredAccount> {
    let mut regions = Regions::new();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (place, part) in &edition.parts {
        let of_account = regions.entry(&place.account_id).or_default();
        of_account.insert(&place.region, region(&place.region, part));
        for account in &part.snapshot.inventory.accounts {
            names.extend(account.name.as_deref().map(|name| (account.id.as_str(), name)));
        }
    }
    if let Some(report) = report {
        add_excluded(&mut regions, report);
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
            regions: regions.get(id).into_iter().flat_map(BTreeMap::values).cloned().collect(),
        }
    };
    ids.into_iter().map(message).collect()
}

/// The regions that the last sweep found closed, whether or not anything is known of them.
fn add_excluded<'r>(regions: &mut Regions<'r>, report: &'r SweepReport) {
    let rows = report.regions.iter();
    for (place, row) in rows.filter(|(_, row)| row.state == RowState::Excluded) {
        let of_account = regions.entry(&place.account_id).or_default();
        let found = of_account.entry(&place.region).or_insert_with(|| pb::DiscoveredRegion {
            region: place.region.clone(),
            ..pb::DiscoveredRegion::default()
        });
        found.is_excluded = true;
        found.cause.clone_from(&row.cause);
    }
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
        is_excluded: false,
    }
}
