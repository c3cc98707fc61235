//! A double of AWS and configurations that reach it.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use weir_aws::{
    AccountFault, Accounts, AwsConfig, Connection, Endpoints, Profile, Resolution, Secret,
    SecretSource,
};
use weir_testkit::AwsDouble;

/// weir's own account and key.
pub(crate) const OWN: &str = "111111111111";
pub(crate) const OWN_KEY: &str = "AKIAOWN";
/// Others.
pub(crate) const SECOND: &str = "222222222222";
pub(crate) const THIRD: &str = "333333333333";

/// A double that knows weir's own user.
pub(crate) fn double() -> AwsDouble {
    let aws = AwsDouble::start();
    aws.add_user(OWN_KEY, OWN, "weir");
    aws
}

/// A configuration that reaches `url` and nothing else.
pub(crate) fn config(url: impl Into<String>) -> AwsConfig {
    let connection = Connection { endpoints: Endpoints::one(url), ..Connection::default() };
    AwsConfig { connection, ..AwsConfig::default() }
}

/// Accounts that weir's own user reaches.
pub(crate) fn accounts(config: AwsConfig) -> Accounts {
    accounts_of(config, OWN_KEY)
}

/// Accounts that the holder of a key reaches.
pub(crate) fn accounts_of(config: AwsConfig, key: &str) -> Accounts {
    let own = Credentials::new(key, "secret", None, None, "test");
    Accounts::with_own_credentials(config, SharedCredentialsProvider::new(own))
}

/// A profile with a key in the configuration.
pub(crate) fn profile(name: &str, key: &str) -> Profile {
    let inline = |text: &str| Some(SecretSource::Inline(Secret::new(text)));
    let (access_key, secret) = (inline(key), inline("secret"));
    Profile { name: Some(name.to_owned()), access_key, secret, region: None }
}

/// The ids of the accounts that were found.
pub(crate) fn ids(resolution: &Resolution) -> Vec<&str> {
    resolution.accounts.iter().map(|account| account.id()).collect()
}

/// The only fault.
#[track_caller]
pub(crate) fn only_fault(resolution: &Resolution) -> &AccountFault {
    let [fault] = resolution.faults.as_slice() else { panic!("{:?}", resolution.faults) };
    fault
}
