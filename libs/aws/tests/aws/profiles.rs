//! Accounts by their access keys.

use weir_aws::{AccountProblem, Accounts, AwsConfig, FaultKind, Partition};
use weir_testkit::{AwsDouble, soon};

use crate::setup::{OWN, OWN_KEY, SECOND, THIRD, config, ids, only_fault, profile};

fn double() -> AwsDouble {
    let aws = AwsDouble::start();
    aws.add_user("AKIASECOND", SECOND, "reader");
    aws.add_user("AKIATHIRD", THIRD, "reader");
    aws
}

#[tokio::test]
async fn profiles_alone_need_no_identity_of_weir() {
    let aws = double();
    let profiles = vec![profile("two", "AKIASECOND"), profile("three", "AKIATHIRD")];
    let found = Accounts::new(AwsConfig { profiles, ..config(aws.url()) });
    let found = soon("accounts", found.resolve()).await;
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(ids(&found), [SECOND, THIRD]);
    let account = &found.accounts[0];
    assert_eq!((account.name(), account.default_region()), (Some("two"), "us-east-1"));
    assert_eq!(account.partition(), Partition::Aws);
    assert_eq!(account.origin().to_string(), "profile two");
    assert_eq!(aws.calls_of("sts", "GetCallerIdentity").len(), 2);
}

#[tokio::test]
async fn a_profile_without_its_secret_is_one_clear_error_and_the_others_go_on() {
    let aws = double();
    let mut halves = [profile("half", "AKIATHIRD"), profile("none", "AKIATHIRD")];
    halves[0].secret = None;
    halves[1].access_key = None;
    let profiles = halves.into_iter().chain([profile("two", "AKIASECOND")]).collect();
    let found = Accounts::new(AwsConfig { profiles, ..config(aws.url()) }).resolve().await;
    assert_eq!(ids(&found), [SECOND]);
    let messages: Vec<_> = found.faults.iter().map(ToString::to_string).collect();
    assert_eq!(
        messages,
        [
            "profile half: its access key has no secret: give secret_access_key or \
             secret_access_key_file",
            "profile none: it has no access key: give access_key_id or access_key_file",
        ]
    );
}

#[tokio::test]
async fn a_second_profile_of_an_account_is_refused_naming_the_first() {
    let aws = double();
    aws.add_user("AKIAAGAIN", SECOND, "other");
    let profiles = vec![profile("two", "AKIASECOND"), profile("again", "AKIAAGAIN")];
    let found = Accounts::new(AwsConfig { profiles, ..config(aws.url()) }).resolve().await;
    assert_eq!(ids(&found), [SECOND]);
    let fault = only_fault(&found);
    assert_eq!(fault.account_id.as_deref(), Some(SECOND));
    assert_eq!(
        fault.to_string(),
        format!(
            "profile again: account {SECOND} is configured already by profile two: give it once"
        )
    );
}

#[tokio::test]
async fn a_key_that_aws_does_not_know_is_said_so_without_showing_it() {
    let aws = double();
    let profiles = vec![profile("gone", OWN_KEY), profile("two", "AKIASECOND")];
    let found = Accounts::new(AwsConfig { profiles, ..config(aws.url()) }).resolve().await;
    assert_eq!(ids(&found), [SECOND]);
    let fault = only_fault(&found);
    let AccountProblem::NotIdentified(cause) = &fault.problem else { panic!("{fault:?}") };
    assert_eq!(cause.kind, FaultKind::UnknownKey);
    assert!(!format!("{fault} {fault:?}").contains(OWN_KEY), "{fault}");
}

#[tokio::test]
async fn a_profile_of_another_partition_is_asked_there() {
    let aws = AwsDouble::start();
    aws.add_user("AKIACHINA", OWN, "weir");
    let profiles = vec![profile("china", "AKIACHINA")];
    let partition = Partition::China;
    let accounts = Accounts::new(AwsConfig { profiles, partition, ..config(aws.url()) });
    let found = accounts.resolve().await;
    assert_eq!(found.accounts[0].default_region(), "cn-north-1");
    assert_eq!(aws.calls_of("sts", "GetCallerIdentity")[0].region, "cn-north-1");
}

#[tokio::test]
async fn nothing_configured_is_the_account_of_weir_itself() {
    let aws = crate::setup::double();
    let found = crate::setup::accounts(config(aws.url())).resolve().await;
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(ids(&found), [OWN]);
    assert_eq!(found.accounts[0].origin().to_string(), "default chain");
}
