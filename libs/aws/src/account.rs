//! One account that weir can read.

use std::fmt;
use std::sync::Arc;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::region::Region;

use crate::arn::RoleArn;
use crate::fault::{AwsFault, classify};
use crate::kept::KeptCredentials;
use crate::partition::Partition;

/// How an account, or a source of accounts, is configured. It is displayed as people know it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A profile with an access key: its name, or its place among the profiles, from 0.
    Profile {
        /// Its place.
        place: usize,
        /// Its name.
        name: Option<String>,
    },
    /// A role that is listed.
    Role(RoleArn),
    /// A role in an account of the organization.
    Organization(RoleArn),
    /// The organization itself, where its accounts cannot be listed.
    Organizations,
    /// weir's own identity, from the default chain of AWS.
    Own,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile { name: Some(name), .. } => write!(f, "profile {name}"),
            Self::Profile { place, name: None } => write!(f, "profiles[{place}]"),
            Self::Role(arn) => write!(f, "role {arn}"),
            Self::Organization(arn) => write!(f, "organization, role {arn}"),
            Self::Organizations => f.write_str("organization"),
            Self::Own => f.write_str("default chain"),
        }
    }
}

/// An account with working credentials. Clones share these.
#[derive(Clone)]
pub struct Account {
    pub(crate) id: Arc<str>,
    pub(crate) caller: Arc<str>,
    pub(crate) partition: Partition,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) default_region: Arc<str>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) credentials: KeptCredentials,
    pub(crate) base: SdkConfig,
}

impl Account {
    /// Twelve digits, as GetCallerIdentity says.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The ARN of who weir is in this account, as GetCallerIdentity says.
    pub fn caller(&self) -> &str {
        &self.caller
    }

    /// The partition.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The configured name, or that of the organization.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The region that is asked for what is the same in all regions.
    pub fn default_region(&self) -> &str {
        &self.default_region
    }

    /// Whether both have the same credentials, renewed together.
    pub fn shares_credentials_with(&self, other: &Self) -> bool {
        self.credentials.is_clone_of(&other.credentials)
    }

    /// How it is configured.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The credentials, renewed before their end.
    pub fn credentials(&self) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(self.credentials.clone())
    }

    /// What clients of any service are made from: this account in `region`. All share one HTTP
    /// client; retries are adaptive and bounded, every call has a time limit, and endpoints are
    /// as configured.
    ///
    /// The SDK slows calls down by service and region, for all accounts together, unless a
    /// client's own configuration has a `retry_partition`: give it [`Account::retry_scope`].
    pub fn config(&self, region: &str) -> SdkConfig {
        let region = Region::new(region.to_owned());
        self.base.to_builder().region(region).credentials_provider(self.credentials()).build()
    }

    /// The name of the scope within which throttling of a service slows calls down: AWS counts
    /// by account and region.
    pub fn retry_scope(&self, service: &str, region: &str) -> String {
        format!("{service}-{region}-{}", self.id)
    }

    /// The next call gets new credentials.
    pub async fn forget_credentials(&self) {
        self.credentials.forget().await;
    }

    /// Makes a call, and once more with new credentials when these turn out to be expired: AWS
    /// may end a session earlier than it said, and clocks differ.
    ///
    /// # Errors
    ///
    /// What the call's error means.
    pub async fn with_fresh_credentials<T, E, F>(&self, call: impl Fn() -> F) -> Result<T, AwsFault>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    {
        let fault = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => classify(&error),
        };
        if !fault.wants_fresh_credentials() {
            return Err(fault);
        }
        self.forget_credentials().await;
        call().await.map_err(|error| classify(&error))
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, partition, name, default_region, origin, .. } = self;
        f.debug_struct("Account")
            .field("id", id)
            .field("partition", partition)
            .field("name", name)
            .field("default_region", default_region)
            .field("origin", origin)
            .finish_non_exhaustive()
    }
}
