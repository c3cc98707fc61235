//! What a sweep found.

use std::collections::BTreeMap;

use weir_inventory::IpRanges;
use weir_inventory::region::RegionSnapshot;

use super::edition::Edition;
use crate::reader::{Fault, Place, Plan, Reading};

/// What came of a region.
#[derive(Clone, Debug)]
pub enum Outcome<C = Box<Reading>> {
    /// It was read, and this is its content.
    Fresh(C),
    /// It could not be read: its last snapshot stays and is stale.
    Stale(Fault),
    /// It is closed. Its last snapshot stays for as long as what has vanished does.
    Excluded(String),
}

/// What a sweep found: what there is to read, and what came of each region.
#[derive(Clone, Debug)]
pub struct Findings<C = Box<Reading>> {
    /// What there is to read.
    pub plan: Plan,
    /// What came of each region of the plan.
    pub outcomes: BTreeMap<Place, Outcome<C>>,
    /// AWS's ranges, where they are others than before.
    pub ranges: Option<IpRanges>,
}

impl Findings {
    /// The findings without the contents, which an edition has.
    pub(super) fn outline(&self) -> Findings<()> {
        let outcomes = self.outcomes.iter().map(|(place, outcome)| {
            let outcome = match outcome {
                Outcome::Fresh(_) => Outcome::Fresh(()),
                Outcome::Stale(fault) => Outcome::Stale(fault.clone()),
                Outcome::Excluded(cause) => Outcome::Excluded(cause.clone()),
            };
            (place.clone(), outcome)
        });
        let (plan, ranges) = (self.plan.clone(), self.ranges.clone());
        Findings { plan, outcomes: outcomes.collect(), ranges }
    }
}

impl Findings<()> {
    /// The findings with the contents that `edition` has.
    pub(super) fn filled(self, edition: &Edition) -> Findings {
        let outcomes = self.outcomes.into_iter().filter_map(|(place, outcome)| {
            let outcome = match outcome {
                Outcome::Fresh(()) => {
                    let snapshot = RegionSnapshot::clone(&edition.parts.get(&place)?.snapshot);
                    Outcome::Fresh(Box::new(Reading { snapshot, unread: Vec::new() }))
                }
                Outcome::Stale(fault) => Outcome::Stale(fault),
                Outcome::Excluded(cause) => Outcome::Excluded(cause),
            };
            Some((place, outcome))
        });
        Findings { outcomes: outcomes.collect(), plan: self.plan, ranges: self.ranges }
    }
}

impl<C> Findings<C> {
    /// Whether nothing could be read that was to be: neither an account nor a region.
    pub(super) fn is_nothing(&self) -> bool {
        let mut outcomes = self.outcomes.values();
        let has_failed = outcomes.any(|outcome| matches!(outcome, Outcome::Stale(_)));
        let is_fresh = |outcome: &Outcome<C>| matches!(outcome, Outcome::Fresh(_));
        (has_failed || !self.plan.faults.is_empty()) && !self.outcomes.values().any(is_fresh)
    }

    /// The names of the plan's accounts by their ids.
    pub(super) fn account_names(&self) -> BTreeMap<String, Option<String>> {
        let accounts = self.plan.accounts.iter();
        accounts.map(|account| (account.id.clone(), account.name.clone())).collect()
    }

    /// Why the account could not be read, where that is known, or may be so.
    pub(super) fn fault_of(&self, account_id: &str) -> Option<Fault> {
        let faults = &self.plan.faults;
        let own = faults.iter().find(|each| each.account_id.as_deref() == Some(account_id));
        if let Some(own) = own {
            return Some(own.fault.clone());
        }
        if self.plan.accounts.iter().any(|account| account.id == account_id) {
            return None;
        }
        let unknown = faults.iter().find(|each| each.account_id.is_none())?;
        let cause = format!(
            "the account may be one that cannot be read, {}: {}",
            unknown.configured_as, unknown.fault.cause
        );
        Some(Fault { cause, ..unknown.fault.clone() })
    }
}
