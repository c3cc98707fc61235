//! Whose credentials a service uses for something that it reads.

use tokio::sync::Mutex;

use super::{AccountFault, Accounts};
use crate::account::Account;
use crate::fault::AwsFault;
use crate::role::Role;

/// Whose credentials are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// weir's own.
    Own,
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
}

impl AccessFault {
    /// What AWS said; none where nobody was asked.
    pub fn fault(&self) -> Option<&AwsFault> {
        match self {
            Self::Own(fault) => Some(fault),
            Self::Account(fault) => fault.problem.fault(),
        }
    }
}

/// Accounts by whose credentials are asked for, each found once. What fails is tried again by the
/// next call.
#[derive(Debug)]
pub struct AccessAccounts {
    accounts: Accounts,
    /// Few: a list will do.
    known: Mutex<Vec<(Access, Account)>>,
}

impl AccessAccounts {
    /// Calls nobody as yet.
    pub fn new(accounts: Accounts) -> Self {
        Self { accounts, known: Mutex::default() }
    }

    /// The account whose credentials these are.
    ///
    /// # Errors
    ///
    /// What is wrong with it, or with weir's own identity.
    pub async fn of(&self, access: &Access) -> Result<Account, AccessFault> {
        let mut known = self.known.lock().await;
        if let Some((_, account)) = known.iter().find(|(each, _)| each == access) {
            return Ok(account.clone());
        }
        let account = match access {
            Access::Own => self.own().await?,
            Access::Account(id) => self.of_id(id).await?,
            Access::Role(role) => self.accounts.assume(role).await.map_err(AccessFault::Account)?,
        };
        known.push((access.clone(), account.clone()));
        Ok(account)
    }

    async fn of_id(&self, id: &str) -> Result<Account, AccessFault> {
        let resolution = self.accounts.resolve().await;
        if let Some(account) = resolution.accounts.into_iter().find(|account| account.id() == id) {
            return Ok(account);
        }
        let mut faults = resolution.faults.into_iter();
        match faults.find(|fault| fault.account_id.as_deref() == Some(id)) {
            Some(fault) => Err(AccessFault::Account(Box::new(fault))),
            None => self.own().await,
        }
    }

    async fn own(&self) -> Result<Account, AccessFault> {
        self.accounts.own().await.map_err(AccessFault::Own)
    }
}
