//! Clients of queues and buckets, each with the credentials that are configured for it.

use aws_sdk_s3::config::retry::RetryPartition;
use tokio::sync::Mutex;
use weir_aws::{Access, AccessAccounts, Account, FollowedAccounts};
use weir_ingest::SourceError;

/// A client of SQS or S3 in one region.
#[derive(Clone, Debug)]
pub(crate) struct Client<C> {
    /// Whose credentials it has.
    pub(crate) account: Account,
    pub(crate) sdk: C,
}

/// Makes clients and keeps them. What fails is tried again by the next call.
#[derive(Debug)]
pub(crate) struct Clients {
    accounts: AccessAccounts,
    known: Mutex<Known>,
}

/// Few of each: lists will do.
#[derive(Debug, Default)]
struct Known {
    sqs: Vec<((Access, String), Client<aws_sdk_sqs::Client>)>,
    s3: Vec<((Access, String), Client<aws_sdk_s3::Client>)>,
}

impl Clients {
    pub(crate) fn new(accounts: FollowedAccounts) -> Self {
        Self { accounts: AccessAccounts::new(accounts), known: Mutex::default() }
    }

    /// A client of SQS.
    pub(crate) async fn sqs(
        &self,
        access: &Access,
        region: &str,
    ) -> Result<Client<aws_sdk_sqs::Client>, SourceError> {
        let account = self.account(access).await?;
        let mut known = self.known.lock().await;
        if let Some(client) = found(&mut known.sqs, access, region, &account) {
            return Ok(client);
        }
        let scope = RetryPartition::new(account.retry_scope("sqs", region));
        let config = aws_sdk_sqs::config::Builder::from(&account.config(region));
        let sdk = aws_sdk_sqs::Client::from_conf(config.retry_partition(scope).build());
        let client = Client { account, sdk };
        known.sqs.push(((access.clone(), region.to_owned()), client.clone()));
        Ok(client)
    }

    /// A client of S3.
    pub(crate) async fn s3(
        &self,
        access: &Access,
        region: &str,
    ) -> Result<Client<aws_sdk_s3::Client>, SourceError> {
        let account = self.account(access).await?;
        let mut known = self.known.lock().await;
        if let Some(client) = found(&mut known.s3, access, region, &account) {
            return Ok(client);
        }
        let scope = RetryPartition::new(account.retry_scope("s3", region));
        let config = aws_sdk_s3::config::Builder::from(&account.config(region));
        let sdk = aws_sdk_s3::Client::from_conf(config.retry_partition(scope).build());
        let client = Client { account, sdk };
        known.s3.push(((access.clone(), region.to_owned()), client.clone()));
        Ok(client)
    }

    /// The region that weir's own identity is at home in.
    pub(crate) async fn own_region(&self) -> Result<String, SourceError> {
        Ok(self.account(&Access::Own).await?.default_region().to_owned())
    }

    async fn account(&self, access: &Access) -> Result<Account, SourceError> {
        self.accounts.of(access).await.map_err(|fault| SourceError::of_access(&fault))
    }
}

/// The client of the account; one with credentials that do not count any more is taken out.
fn found<C: Clone>(
    clients: &mut Vec<((Access, String), Client<C>)>,
    access: &Access,
    region: &str,
    account: &Account,
) -> Option<Client<C>> {
    let is_it = |(of, of_region): &(Access, String)| of == access && of_region == region;
    let place = clients.iter().position(|(key, _)| is_it(key))?;
    let client = clients.get(place).map(|(_, client)| client.clone())?;
    if client.account.shares_credentials_with(account) {
        return Some(client);
    }
    clients.swap_remove(place);
    None
}
