//! Whose credentials metrics are put with.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::MetricDatum;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use weir_aws::{Access, AccessAccounts, AccessFault, Account, AwsFault, FollowedAccounts};
use weir_ingest::SourceError;

use std::time::Duration;

/// The call, as policies name it.
const ACTION: &str = "cloudwatch:PutMetricData";

/// How long a call may take.
const CALL: Duration = Duration::from_secs(30);

/// Puts metrics with the credentials that count at each time.
#[derive(Debug)]
pub(super) struct MetricsClient {
    accounts: AccessAccounts,
    region: Option<String>,
    known: Option<(Account, Client)>,
}

/// Why metrics could not be put.
#[derive(Debug)]
pub(super) enum PutFault {
    /// There are no credentials.
    Access(AccessFault),
    /// The call failed.
    Call(AwsFault),
}

impl MetricsClient {
    pub(super) fn new(accounts: FollowedAccounts, region: Option<String>) -> Self {
        Self { accounts: AccessAccounts::new(accounts), region, known: None }
    }

    /// Puts metrics. An error may come of a call that was done all the same; then what is put again
    /// counts twice.
    pub(super) async fn put(
        &mut self,
        namespace: &str,
        data: Vec<MetricDatum>,
    ) -> Result<(), PutFault> {
        let (account, client) = self.client().await.map_err(PutFault::Access)?;
        let call = || {
            client.put_metric_data().namespace(namespace).set_metric_data(Some(data.clone())).send()
        };
        let answer = account.with_fresh_credentials(call).await;
        answer.map(drop).map_err(|fault| PutFault::Call(fault.of_action(ACTION)))
    }

    async fn client(&mut self) -> Result<(Account, Client), AccessFault> {
        let account = self.accounts.of(&Access::OwnOrFirst).await?;
        if let Some((known, client)) = &self.known
            && known.shares_credentials_with(&account)
        {
            return Ok((account, client.clone()));
        }
        let region = self.region.as_deref().unwrap_or_else(|| account.default_region());
        let config = aws_sdk_cloudwatch::config::Builder::from(&account.config(region))
            // It is called again with what has come meanwhile.
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(CALL).build())
            .build();
        let client = Client::from_conf(config);
        self.known = Some((account.clone(), client.clone()));
        Ok((account, client))
    }
}

impl PutFault {
    /// Whether the same metrics would be refused again.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Call(fault) if fault.kind == weir_aws::FaultKind::Invalid)
    }

    /// For people.
    pub(super) fn error(self) -> SourceError {
        match self {
            Self::Access(fault) => SourceError::of_access(&fault),
            Self::Call(fault) => SourceError::of_aws("metrics cannot be put to CloudWatch", fault),
        }
    }
}
