//! Clients of queues and buckets, each with the credentials that are configured for it.

use aws_sdk_s3::config::retry::RetryPartition;
use tokio::sync::Mutex;
use weir_aws::{Account, Accounts, AwsFault, FaultKind, KmsFault};
use weir_ingest::{Fault, SourceError};

use crate::inputs::Access;

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
    accounts: Accounts,
    known: Mutex<Known>,
}

/// Few of each: lists will do.
#[derive(Debug, Default)]
struct Known {
    accounts: Vec<(Access, Account)>,
    sqs: Vec<((Access, String), Client<aws_sdk_sqs::Client>)>,
    s3: Vec<((Access, String), Client<aws_sdk_s3::Client>)>,
}

impl Clients {
    pub(crate) fn new(accounts: Accounts) -> Self {
        Self { accounts, known: Mutex::default() }
    }

    /// A client of SQS.
    pub(crate) async fn sqs(
        &self,
        access: &Access,
        region: &str,
    ) -> Result<Client<aws_sdk_sqs::Client>, SourceError> {
        let mut known = self.known.lock().await;
        if let Some(client) = found(&known.sqs, access, region) {
            return Ok(client);
        }
        let account = self.account(&mut known, access).await?;
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
        let mut known = self.known.lock().await;
        if let Some(client) = found(&known.s3, access, region) {
            return Ok(client);
        }
        let account = self.account(&mut known, access).await?;
        let scope = RetryPartition::new(account.retry_scope("s3", region));
        let config = aws_sdk_s3::config::Builder::from(&account.config(region));
        let sdk = aws_sdk_s3::Client::from_conf(config.retry_partition(scope).build());
        let client = Client { account, sdk };
        known.s3.push(((access.clone(), region.to_owned()), client.clone()));
        Ok(client)
    }

    /// The region that weir's own identity is at home in.
    pub(crate) async fn own_region(&self) -> Result<String, SourceError> {
        let mut known = self.known.lock().await;
        let own = self.account(&mut known, &Access::Own).await?;
        Ok(own.default_region().to_owned())
    }

    async fn account(&self, known: &mut Known, access: &Access) -> Result<Account, SourceError> {
        if let Some((_, account)) = known.accounts.iter().find(|(each, _)| each == access) {
            return Ok(account.clone());
        }
        let account = match access {
            Access::Own => self.own().await?,
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
        self.own().await
    }

    async fn own(&self) -> Result<Account, SourceError> {
        self.accounts.own().await.map_err(|fault| error_of("weir's own identity", fault))
    }
}

fn found<C: Clone>(
    clients: &[((Access, String), Client<C>)],
    access: &Access,
    region: &str,
) -> Option<Client<C>> {
    let is_it = |(of, of_region): &(Access, String)| of == access && of_region == region;
    clients.iter().find(|(key, _)| is_it(key)).map(|(_, client)| client.clone())
}

/// What an error of AWS is to an input.
pub(crate) fn error_of(what: &str, fault: AwsFault) -> SourceError {
    SourceError::transient(fault_of(&fault), what).because(fault)
}

/// The label of an error of AWS.
pub(crate) fn fault_of(fault: &AwsFault) -> Fault {
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
