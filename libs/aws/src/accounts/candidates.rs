//! Profiles, roles and weir's own identity, each asked who it is.

use aws_credential_types::Credentials;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::identity::Candidate;
use super::problem::{AccountFault, AccountProblem};
use crate::account::{Account, Origin};
use crate::config::{AwsConfig, Profile};
use crate::fault::AwsFault;
use crate::role::Role;
use crate::secret::{Secret, SecretSource};
use crate::session::RoleSessions;

/// weir's own account.
pub(super) async fn identify_own(
    config: &AwsConfig,
    base: &SdkConfig,
) -> Result<Account, AwsFault> {
    let region = base.region().map(Region::as_ref).map(str::to_owned);
    let region = region.unwrap_or_else(|| config.partition.default_region().to_owned());
    let source = base.credentials_provider().unwrap_or_else(nobody);
    Candidate { origin: Origin::Own, name: None, region, source }.identify(base).await
}

/// The account that a role leads to.
pub(super) async fn identify_role(
    origin: Origin,
    role: Role,
    sessions: RoleSessions,
    own: &Account,
) -> Result<Account, Box<AccountFault>> {
    let region = own.default_region().to_owned();
    let source = SharedCredentialsProvider::new(sessions);
    let name = role.name.clone();
    let candidate = Candidate { origin: origin.clone(), name, region, source };
    let account = candidate.identify(&own.base).await;
    let account =
        account.map_err(|fault| of_role(&origin, &role, AccountProblem::NotAssumed(fault)))?;
    if account.id() != role.arn.account_id() {
        let found = account.id().to_owned();
        let problem = AccountProblem::WrongAccount { role: role.arn.clone(), found };
        return Err(of_role(&origin, &role, problem));
    }
    Ok(account)
}

/// The account of an access key.
pub(super) async fn identify_profile(
    place: usize,
    profile: &Profile,
    config: &AwsConfig,
    base: &SdkConfig,
) -> Result<Account, Box<AccountFault>> {
    let origin = Origin::Profile { place, name: profile.name.clone() };
    let fault =
        |problem| Box::new(AccountFault { account_id: None, origin: origin.clone(), problem });
    let key = read(profile.access_key.as_ref(), AccountProblem::NoAccessKey).map_err(fault)?;
    let secret = read(profile.secret.as_ref(), AccountProblem::NoSecret).map_err(fault)?;
    let credentials = Credentials::new(key.reveal(), secret.reveal(), None, None, "weir");
    let region = profile.region.clone();
    let candidate = Candidate {
        origin: origin.clone(),
        name: profile.name.clone(),
        region: region.unwrap_or_else(|| config.partition.default_region().to_owned()),
        source: SharedCredentialsProvider::new(credentials),
    };
    candidate.identify(base).await.map_err(|error| fault(AccountProblem::NotIdentified(error)))
}

fn read(source: Option<&SecretSource>, missing: AccountProblem) -> Result<Secret, AccountProblem> {
    let secret = source.map(SecretSource::read).transpose();
    let secret = secret.map_err(|error| AccountProblem::Unreadable(error.into()))?;
    secret.flatten().ok_or(missing)
}

/// What is wrong with a role.
pub(super) fn of_role(origin: &Origin, role: &Role, problem: AccountProblem) -> Box<AccountFault> {
    let account_id = Some(role.arn.account_id().to_owned());
    Box::new(AccountFault { account_id, origin: origin.clone(), problem })
}

/// A chain that found no provider at all.
fn nobody() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(provide_credentials_fn(|| async {
        Err(CredentialsError::not_loaded_no_source())
    }))
}
