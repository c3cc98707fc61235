//! Clients of CloudWatch Logs, each with the credentials that are configured for it.

use aws_sdk_cloudwatchlogs::Client;
use aws_smithy_types::retry::RetryConfig;
use tokio::sync::Mutex;
use weir_aws::{Access, AccessAccounts, Account, FollowedAccounts};
use weir_ingest::{Fault, SourceError};

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
    accounts: AccessAccounts,
    /// Few: a list will do.
    known: Mutex<Vec<((Access, String), LogsClient)>>,
}

impl Clients {
    pub(crate) fn new(accounts: FollowedAccounts) -> Self {
        Self { accounts: AccessAccounts::new(accounts), known: Mutex::default() }
    }

    /// The client for a region.
    pub(crate) async fn of(
        &self,
        access: &Access,
        region: &str,
    ) -> Result<LogsClient, SourceError> {
        let account = self.account(access).await?;
        let mut known = self.known.lock().await;
        let is_it = |(of, of_region): &(Access, String)| of == access && of_region == region;
        let place = known.iter().position(|(key, _)| is_it(key));
        if let Some(client) = place.and_then(|place| known.get(place)).map(|(_, client)| client)
            && client.account.shares_credentials_with(&account)
        {
            return Ok(client.clone());
        }
        // Other accounts count by now.
        place.map(|place| known.swap_remove(place));
        // Calls are made again by who makes them, at the pace of the account and region.
        let config = aws_sdk_cloudwatchlogs::config::Builder::from(&account.config(region))
            .retry_config(RetryConfig::disabled());
        let client = LogsClient { account, sdk: Client::from_conf(config.build()) };
        known.push(((access.clone(), region.to_owned()), client.clone()));
        Ok(client)
    }

    async fn account(&self, access: &Access) -> Result<Account, SourceError> {
        let account = self.accounts.of(access).await;
        let account = account.map_err(|fault| SourceError::of_access(&fault))?;
        match access {
            // Log groups let in no other account.
            Access::Account(id) if account.id() != id => {
                let mut what = format!(
                    "the log group is of account {id}, and weir is in {}: give a role, or the \
                     account in [aws] or by AccountService",
                    account.id()
                );
                for fault in self.accounts.of_unknown_accounts().await.iter().take(3) {
                    what.push_str(&format!("; {}: {}", fault.origin, fault.problem));
                }
                Err(SourceError::transient(Fault::Denied, what))
            }
            _ => Ok(account),
        }
    }
}
