//! Accounts by roles that are assumed.

use weir_aws::{AccountProblem, AwsConfig, FaultKind, Role};
use weir_testkit::AwsDouble;

use crate::setup::{
    OWN, OWN_KEY, SECOND, THIRD, accounts, accounts_of, config, double, ids, only_fault, profile,
};

fn arn(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/weir/reader")
}

/// A double with a role in the second and the third account, this one with an external id.
fn with_roles() -> AwsDouble {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn(SECOND)));
    aws.add_role(weir_testkit::Role::new(&arn(THIRD)).with_external_id("external-3"));
    aws
}

fn listed(aws: &AwsDouble, text: &str) -> AwsConfig {
    AwsConfig { roles: Role::list(text).unwrap(), ..config(aws.url()) }
}

#[tokio::test]
async fn roles_are_read_and_weir_s_own_account_too() {
    let aws = with_roles();
    let text = format!("{}, {},external-3", arn(SECOND), arn(THIRD));
    let found = accounts(listed(&aws, &text)).resolve().await;
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(ids(&found), [SECOND, THIRD, OWN]);
    assert!(found.accounts[1].caller().ends_with(":assumed-role/reader/weir"));

    let include_own_account = false;
    let without = AwsConfig { include_own_account, ..listed(&aws, &text) };
    assert_eq!(ids(&accounts(without).resolve().await), [SECOND, THIRD]);
}

#[tokio::test]
async fn a_wrong_external_id_is_one_clear_error_and_the_others_go_on() {
    let aws = with_roles();
    let text = format!("{},wrong-id\n{}", arn(THIRD), arn(SECOND));
    let found = accounts(listed(&aws, &text)).resolve().await;
    assert_eq!(ids(&found), [SECOND, OWN]);
    let fault = only_fault(&found);
    assert_eq!(fault.account_id.as_deref(), Some(THIRD));
    let cause = fault.problem.fault().unwrap();
    assert_eq!(cause.denied_action(), Some("sts:AssumeRole"));
    let message = fault.to_string();
    assert!(message.contains("external id"), "{message}");
    assert!(!format!("{message}{fault:?}").contains("wrong-id"), "{fault:?}");
}

#[tokio::test]
async fn a_second_role_or_a_profile_and_a_role_of_one_account_are_refused_naming_the_first() {
    let aws = with_roles();
    aws.add_user("AKIATHIRD", THIRD, "reader");
    let again = format!("arn:aws:iam::{SECOND}:role/again");
    let text = format!("{}, {again}, {},external-3", arn(SECOND), arn(THIRD));
    let profiles = vec![profile("three", "AKIATHIRD")];
    let found = accounts(AwsConfig { profiles, ..listed(&aws, &text) }).resolve().await;
    assert_eq!(ids(&found), [THIRD, SECOND, OWN]);
    let messages: Vec<_> = found.faults.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains(&format!("already by role {}", arn(SECOND))), "{messages:?}");
    assert!(messages[1].contains("already by profile three"), "{messages:?}");
}

#[tokio::test]
async fn a_role_in_weir_s_own_account_stands_for_it() {
    let aws = double();
    aws.add_role(weir_testkit::Role::new(&arn(OWN)));
    let found = accounts(listed(&aws, &arn(OWN))).resolve().await;
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(ids(&found), [OWN]);
    assert_eq!(found.accounts[0].origin().to_string(), format!("role {}", arn(OWN)));
}

#[tokio::test]
async fn weir_s_own_role_is_refused_whatever_its_path_and_session() {
    let aws = with_roles();
    aws.add_role(weir_testkit::Role::new(&arn(OWN)));
    // Who runs on an instance has a session of a role.
    let first = accounts(listed(&aws, &arn(OWN))).resolve().await;
    let session = first.accounts[0].credentials();
    let own_path = format!("arn:aws:iam::{OWN}:role/some/other/path/reader");
    let config = listed(&aws, &format!("{own_path}, {}", arn(SECOND)));
    let found = weir_aws::Accounts::with_own_credentials(config, session).resolve().await;
    assert_eq!(ids(&found), [SECOND, OWN]);
    let fault = only_fault(&found);
    assert!(matches!(fault.problem, AccountProblem::OwnRole), "{fault}");
    assert!(fault.to_string().contains("weir's own role"), "{fault}");
}

#[tokio::test]
async fn a_role_of_another_partition_cannot_be_assumed() {
    let aws = with_roles();
    let text = format!("arn:aws-cn:iam::{THIRD}:role/reader, {}", arn(SECOND));
    let found = accounts(listed(&aws, &text)).resolve().await;
    assert_eq!(ids(&found), [SECOND, OWN]);
    assert!(only_fault(&found).to_string().contains("in the partition aws-cn"));
}

#[tokio::test]
async fn without_an_identity_of_weir_each_role_is_a_fault_and_profiles_go_on() {
    let aws = with_roles();
    aws.add_user("AKIATHIRD", THIRD, "reader");
    let profiles = vec![profile("three", "AKIATHIRD")];
    let config = AwsConfig { profiles, ..listed(&aws, &arn(SECOND)) };
    let found = accounts_of(config, "AKIANOBODY").resolve().await;
    assert_eq!(ids(&found), [THIRD]);
    let [role, own] = found.faults.as_slice() else { panic!("{:?}", found.faults) };
    assert_eq!(role.account_id.as_deref(), Some(SECOND));
    assert_eq!(role.problem.fault().unwrap().kind, FaultKind::UnknownKey);
    assert_eq!(own.origin.to_string(), "default chain");
    assert!(aws.calls_of("sts", "AssumeRole").is_empty());
    assert!(!format!("{:?}", found).contains(OWN_KEY));
}

#[tokio::test]
async fn a_role_that_is_not_configured_can_be_assumed_and_weir_s_own_identity_be_had() {
    let aws = with_roles();
    let found = accounts(config(aws.url()));
    assert_eq!(found.own().await.unwrap().id(), OWN);
    let role = |text: &str| Role::list(text).unwrap().remove(0);
    let account = found.assume(&role(&format!("{},external-3", arn(THIRD)))).await.unwrap();
    assert_eq!(account.id(), THIRD);
    assert!(account.caller().ends_with(":assumed-role/reader/weir"));
    let fault = found.assume(&role(&arn(THIRD))).await.unwrap_err();
    assert_eq!(fault.account_id.as_deref(), Some(THIRD));
    let cause = fault.problem.fault().unwrap();
    assert_eq!(cause.denied_action(), Some("sts:AssumeRole"));
}
