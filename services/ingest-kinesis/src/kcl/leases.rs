//! What a worker does with its leases, under the library's names.

use std::time::Duration;

use weir_lease::{CallOutcome, LeaseCall, LeaseObserver, Round};

use super::Kcl;
use super::catalogue::Metric;
use super::samples::Scope;

impl LeaseObserver for Kcl {
    fn called(&self, call: LeaseCall, outcome: CallOutcome, took: Duration) {
        self.leases.called(call, outcome, took);
        let (success, time, scope) = match call {
            LeaseCall::List => (Metric::ListLeasesSuccess, Metric::ListLeasesTime, Scope::Worker),
            LeaseCall::Take => (Metric::TakeLeaseSuccess, Metric::TakeLeaseTime, Scope::Worker),
            LeaseCall::Renew => (Metric::RenewLeaseSuccess, Metric::RenewLeaseTime, Scope::Worker),
            LeaseCall::Create => {
                (Metric::CreateLeaseSuccess, Metric::CreateLeaseTime, Scope::Application)
            }
            // The library has no metrics of these.
            LeaseCall::Read | LeaseCall::Ask | LeaseCall::Release | LeaseCall::Delete => return,
        };
        self.sample_call((success, time), &scope, outcome == CallOutcome::Done, took);
    }

    fn round(&self, round: &Round) {
        self.leases.round(round);
        for (metric, count) in [
            (Metric::CurrentLeases, round.held),
            (Metric::LostLeases, round.lost),
            (Metric::TakenLeases, round.taken),
            (Metric::ExpiredLeases, round.free),
            (Metric::NumWorkers, round.workers),
            (Metric::TotalLeases, round.units),
            (Metric::NeededLeases, round.needed),
            (Metric::LeasesToTake, round.chosen),
        ] {
            self.sample(metric, &Scope::Worker, count as f64);
        }
    }
}
