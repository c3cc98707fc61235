//! How a sweep went.

use std::time::{Duration, SystemTime};

use tokio::task::JoinError;

use super::board::{Board, RegionRow, RowState};
use crate::publish::{Findings, Outcome};
use crate::reader::{AccountFault, Fault, Place, RegionPart};

/// An action that a policy does not allow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denied {
    /// The account; empty where it is not known.
    pub account_id: String,
    /// The region; empty for the account as a whole.
    pub region: String,
    /// The action; empty where AWS does not tell.
    pub action: String,
    /// What AWS said.
    pub cause: String,
}

/// How a sweep went.
#[derive(Clone, Debug)]
pub struct SweepReport {
    /// When it began.
    pub started_at: SystemTime,
    /// How long it took, publishing included.
    pub duration: Duration,
    /// Accounts that could be read.
    pub accounts: usize,
    /// What is configured and could not be read.
    pub problems: Vec<AccountFault>,
    /// Each region as it ended.
    pub regions: Vec<(Place, RegionRow)>,
    /// Parts of regions that could not be read while the region is fresh.
    pub unread: Vec<(Place, RegionPart, Fault)>,
    /// Actions that policies do not allow, each once for each place.
    pub denied: Vec<Denied>,
    /// What the store said, where it did not take the result.
    pub publish_error: Option<String>,
}

impl SweepReport {
    /// What is told of a sweep that panicked.
    pub(super) fn broken(board: &Board, error: &JoinError) -> Self {
        let now = SystemTime::now();
        Self {
            started_at: board.started_at,
            duration: now.duration_since(board.started_at).unwrap_or_default(),
            accounts: 0,
            problems: Vec::new(),
            regions: board.rows().into_iter().collect(),
            unread: Vec::new(),
            denied: Vec::new(),
            publish_error: Some(format!("this is a fault of weir, please report it: {error}")),
        }
    }

    /// How many regions ended so.
    pub fn count(&self, state: RowState) -> usize {
        self.regions.iter().filter(|(_, row)| row.state == state).count()
    }

    /// Calls of AWS.
    pub fn calls(&self) -> u64 {
        self.regions.iter().map(|(_, row)| row.calls).sum()
    }
}

/// The parts of regions that could not be read.
pub(super) fn unread(findings: &Findings) -> Vec<(Place, RegionPart, Fault)> {
    let outcomes = findings.outcomes.iter();
    let unread = outcomes.flat_map(|(place, outcome)| {
        let parts = match outcome {
            Outcome::Fresh(reading) => reading.unread.as_slice(),
            Outcome::Stale(_) | Outcome::Excluded(_) => &[],
        };
        parts.iter().map(|each| (place.clone(), each.part, each.fault.clone()))
    });
    unread.collect()
}

/// Every action that a policy does not allow.
pub(super) fn denied(findings: &Findings) -> Vec<Denied> {
    let of_accounts = findings.plan.faults.iter().filter_map(|each| {
        denied_by(&each.fault, each.account_id.as_deref().unwrap_or_default(), "")
    });
    let of_regions = findings.outcomes.iter().flat_map(|(place, outcome)| {
        let faults: Vec<&Fault> = match outcome {
            Outcome::Fresh(reading) => reading.unread.iter().map(|each| &each.fault).collect(),
            Outcome::Stale(fault) => vec![fault],
            Outcome::Excluded(_) => Vec::new(),
        };
        let denied = |fault| denied_by(fault, &place.account_id, &place.region);
        faults.into_iter().filter_map(denied).collect::<Vec<_>>()
    });
    let mut all: Vec<Denied> = of_accounts.chain(of_regions).collect();
    all.sort();
    all.dedup_by(|next, last| {
        (&next.account_id, &next.region, &next.action)
            == (&last.account_id, &last.region, &last.action)
    });
    all
}

fn denied_by(fault: &Fault, account_id: &str, region: &str) -> Option<Denied> {
    let is_denied = fault.kind == crate::reader::FaultKind::Denied;
    is_denied.then(|| Denied {
        account_id: account_id.to_owned(),
        region: region.to_owned(),
        action: fault.denied_action.clone().unwrap_or_default(),
        cause: fault.cause.clone(),
    })
}
