//! From the configuration to accounts with working credentials.

mod access;
mod candidates;
mod claims;
mod followed;
mod identity;
mod organization;
mod problem;
mod resolve;

use aws_credential_types::provider::SharedCredentialsProvider;
use tokio::sync::OnceCell;

use crate::account::{Account, Origin};
use crate::base::{self, OwnIdentity};
use crate::config::AwsConfig;
use crate::fault::AwsFault;
use crate::role::Role;
use crate::session::RoleSessions;

pub use access::{Access, AccessAccounts, AccessFault};
pub use followed::FollowedAccounts;
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

    /// The same with the default chain of AWS as weir's own identity even where the configuration
    /// has profiles alone: for roles that are configured elsewhere ([`Accounts::assume`]).
    pub fn with_default_chain(config: AwsConfig) -> Self {
        Self { config, own: OwnIdentity::DefaultChain, base: OnceCell::new() }
    }

    /// Whether weir has an identity of its own to ask for: not where access keys are all that is
    /// configured.
    pub fn has_own_identity(&self) -> bool {
        !matches!(self.own, OwnIdentity::None)
    }

    /// The configuration.
    pub fn config(&self) -> &AwsConfig {
        &self.config
    }

    /// Asks for the identity behind each profile, assumes each role, and lists the accounts of
    /// the organization. At most 16 calls are under way at the same time.
    pub async fn resolve(&self) -> Resolution {
        resolve::resolve(&self.config, self.base().await).await
    }

    /// weir's own identity, whether or not its account is read.
    ///
    /// # Errors
    ///
    /// When it has none, or AWS does not say whose it is.
    pub async fn own(&self) -> Result<Account, AwsFault> {
        candidates::identify_own(&self.config, self.base().await).await
    }

    /// The account that a role leads to, which weir's own identity assumes. It need not be one of
    /// the configured roles.
    ///
    /// # Errors
    ///
    /// What is wrong with the role, or with weir's own identity.
    pub async fn assume(&self, role: &Role) -> Result<Account, Box<AccountFault>> {
        let origin = Origin::Role(role.arn.clone());
        let own = self.own().await.map_err(|fault| {
            candidates::of_role(&origin, role, AccountProblem::NoOwnIdentity(fault))
        })?;
        let sessions = RoleSessions::new(&own, role.clone(), self.config.session_duration);
        candidates::identify_role(origin, role.clone(), sessions, &own).await
    }

    async fn base(&self) -> &aws_types::SdkConfig {
        let load = || base::load(&self.config, self.own.clone());
        self.base.get_or_init(load).await
    }
}
