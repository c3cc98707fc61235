//! From the configuration to accounts with working credentials.

mod candidates;
mod claims;
mod identity;
mod organization;
mod problem;
mod resolve;

use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::sync::OnceCell;

use crate::account::Account;
use crate::base::{self, OwnIdentity};
use crate::config::AwsConfig;

pub use problem::{AccountFault, AccountProblem};

/// The configured accounts. Resolve them before each sweep: accounts of an organization come
/// and go, and files with keys are read anew.
#[derive(Debug)]
pub struct Accounts {
    config: AwsConfig,
    own: OwnIdentity,
    base: OnceCell<aws_types::SdkConfig>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// Accounts that can be read, each once: profiles, roles, weir's own, those of the
    /// organization, in this order.
    pub accounts: Vec<Account>,
    /// What is configured and cannot be read.
    pub faults: Vec<AccountFault>,
}

impl Accounts {
    /// Opens nothing and calls nobody.
    pub fn new(config: AwsConfig) -> Self {
        let needs_chain = config.needs_own_identity();
        let own = if needs_chain { OwnIdentity::DefaultChain } else { OwnIdentity::None };
        Self { config, own, base: OnceCell::new() }
    }

    /// The same with a given identity of weir instead of that of the default chain.
    pub fn with_own_credentials(config: AwsConfig, own: SharedCredentialsProvider) -> Self {
        Self { config, own: OwnIdentity::Given(own), base: OnceCell::new() }
    }

    /// The configuration.
    pub fn config(&self) -> &AwsConfig {
        &self.config
    }

    /// Asks for the identity behind each profile, assumes each role, and lists the accounts of
    /// the organization. At most 16 calls are under way at the same time.
    pub async fn resolve(&self) -> Resolution {
        let load = || base::load(&self.config, self.own.clone());
        let base = self.base.get_or_init(load).await;
        resolve::resolve(&self.config, base).await
    }
}
