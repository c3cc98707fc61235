//! Clients of CloudWatch Logs, each with the credentials that are configured for it.

use aws_sdk_cloudwatchlogs::Client;
use aws_smithy_types::retry::RetryConfig;
use tokio::sync::Mutex;
use weir_aws::{Account, Accounts, AwsFault, FaultKind, KmsFault};
use weir_ingest::{Fault, SourceError};

use crate::inputs::Access;

/// A client in one region.
#[derive(Clone, Debug)]
pub(crate) struct LogsClient {
    /// Whose credentials it has.
    pub(crate) account: Account,
    pub(crate) sdk: Client,
}

/// Makes clients and keeps them. What fails is tried again by the next call.
#[derive(Debug)]
pub(crate) struct Clients {
    accounts: Accounts,
    known: Mutex<Known>,
}

/// Few of each: lists will do.
#[derive(Debug, Default)]
struct Known {
    accounts: Vec<(Access, Account)>,
    clients: Vec<((Access, String), LogsClient)>,
}

impl Clients {
    pub(crate) fn new(accounts: Accounts) -> Self {
        Self { accounts, known: Mutex::default() }
    }

    /// The client for a region.
    pub(crate) async fn of(
        &self,
        access: &Access,
        region: &str,
    ) -> Result<LogsClient, SourceError> {
        let mut known = self.known.lock().await;
        let is_it = |(of, of_region): &(Access, String)| of == access && of_region == region;
        if let Some((_, client)) = known.clients.iter().find(|(key, _)| is_it(key)) {
            return Ok(client.clone());
        }
        let account = self.account(&mut known, access).await?;
        // Calls are made again by who makes them, at the pace of the account and region.
        let config = aws_sdk_cloudwatchlogs::config::Builder::from(&account.config(region))
            .retry_config(RetryConfig::disabled());
        let client = LogsClient { account, sdk: Client::from_conf(config.build()) };
        known.clients.push(((access.clone(), region.to_owned()), client.clone()));
        Ok(client)
    }

    async fn account(&self, known: &mut Known, access: &Access) -> Result<Account, SourceError> {
        if let Some((_, account)) = known.accounts.iter().find(|(each, _)| each == access) {
            return Ok(account.clone());
        }
        let account = match access {
            Access::Account(id) => self.account_of_id(id).await?,
            Access::Role(role) => {
                let assumed = self.accounts.assume(role).await;
                assumed.map_err(|fault| {
                    let kind = fault.problem.fault().map_or(Fault::Denied, fault_of);
                    SourceError::transient(kind, fault.to_string())
                })?
            }
        };
        known.accounts.push((access.clone(), account.clone()));
        Ok(account)
    }

    async fn account_of_id(&self, id: &str) -> Result<Account, SourceError> {
        let resolution = self.accounts.resolve().await;
        if let Some(account) = resolution.accounts.into_iter().find(|account| account.id() == id) {
            return Ok(account);
        }
        let mut faults = resolution.faults.into_iter();
        if let Some(fault) = faults.find(|fault| fault.account_id.as_deref() == Some(id)) {
            let kind = fault.problem.fault().map_or(Fault::Denied, fault_of);
            return Err(SourceError::transient(kind, fault.to_string()));
        }
        let own = self.accounts.own().await;
        let own = own.map_err(|fault| error_of("weir's own identity", fault))?;
        if own.id() == id {
            return Ok(own);
        }
        let what = format!(
            "the log group is of account {id}, and weir is in {}: give a role, or the account in \
             [aws]",
            own.id()
        );
        Err(SourceError::transient(Fault::Denied, what))
    }
}

/// What an error of AWS is to an input.
pub(crate) fn error_of(what: &str, fault: AwsFault) -> SourceError {
    SourceError::transient(fault_of(&fault), what).because(fault)
}

/// The label of an error of AWS.
fn fault_of(fault: &AwsFault) -> Fault {
    match &fault.kind {
        FaultKind::Throttled | FaultKind::Kms(KmsFault::Throttling) => Fault::Throttled,
        FaultKind::Kms(_) => Fault::Key,
        FaultKind::Transient => Fault::Unreachable,
        FaultKind::NotFound => Fault::Gone,
        FaultKind::Invalid => Fault::Read,
        FaultKind::Denied(_)
        | FaultKind::Expired
        | FaultKind::UnknownKey
        | FaultKind::WrongSecret
        | FaultKind::NoCredentials
        | FaultKind::ClockSkew
        | FaultKind::RegionDisabled => Fault::Denied,
    }
}
