//! Whose credentials a service uses for something that it reads.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::{AccountFault, Accounts, FollowedAccounts, Resolution};
use crate::account::Account;
use crate::fault::AwsFault;
use crate::role::Role;

/// Whose credentials are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// weir's own.
    Own,
    /// weir's own; where `[aws]` has access keys alone, so that weir has no identity of its own,
    /// those of the first account that can be used.
    OwnOrFirst,
    /// Those that `[aws]` has for an account of this id; weir's own where it has none, since
    /// resources can let in other accounts by their policies.
    Account(String),
    /// Those of a role that weir's own identity assumes.
    Role(Role),
}

impl Access {
    /// That of an account where its id is known, else weir's own.
    pub fn of_account(id: Option<&str>) -> Self {
        id.map_or(Self::Own, |id| Self::Account(id.to_owned()))
    }
}

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum AccessFault {
    /// weir has no identity of its own.
    #[error("weir's own identity: {0}")]
    Own(AwsFault),
    /// The account, or the role, that was asked for.
    #[error(transparent)]
    Account(Box<AccountFault>),
    /// The account that was asked for is not configured, and weir has no identity of its own.
    #[error(
        "there is no account {account_id} in [aws] or of AccountService{unusable}, and weir has no \
         identity of its own: {own}"
    )]
    Missing {
        /// Twelve digits.
        account_id: String,
        /// What is configured, cannot be used, and may be that account.
        unusable: String,
        /// What AWS said of weir's own identity.
        own: AwsFault,
    },
    /// The process ends.
    #[error("it is not known which accounts count: the process ends")]
    NobodyTells,
}

impl AccessFault {
    /// What AWS said; none where nobody was asked.
    pub fn fault(&self) -> Option<&AwsFault> {
        match self {
            Self::Own(fault) | Self::Missing { own: fault, .. } => Some(fault),
            Self::Account(fault) => fault.problem.fault(),
            Self::NobodyTells => None,
        }
    }
}

/// Accounts that cannot be used and are told in one message, at most.
const SHOWN: usize = 3;

/// Accounts by whose credentials are asked for, each found once. What fails is tried again by the
/// next call; all are found anew when other accounts count.
#[derive(Debug)]
pub struct AccessAccounts {
    accounts: FollowedAccounts,
    known: Mutex<Known>,
}

/// What was found of some accounts.
#[derive(Debug, Default)]
struct Known {
    of: Option<Arc<Accounts>>,
    /// Few: a list will do.
    found: Vec<(Access, Account)>,
}

impl AccessAccounts {
    /// Calls nobody as yet.
    pub fn new(accounts: impl Into<FollowedAccounts>) -> Self {
        Self { accounts: accounts.into(), known: Mutex::default() }
    }

    /// The account whose credentials these are.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or with weir's own identity.
    pub async fn of(&self, access: &Access) -> Result<Account, AccessFault> {
        let accounts = self.accounts.current().await.ok_or(AccessFault::NobodyTells)?;
        let mut known = self.known.lock().await;
        if known.of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, &accounts)) {
            *known = Known { of: Some(Arc::clone(&accounts)), found: Vec::new() };
        }
        if let Some((_, account)) = known.found.iter().find(|(each, _)| each == access) {
            return Ok(account.clone());
        }
        let account = match access {
            Access::Own => own(&accounts).await?,
            Access::OwnOrFirst => own_or_first(&accounts).await?,
            Access::Account(id) => of_id(&accounts, id).await?,
            Access::Role(role) => accounts.assume(role).await.map_err(AccessFault::Account)?,
        };
        known.found.push((access.clone(), account.clone()));
        Ok(account)
    }

    /// What is configured and may be any account, since it cannot be used: an access key of the
    /// run time without its key file.
    pub async fn of_unknown_accounts(&self) -> Vec<AccountFault> {
        let Some(accounts) = self.accounts.current().await else { return Vec::new() };
        let faults = accounts.resolve().await.faults.into_iter();
        faults.filter(|fault| fault.account_id.is_none()).collect()
    }
}

async fn of_id(accounts: &Accounts, id: &str) -> Result<Account, AccessFault> {
    let resolution = accounts.resolve().await;
    if let Some(account) = resolution.accounts.into_iter().find(|account| account.id() == id) {
        return Ok(account);
    }
    let (of_it, others): (Vec<_>, Vec<_>) =
        resolution.faults.into_iter().partition(|fault| fault.account_id.as_deref() == Some(id));
    if let Some(fault) = of_it.into_iter().next() {
        return Err(AccessFault::Account(Box::new(fault)));
    }
    accounts.own().await.map_err(|own| {
        let unknown = others.iter().filter(|fault| fault.account_id.is_none());
        let unusable = unknown.take(SHOWN).map(|it| format!("; {}: {}", it.origin, it.problem));
        AccessFault::Missing { account_id: id.to_owned(), unusable: unusable.collect(), own }
    })
}

async fn own_or_first(accounts: &Accounts) -> Result<Account, AccessFault> {
    if accounts.has_own_identity() {
        return own(accounts).await;
    }
    let Resolution { accounts: found, faults } = accounts.resolve().await;
    match (found.into_iter().next(), faults.into_iter().next()) {
        (Some(account), _) => Ok(account),
        (None, Some(fault)) => Err(AccessFault::Account(Box::new(fault))),
        (None, None) => own(accounts).await,
    }
}

async fn own(accounts: &Accounts) -> Result<Account, AccessFault> {
    accounts.own().await.map_err(AccessFault::Own)
}
