//! The reader of the service: accounts and regions of AWS.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use futures_util::FutureExt;
use futures_util::stream::{self, StreamExt};
use tokio::sync::Semaphore;
use weir_aws::{
    Account, Accounts, FollowedAccounts, LeftOut, LeftOutRegion, RegionFilter, RegionPlan,
};

use super::calls::{CallKind, CallMeter, Calls, Pacing, Shared};
use super::ec2::all_regions;
use super::faults;
use super::known::Known;
use super::limits::SweepLimits;
use super::region::RegionSweep;
use crate::reader::{
    AccountFault, ExcludedRegion, Fault, FaultKind, Place, Plan, PlannedAccount, Reading,
    RegionError, RegionProgress, RegionReader,
};

/// Reads accounts and regions with the SDKs of AWS.
#[derive(Debug)]
pub struct AwsReader {
    accounts: FollowedAccounts,
    limits: SweepLimits,
    shared: Arc<Shared>,
    known: Known,
    /// The accounts of the last plan.
    current: RwLock<HashMap<String, Account>>,
}

impl AwsReader {
    /// A reader of the configured accounts, in those of their regions that the configuration lets
    /// pass.
    pub fn new(accounts: Accounts, limits: SweepLimits) -> Self {
        Self::following(accounts.into(), limits)
    }

    /// A reader of the accounts that count at the time of each plan; a plan waits until there are
    /// any.
    pub fn following(accounts: FollowedAccounts, limits: SweepLimits) -> Self {
        let shared = Arc::new(Shared {
            pacing: Arc::new(Pacing::new(limits.pace.clamp(0.01, 100.0))),
            meter: Arc::new(CallMeter::new()),
            at_once: Semaphore::new(limits.calls.max(1)),
        });
        let current = RwLock::default();
        Self { accounts, limits, shared, known: Known::default(), current }
    }

    /// Attempts of calls since the start, by service, operation, account and outcome.
    pub fn calls(&self) -> BTreeMap<CallKind, u64> {
        self.shared.meter.counts()
    }

    async fn plan_account(
        &self,
        account: Account,
        filter: &RegionFilter,
    ) -> Result<(PlannedAccount, Account), AccountFault> {
        let plan = self.regions_of(&account, filter).await.map_err(|fault| AccountFault {
            account_id: Some(account.id().to_owned()),
            configured_as: account.origin().to_string(),
            fault,
        })?;
        let planned = PlannedAccount {
            id: account.id().to_owned(),
            name: account.name().map(str::to_owned),
            partition: account.partition().to_string(),
            configured_as: account.origin().to_string(),
            regions: plan.enabled,
            excluded: plan.excluded.into_iter().filter_map(closed).collect(),
        };
        Ok((planned, account))
    }

    /// The regions of an account to read; where they may not be listed, those that the
    /// configuration names.
    async fn regions_of(
        &self,
        account: &Account,
        filter: &RegionFilter,
    ) -> Result<RegionPlan, Fault> {
        let home = Place::new(account.id(), account.default_region());
        let calls = self.calls_in(&home, RegionProgress::unseen());
        let listed = match all_regions(&calls, &account.config(&home.region)).await {
            // A session may have ended early.
            Err(error) if error.fault().kind == FaultKind::Credentials => {
                account.forget_credentials().await;
                all_regions(&calls, &account.config(&home.region)).await
            }
            listed => listed,
        };
        match listed {
            Ok(found) => Ok(filter.plan(found)),
            Err(error) if error.is_denied() && !filter.named().is_empty() => {
                Ok(RegionPlan { enabled: filter.named(), excluded: Vec::new() })
            }
            Err(error) => Err(error.fault()),
        }
    }

    fn calls_in(&self, place: &Place, progress: RegionProgress) -> Calls {
        Calls::new(Arc::clone(&self.shared), place, self.limits.calls_per_region, progress)
    }

    async fn read_once(
        &self,
        account: &Account,
        place: &Place,
        progress: &RegionProgress,
    ) -> Result<Reading, RegionError> {
        let calls = self.calls_in(place, progress.clone());
        let sweep = RegionSweep {
            calls: &calls,
            config: &account.config(&place.region),
            known: &self.known,
            is_home: account.default_region() == place.region,
            taken_at: unix_seconds(),
        };
        sweep.read().await
    }

    /// Remembers the accounts of a plan, and forgets what was kept for others.
    fn remember(&self, planned: &[PlannedAccount], accounts: Vec<Account>) {
        let places: HashSet<Place> = planned
            .iter()
            .flat_map(|account| {
                account.regions.iter().map(|region| Place::new(&account.id, region))
            })
            .collect();
        self.known.keep(|place| places.contains(place));
        self.shared.pacing.keep(|place| places.contains(place));
        let by_id = accounts.into_iter().map(|account| (account.id().to_owned(), account));
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = by_id.collect();
    }

    fn account(&self, id: &str) -> Option<Account> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}

#[async_trait]
impl RegionReader for AwsReader {
    async fn plan(&self) -> Plan {
        let Some(configured) = self.accounts.current().await else {
            let cause = "the accounts are not known: discovery is ending".to_owned();
            let fault = Fault::new(FaultKind::Transient, cause);
            let configured_as = "all accounts".to_owned();
            let fault = AccountFault { account_id: None, configured_as, fault };
            return Plan { accounts: Vec::new(), faults: vec![fault] };
        };
        let (resolution, filter) = (configured.resolve().await, &configured.config().regions);
        let mut plan = Plan::default();
        plan.faults.extend(resolution.faults.into_iter().map(faults::of_account));
        let accounts = resolution.accounts.into_iter();
        let planned: Vec<_> =
            accounts.map(|account| self.plan_account(account, filter).boxed()).collect();
        let planned = stream::iter(planned).buffer_unordered(self.limits.accounts.max(1));
        let planned: Vec<_> = planned.collect().await;
        let mut accounts = Vec::new();
        for result in planned {
            match result {
                Ok((planned, account)) => {
                    plan.accounts.push(planned);
                    accounts.push(account);
                }
                Err(fault) => plan.faults.push(fault),
            }
        }
        plan.accounts.sort_by(|one, other| one.id.cmp(&other.id));
        self.remember(&plan.accounts, accounts);
        plan
    }

    async fn read(&self, place: &Place, progress: &RegionProgress) -> Result<Reading, RegionError> {
        let Some(account) = self.account(&place.account_id) else {
            let cause = format!("account {} is not configured any more", place.account_id);
            return Err(Fault::new(FaultKind::Invalid, cause).into());
        };
        match self.read_once(&account, place, progress).await {
            // A session may have ended early: once more with a new one.
            Err(RegionError::Failed(fault)) if fault.kind == FaultKind::Credentials => {
                account.forget_credentials().await;
                self.read_once(&account, place, progress).await
            }
            result => result,
        }
    }
}

/// A region that the account itself keeps closed. What the configuration leaves out is nobody's
/// question.
fn closed(region: LeftOutRegion) -> Option<ExcludedRegion> {
    let cause = "the account has not opted in to the region".to_owned();
    (region.why == LeftOut::NotOptedIn).then_some(ExcludedRegion { region: region.name, cause })
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
