//! Accounts of an organization.

use serde_json::{Value, json};
use weir_aws::{AwsConfig, FaultKind, OrganizationConfig};
use weir_testkit::{AwsDouble, Fault, Listing, Role};

use crate::setup::{OWN, SECOND, THIRD, accounts, config, double, ids, only_fault};

const FOURTH: &str = "444444444444";

fn account(id: &str, name: &str, status: &str) -> Value {
    json!({ "Id": id, "Name": name, "Status": status })
}

fn add_role(aws: &AwsDouble, account: &str) {
    aws.add_role(Role::new(&format!("arn:aws:iam::{account}:role/reader")));
}

fn organization(units: &[&str], exclude: &[&str]) -> Option<OrganizationConfig> {
    let owned = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    let (units, exclude) = (owned(units), owned(exclude));
    let role = "reader".parse().unwrap();
    Some(OrganizationConfig { role, external_id: None, units, exclude })
}

#[tokio::test]
async fn all_pages_of_active_accounts_are_read_and_new_ones_join() {
    let aws = double();
    [SECOND, THIRD, FOURTH].iter().for_each(|id| add_role(&aws, id));
    let mut members = vec![
        account(OWN, "management", "ACTIVE"),
        account(SECOND, "web", "ACTIVE"),
        account("555555555555", "closed", "SUSPENDED"),
        account(THIRD, "database", "ACTIVE"),
    ];
    aws.on("organizations", "ListAccounts")
        .answer_in_pages(1, Listing::json("Accounts", members.clone()));
    let organization = organization(&[], &[]);
    let accounts = accounts(AwsConfig { organization, ..config(aws.url()) });
    let found = accounts.resolve().await;
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(ids(&found), [OWN, SECOND, THIRD]);
    assert_eq!(found.accounts[2].name(), Some("database"));

    members.push(account(FOURTH, "new", "ACTIVE"));
    aws.on("organizations", "ListAccounts").answer(Listing::json("Accounts", members));
    assert_eq!(ids(&accounts.resolve().await), [OWN, SECOND, THIRD, FOURTH]);
}

#[tokio::test]
async fn units_bring_the_accounts_below_them_and_exclusions_count() {
    let aws = double();
    [SECOND, THIRD, FOURTH].iter().for_each(|id| add_role(&aws, id));
    let of = |unit: &str, accounts: &[&str], units: &[&str]| {
        let accounts = accounts.iter().map(|id| account(id, "x", "ACTIVE")).collect();
        aws.on("organizations", "ListAccountsForParent")
            .with_parameter("ParentId", unit)
            .answer_in_pages(1, Listing::json("Accounts", accounts));
        let units = units.iter().map(|id| json!({ "Id": id })).collect();
        aws.on("organizations", "ListOrganizationalUnitsForParent")
            .with_parameter("ParentId", unit)
            .answer_in_pages(1, Listing::json("OrganizationalUnits", units));
    };
    of("ou-ab12-top00000", &[SECOND], &["ou-ab12-mid00000", "ou-ab12-low00000"]);
    of("ou-ab12-mid00000", &[THIRD, FOURTH], &[]);
    of("ou-ab12-low00000", &[], &[]);
    let organization = organization(&["ou-ab12-top00000", "ou-ab12-mid00000"], &[FOURTH]);
    let found = accounts(AwsConfig { organization, ..config(aws.url()) }).resolve().await;
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(ids(&found), [OWN, SECOND, THIRD]);
}

#[tokio::test]
async fn an_organization_that_cannot_be_listed_names_the_action() {
    let aws = double();
    aws.on("organizations", "*").answer(Fault::denied("organizations:ListAccounts"));
    let organization = organization(&[], &[]);
    let found = accounts(AwsConfig { organization, ..config(aws.url()) }).resolve().await;
    assert_eq!(ids(&found), [OWN]);
    let fault = only_fault(&found);
    assert_eq!(fault.account_id, None);
    let cause = fault.problem.fault().unwrap();
    assert_eq!(cause.denied_action(), Some("organizations:ListAccounts"));
}

#[tokio::test]
async fn what_is_listed_by_itself_goes_before_the_organization() {
    let aws = double();
    add_role(&aws, SECOND);
    aws.add_role(Role::new(&format!("arn:aws:iam::{SECOND}:role/special")));
    let members = vec![account(SECOND, "web", "ACTIVE"), account(THIRD, "bare", "ACTIVE")];
    aws.on("organizations", "ListAccounts").answer(Listing::json("Accounts", members));
    let organization = organization(&[], &[]);
    let roles = weir_aws::Role::list(&format!("arn:aws:iam::{SECOND}:role/special")).unwrap();
    let found = accounts(AwsConfig { organization, roles, ..config(aws.url()) }).resolve().await;
    assert_eq!(ids(&found), [SECOND, OWN]);
    assert!(found.accounts[0].origin().to_string().ends_with("role/special"));
    // The third account has no such role.
    let fault = only_fault(&found);
    assert_eq!(fault.account_id.as_deref(), Some(THIRD));
    assert!(matches!(fault.problem.fault().unwrap().kind, FaultKind::Denied(_)));
}
