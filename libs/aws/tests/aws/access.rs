//! Whose credentials a service uses.

use aws_credential_types::provider::ProvideCredentials as _;
use weir_aws::{Access, AccessAccounts, Accounts, AwsConfig};
use weir_testkit::AwsDouble;

use crate::setup::{OWN_KEY, SECOND, accounts, config, double, profile};

fn with_profiles(aws: &AwsDouble, keys: [&str; 2]) -> AwsConfig {
    AwsConfig { profiles: keys.map(|key| profile(key, key)).into(), ..config(aws.url()) }
}

async fn key_of(accounts: Accounts) -> String {
    let account = AccessAccounts::new(accounts).of(&Access::OwnOrFirst).await.unwrap();
    account.credentials().provide_credentials().await.unwrap().access_key_id().to_owned()
}

#[tokio::test]
async fn weir_s_own_identity_goes_before_the_accounts_that_it_reads() {
    let aws = double();
    aws.add_user("AKIASECOND", SECOND, "reader");
    let configured = with_profiles(&aws, ["AKIASECOND", "AKIASECOND"]);
    assert_eq!(key_of(accounts(configured)).await, OWN_KEY);
}

#[tokio::test]
async fn where_there_are_access_keys_alone_it_is_the_first_account_that_can_be_used() {
    let aws = double();
    aws.add_user("AKIASECOND", SECOND, "reader");
    let configured = with_profiles(&aws, ["AKIAUNKNOWN", "AKIASECOND"]);
    assert_eq!(key_of(Accounts::new(configured)).await, "AKIASECOND");
    let none = AccessAccounts::new(Accounts::new(with_profiles(&aws, ["AKIA1", "AKIA2"])));
    let fault = none.of(&Access::OwnOrFirst).await.unwrap_err().to_string();
    assert!(fault.starts_with("profile AKIA1: its identity cannot be asked for"), "{fault}");
}
