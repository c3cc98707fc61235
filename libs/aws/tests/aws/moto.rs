//! Against a simulator of AWS.

use weir_aws::{AwsConfig, Role};
use weir_testkit::MotoServer;

use crate::setup::{SECOND, accounts, config, ids};

/// The account that moto gives to keys that it does not know.
const MOTO: &str = "123456789012";

#[tokio::test]
async fn two_accounts_are_read_one_through_a_role() {
    let moto = MotoServer::start();
    let roles = Role::list(&format!("arn:aws:iam::{SECOND}:role/reader,external-2")).unwrap();
    let found = accounts(AwsConfig { roles, ..config(moto.url()) }).resolve().await;
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(ids(&found), [SECOND, MOTO]);
    assert_eq!(
        found.accounts[0].caller(),
        format!("arn:aws:sts::{SECOND}:assumed-role/reader/weir")
    );
}
