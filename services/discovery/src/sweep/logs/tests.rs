//! Which filters hold for a log group.

use aws_sdk_cloudwatchlogs::types::{AccountPolicy, LogGroup};

use super::mapping::{self, AccountFilter};

const DOCUMENT: &str = r#"{"DestinationArn":"arn:aws:kinesis:eu-west-1:1:stream/all",
    "FilterPattern":"","Distribution":"Random","RoleArn":"arn:aws:iam::1:role/r"}"#;

fn policy(document: &str, criteria: Option<&str>) -> AccountPolicy {
    AccountPolicy::builder()
        .policy_name("everything")
        .policy_document(document)
        .set_selection_criteria(criteria.map(str::to_owned))
        .build()
}

#[test]
fn a_policy_of_the_account_holds_for_all_log_groups_but_those_it_leaves_out() {
    let all = AccountFilter::new(&policy(DOCUMENT, None)).unwrap();
    let filter = all.of("/flow").unwrap();
    assert_eq!(filter.destination_arn, "arn:aws:kinesis:eu-west-1:1:stream/all");
    assert!(filter.is_account_policy);
    let criteria = r#"LogGroupName NOT IN ["/flow", "/other"]"#;
    let but = AccountFilter::new(&policy(DOCUMENT, Some(criteria))).unwrap();
    assert!(but.of("/flow").is_none() && but.of("/flow2").is_some());
    let criteria = r#"LogGroupNamePrefix IN ["/fl"]"#;
    let starting = AccountFilter::new(&policy(DOCUMENT, Some(criteria))).unwrap();
    assert!(starting.of("/flow").is_some() && starting.of("/other").is_none());
}

#[test]
fn a_policy_that_is_not_understood_is_left_out() {
    assert_eq!(AccountFilter::new(&policy("{}", None)), None);
    assert_eq!(AccountFilter::new(&policy(DOCUMENT, Some("LogGroupName LIKE [\"x\"]"))), None);
    assert_eq!(AccountFilter::new(&policy(DOCUMENT, Some("anything"))), None);
}

#[test]
fn a_log_groups_arn_has_no_star_at_its_end() {
    let found = LogGroup::builder()
        .log_group_name("/flow")
        .arn("arn:aws:logs:eu-west-1:1:log-group:/flow:*")
        .retention_in_days(30)
        .build();
    let group = mapping::log_group(&found).unwrap();
    assert_eq!(group.arn, "arn:aws:logs:eu-west-1:1:log-group:/flow");
    assert_eq!(group.retention_days, Some(30));
}
