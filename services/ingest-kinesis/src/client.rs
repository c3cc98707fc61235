//! Clients of Kinesis.

use std::sync::Arc;

use aws_sdk_kinesis::Client;
use aws_smithy_types::retry::RetryConfig;
use weir_aws::{Account, Accounts};
use weir_ingest::{Fault, SourceError};

/// A client for the streams of an account in a region.
#[derive(Clone, Debug)]
pub(crate) struct RegionClient {
    /// The accounts that counted when it was made.
    pub(crate) of: Arc<Accounts>,
    pub(crate) account: Account,
    pub(crate) client: Client,
}

impl RegionClient {
    /// The client of the account that is named, or of the first.
    pub(crate) async fn of(
        accounts: &Arc<Accounts>,
        account_id: Option<&str>,
        region: &str,
    ) -> Result<Self, SourceError> {
        let resolution = accounts.resolve().await;
        let mut found = resolution.accounts.into_iter();
        let account = match account_id {
            Some(id) => found.find(|account| account.id() == id),
            None => found.next(),
        };
        let account = account.ok_or_else(|| missing(account_id, &resolution.faults))?;
        let config = aws_sdk_kinesis::config::Builder::from(&account.config(region))
            // Each shard has its own pace, and tries again by itself.
            .retry_config(RetryConfig::disabled())
            .build();
        Ok(Self { of: Arc::clone(accounts), account, client: Client::from_conf(config) })
    }
}

fn missing(account_id: Option<&str>, faults: &[weir_aws::AccountFault]) -> SourceError {
    let which = account_id.unwrap_or("of the default chain");
    let mut what = format!("the account {which} cannot be used: see [aws], or AccountService");
    for fault in faults.iter().take(3) {
        what.push_str(&format!("; {}: {}", fault.origin, fault.problem));
    }
    SourceError::transient(Fault::Denied, what)
}
