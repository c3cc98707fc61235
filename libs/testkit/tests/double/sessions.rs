//! Roles: who may assume them, for how long, and what happens after.

use std::time::Duration;

use aws_sdk_sts::Client;
use aws_sdk_sts::error::ProvideErrorMetadata as _;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use aws_types::SdkConfig;
use weir_testkit::{AwsDouble, Role};

use crate::config_of;

const ROLE: &str = "arn:aws:iam::222222222222:role/path/weir";
const HOUR: Duration = Duration::from_secs(3600);

/// A double with a user in one account and a role in another.
fn double(role: Role) -> AwsDouble {
    let aws = AwsDouble::start();
    aws.add_user("AKIAONE", "111111111111", "weir");
    aws.add_role(role);
    aws
}

/// The call of that user that asks for the role.
fn assume(aws: &AwsDouble) -> AssumeRoleFluentBuilder {
    let client = Client::new(&config_of(aws, "eu-west-1", "AKIAONE", None));
    client.assume_role().role_arn(ROLE).role_session_name("sweep")
}

/// What the holder of the session needs.
async fn session(aws: &AwsDouble) -> SdkConfig {
    let answer = assume(aws).send().await.unwrap();
    let credentials = answer.credentials().unwrap();
    let token = credentials.session_token().to_owned();
    config_of(aws, "eu-west-1", credentials.access_key_id(), Some(token))
}

#[tokio::test]
async fn a_session_is_in_the_account_of_its_role() {
    let aws = double(Role::new(ROLE));
    let client = Client::new(&session(&aws).await);
    let identity = client.get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("222222222222"));
    assert_eq!(identity.arn(), Some("arn:aws:sts::222222222222:assumed-role/weir/sweep"));
    let accounts: Vec<_> = aws.calls().into_iter().filter_map(|call| call.account).collect();
    assert_eq!(accounts, ["111111111111", "222222222222"]);
}

#[tokio::test]
async fn a_role_is_refused_without_its_external_id() {
    let aws = double(Role::new(ROLE).with_external_id("secret-name"));
    for wrong in [None, Some("another")] {
        let error = assume(&aws).set_external_id(wrong.map(str::to_owned)).send().await;
        let error = error.unwrap_err();
        assert_eq!(error.code(), Some("AccessDenied"));
        let message = error.message().unwrap();
        assert!(message.contains("sts:AssumeRole on resource: arn:aws:iam::222"), "{message}");
    }
    assert!(assume(&aws).external_id("secret-name").send().await.is_ok());
}

#[tokio::test]
async fn a_role_is_refused_to_accounts_that_it_does_not_trust() {
    let aws = double(Role::new(ROLE).trusting(&["333333333333"]));
    assert_eq!(assume(&aws).send().await.unwrap_err().code(), Some("AccessDenied"));
    aws.add_role(Role::new(ROLE).trusting(&["333333333333", "111111111111"]));
    assert!(assume(&aws).send().await.is_ok());
}

#[tokio::test]
async fn a_session_is_no_longer_than_its_role_allows() {
    let aws = double(Role::new(ROLE).lasting(2 * HOUR));
    assert!(assume(&aws).duration_seconds(7200).send().await.is_ok());
    for wrong in [7201, 899] {
        let error = assume(&aws).duration_seconds(wrong).send().await.unwrap_err();
        assert_eq!(error.code(), Some("ValidationError"));
    }
}

#[tokio::test]
async fn a_chained_session_is_an_hour_at_most() {
    let aws = double(Role::new(ROLE).lasting(2 * HOUR));
    let chained = Client::new(&session(&aws).await);
    let call = chained.assume_role().role_arn(ROLE).role_session_name("next");
    assert!(call.clone().duration_seconds(3600).send().await.is_ok());
    let error = call.duration_seconds(3601).send().await.unwrap_err();
    assert!(error.message().unwrap().contains("role chaining"));
}

#[tokio::test]
async fn a_session_ends_when_the_clock_says_so() {
    let aws = double(Role::new(ROLE));
    let config = session(&aws).await;
    let (sts, sqs) = (Client::new(&config), aws_sdk_sqs::Client::new(&config));
    aws.advance(HOUR - Duration::from_secs(60));
    assert!(sts.get_caller_identity().send().await.is_ok());
    aws.advance(Duration::from_secs(60));
    let error = sts.get_caller_identity().send().await.unwrap_err();
    assert_eq!(error.code(), Some("ExpiredToken"));
    let error = sqs.list_queues().send().await.unwrap_err();
    assert_eq!(error.code(), Some("ExpiredTokenException"));
    // The user goes on.
    assert!(assume(&aws).send().await.is_ok());
}
