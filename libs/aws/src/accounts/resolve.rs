//! Profiles, roles, weir's own account and the organization, in this order.

use aws_types::SdkConfig;
use futures_util::StreamExt as _;
use futures_util::stream;

use super::Resolution;
use super::candidates::{identify_own, identify_profile, identify_role, of_role};
use super::claims::Claims;
use super::organization;
use super::problem::{AccountFault, AccountProblem};
use crate::account::{Account, Origin};
use crate::config::AwsConfig;
use crate::fault::AwsFault;
use crate::role::Role;
use crate::session::RoleSessions;

/// Calls that are under way at the same time, at most.
const AT_ONCE: usize = 16;

/// What is being found.
struct Search<'a> {
    config: &'a AwsConfig,
    base: &'a SdkConfig,
    claims: Claims,
    found: Resolution,
}

pub(super) async fn resolve(config: &AwsConfig, base: &SdkConfig) -> Resolution {
    let (claims, found) = (Claims::default(), Resolution::default());
    let mut search = Search { config, base, claims, found };
    search.profiles().await;
    if config.needs_own_identity() {
        search.with_own_identity().await;
    }
    search.found
}

impl Search<'_> {
    async fn profiles(&mut self) {
        let (config, base) = (self.config, self.base);
        let profiles = config.profiles.iter().enumerate();
        let calls = profiles.map(|(place, profile)| identify_profile(place, profile, config, base));
        // Made beforehand: a stream whose closure takes a reference cannot be sent to another
        // thread (rust-lang/rust#102211).
        let calls: Vec<_> = calls.collect();
        let identified = stream::iter(calls).buffered(AT_ONCE).collect::<Vec<_>>().await;
        for result in identified {
            let claimed = result.and_then(|account| {
                self.claims.claim(account.id(), account.origin())?;
                Ok(account)
            });
            self.add(claimed);
        }
    }

    /// Roles, weir's own account and the organization: what needs weir's own identity.
    async fn with_own_identity(&mut self) {
        let own = match identify_own(self.config, self.base).await {
            Ok(own) => own,
            Err(fault) => return self.without_own_identity(&fault),
        };
        let listed = self.config.roles.iter().cloned();
        let listed: Vec<_> = listed.map(|role| (Origin::Role(role.arn.clone()), role)).collect();
        let listed = self.assumable(listed, &own);
        self.assume(listed, &own).await;
        let reads_own = self.config.reads_own_account() && !self.claims.has(own.id());
        if reads_own {
            // It is claimed by nobody else: that was asked.
            self.claims.claim(own.id(), own.origin()).ok();
            self.found.accounts.push(own.clone());
        }
        self.organization(&own).await;
    }

    async fn organization(&mut self, own: &Account) {
        let Some(config) = &self.config.organization else { return };
        let roles = match organization::roles(config, own).await {
            Ok(roles) => roles,
            Err(fault) => {
                let problem = AccountProblem::NotListed(fault);
                let origin = Origin::Organizations;
                return self.found.faults.push(AccountFault { account_id: None, origin, problem });
            }
        };
        // What is configured by itself goes before what an organization has.
        let is_new = |role: &Role| {
            let id = role.arn.account_id();
            !self.claims.has(id) && id != own.id()
        };
        let new = roles.into_iter().filter(is_new);
        let new: Vec<_> = new.map(|role| (Origin::Organization(role.arn.clone()), role)).collect();
        self.assume(new, own).await;
    }

    /// The roles that are worth a call; the others are refused.
    fn assumable(&mut self, roles: Vec<(Origin, Role)>, own: &Account) -> Vec<(Origin, Role)> {
        let mut kept = Vec::with_capacity(roles.len());
        for (origin, role) in roles {
            match self.check(&origin, &role, own) {
                Ok(()) => kept.push((origin, role)),
                Err(fault) => self.found.faults.push(*fault),
            }
        }
        kept
    }

    fn check(
        &mut self,
        origin: &Origin,
        role: &Role,
        own: &Account,
    ) -> Result<(), Box<AccountFault>> {
        if role.arn.is_role_of(own.caller()) {
            return Err(of_role(origin, role, AccountProblem::OwnRole));
        }
        let (role_s, own_s) = (role.arn.partition(), own.partition());
        if role_s != own_s {
            let problem = AccountProblem::OtherPartition { role: role_s, own: own_s };
            return Err(of_role(origin, role, problem));
        }
        self.claims.claim(role.arn.account_id(), origin)
    }

    async fn assume(&mut self, roles: Vec<(Origin, Role)>, own: &Account) {
        let duration = self.config.session_duration;
        let assumed = stream::iter(roles)
            .map(|(origin, role)| {
                let sessions = RoleSessions::new(own, role.clone(), duration);
                identify_role(origin, role, sessions, own)
            })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        assumed.into_iter().for_each(|result| self.add(result));
    }

    /// Without weir's own identity there are only profiles.
    fn without_own_identity(&mut self, fault: &AwsFault) {
        let problem = || AccountProblem::NoOwnIdentity(fault.clone());
        for role in &self.config.roles {
            let origin = Origin::Role(role.arn.clone());
            self.found.faults.push(*of_role(&origin, role, problem()));
        }
        let mut of = |origin| {
            let problem = problem();
            self.found.faults.push(AccountFault { account_id: None, origin, problem });
        };
        if self.config.organization.is_some() {
            of(Origin::Organizations);
        }
        if self.config.reads_own_account() {
            let problem = AccountProblem::NotIdentified(fault.clone());
            let origin = Origin::Own;
            self.found.faults.push(AccountFault { account_id: None, origin, problem });
        }
    }

    fn add(&mut self, result: Result<Account, Box<AccountFault>>) {
        match result {
            Ok(account) => self.found.accounts.push(account),
            Err(fault) => self.found.faults.push(*fault),
        }
    }
}
