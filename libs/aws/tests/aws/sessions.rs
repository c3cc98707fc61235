//! Sessions of roles: how long they last, and what happens at their end.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_sts::Client;
use weir_aws::{Account, AwsConfig, FaultKind, Role};
use weir_testkit::{Answer, AwsDouble, Fault, Xml};

use crate::setup::{SECOND, accounts, config, double, only_fault};

const HOUR: Duration = Duration::from_secs(3600);

fn arn() -> String {
    format!("arn:aws:iam::{SECOND}:role/reader")
}

async fn account_for(aws: &AwsDouble, session_duration: Duration) -> Account {
    let roles = Role::list(&arn()).unwrap();
    let config = AwsConfig { roles, session_duration, ..config(aws.url()) };
    let mut found = accounts(config).resolve().await;
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    found.accounts.swap_remove(0)
}

fn durations(aws: &AwsDouble) -> Vec<u64> {
    let calls = aws.calls_of("sts", "AssumeRole");
    calls.iter().filter_map(|call| call.number("DurationSeconds")).collect()
}

#[tokio::test]
async fn a_session_lasts_as_long_as_configured_and_serves_every_call() {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn()).lasting(12 * HOUR));
    let account = account_for(&aws, 12 * HOUR).await;
    for region in ["eu-west-1", "us-east-1"] {
        let client = Client::new(&account.config(region));
        client.get_caller_identity().send().await.unwrap();
    }
    assert_eq!(durations(&aws), [43_200]);
    let regions: Vec<_> =
        aws.calls_of("sts", "GetCallerIdentity").into_iter().map(|call| call.region).collect();
    assert_eq!(regions[2..], ["eu-west-1", "us-east-1"]);
}

#[tokio::test]
async fn a_duration_that_sts_refuses_falls_back_to_one_hour_for_good() {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn()));
    let account = account_for(&aws, 2 * HOUR).await;
    account.forget_credentials().await;
    account.credentials().provide_credentials().await.unwrap();
    assert_eq!(durations(&aws), [7200, 3600, 3600]);
}

/// A session with four minutes left: the margin is five.
fn short_session(aws: &AwsDouble) -> Answer {
    let ends = SystemTime::now() + Duration::from_secs(240);
    let ends = aws_smithy_types::DateTime::from(ends).to_string();
    aws.add_user("ASIASHORT", SECOND, "short");
    let credentials = Xml::new()
        .leaf("AccessKeyId", "ASIASHORT")
        .leaf("SecretAccessKey", "secret")
        .leaf("SessionToken", "token")
        .leaf("Expiration", ends);
    Answer::xml(Xml::new().nest("Credentials", &credentials))
}

#[tokio::test]
async fn a_session_near_its_end_is_renewed_before_the_next_call() {
    let aws = double();
    let role = weir_testkit::Role::new(&arn());
    aws.add_role(role);
    aws.on("sts", "AssumeRole").times(1).answer(short_session(&aws));
    let account = account_for(&aws, HOUR).await;
    let renewed = account.credentials().provide_credentials().await.unwrap();
    assert_ne!(renewed.access_key_id(), "ASIASHORT");
    let again = account.credentials().provide_credentials().await.unwrap();
    assert_eq!(again.access_key_id(), renewed.access_key_id());
    assert_eq!(durations(&aws), [3600, 3600]);
}

#[tokio::test]
async fn a_renewal_that_fails_does_no_harm_while_the_session_is_good() {
    let aws = double();
    let granted = short_session(&aws);
    aws.on("sts", "AssumeRole").answer_in_turn([granted, Fault::denied("sts:AssumeRole").into()]);
    let account = account_for(&aws, HOUR).await;
    for _ in 0..3 {
        let old = account.credentials().provide_credentials().await.unwrap();
        assert_eq!(old.access_key_id(), "ASIASHORT");
    }
    // It was tried once, and not at each call.
    assert_eq!(durations(&aws), [3600, 3600]);
}

#[tokio::test]
async fn a_call_with_expired_credentials_is_made_again_with_new_ones() {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn()));
    let account = account_for(&aws, HOUR).await;
    aws.advance(2 * HOUR);
    let client = Client::new(&account.config("eu-west-1"));
    let call = || client.get_caller_identity().send();
    let answer = account.with_fresh_credentials(call).await.unwrap();
    assert_eq!(answer.account(), Some(SECOND));
    assert_eq!(durations(&aws).len(), 2);
}

#[tokio::test]
async fn credentials_that_stay_expired_are_not_asked_for_again_and_again() {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn()));
    let account = account_for(&aws, HOUR).await;
    aws.on("sts", "GetCallerIdentity").answer(Fault::Expired);
    let client = Client::new(&account.config("eu-west-1"));
    let call = || client.get_caller_identity().send();
    let fault = account.with_fresh_credentials(call).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Expired);
    assert_eq!(durations(&aws).len(), 2);
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_what_the_next_call_says() {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn()));
    let account = account_for(&aws, HOUR).await;
    aws.on("sts", "AssumeRole").answer(Fault::denied("sts:AssumeRole"));
    account.forget_credentials().await;
    let client = Client::new(&account.config("eu-west-1"));
    let error = client.get_caller_identity().send().await.unwrap_err();
    assert_eq!(weir_aws::classify(&error).denied_action(), Some("sts:AssumeRole"));
}

#[tokio::test]
async fn throttling_and_failures_inside_of_aws_are_tried_again() {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn()));
    aws.on("sts", "AssumeRole").times(1).answer(Fault::Internal);
    account_for(&aws, HOUR).await;
    assert_eq!(durations(&aws).len(), 2);
    aws.on("sts", "AssumeRole").answer(Fault::closed_by_policy("sts:AssumeRole"));
    let roles = Role::list(&arn()).unwrap();
    let found = accounts(AwsConfig { roles, ..config(aws.url()) }).resolve().await;
    assert!(only_fault(&found).problem.fault().unwrap().closes_region());
}

#[tokio::test]
async fn weir_s_own_credentials_are_renewed_when_assuming_a_role_finds_them_expired() {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn()));
    let account = account_for(&aws, HOUR).await;
    aws.on("sts", "AssumeRole").times(1).answer(Fault::Expired);
    account.forget_credentials().await;
    account.credentials().provide_credentials().await.unwrap();
    assert_eq!(durations(&aws).len(), 3);
}
