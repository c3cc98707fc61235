//! Whose credentials these are.

use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_sts::Client;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::account::{Account, Origin};
use crate::fault::{AwsFault, FaultKind, classify};
use crate::kept::KeptCredentials;
use crate::partition::Partition;

/// Credentials of which the account is not known yet.
pub(super) struct Candidate {
    pub(super) origin: Origin,
    pub(super) name: Option<String>,
    pub(super) region: String,
    pub(super) source: SharedCredentialsProvider,
}

impl Candidate {
    /// The account, by GetCallerIdentity.
    pub(super) async fn identify(self, base: &SdkConfig) -> Result<Account, AwsFault> {
        let Self { origin, name, region, source } = self;
        let credentials = KeptCredentials::new(source);
        let own = base
            .to_builder()
            .region(Region::new(region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials.clone()))
            .build();
        let answer = Client::new(&own).get_caller_identity().send().await;
        let answer = answer.map_err(|error| classify(&error))?;
        let (Some(id), Some(caller)) = (answer.account(), answer.arn()) else {
            return Err(no_identity());
        };
        let partition = caller.split(':').nth(1).unwrap_or_default().parse();
        Ok(Account {
            id: id.into(),
            caller: caller.into(),
            partition: partition.unwrap_or_else(|_| Partition::of_region(&region)),
            name: name.map(Into::into),
            default_region: region.into(),
            origin: Arc::new(origin),
            credentials,
            base: base.clone(),
        })
    }
}

fn no_identity() -> AwsFault {
    let message = "STS named no account".to_owned();
    AwsFault { kind: FaultKind::Invalid, code: None, message, request_id: None }
}
