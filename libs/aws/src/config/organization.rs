//! `[aws.organization]`: accounts that join and leave by themselves.

use std::fmt;
use std::str::FromStr;

use weir_runtime::config::Section;

use crate::arn::{RoleArn, is_account_id};
use crate::partition::Partition;
use crate::role::ExternalId;

/// What stands for the account's id and the partition.
const ACCOUNT: &str = "{account}";
const PARTITION: &str = "{partition}";

/// An account that a template is tried with.
const SAMPLE: &str = "123456789012";

/// The accounts of the organization that weir's own account manages, or is a delegated
/// administrator of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationConfig {
    /// The role in each account.
    pub role: RoleTemplate,
    /// The same for all roles.
    pub external_id: Option<ExternalId>,
    /// Only accounts in these organizational units (`ou-…`) or roots (`r-…`) and in the units
    /// below them; all accounts when empty.
    pub units: Vec<String>,
    /// Accounts that are left out.
    pub exclude: Vec<String>,
}

/// A role's name, with a path if it has one, or an ARN with `{account}` (and `{partition}`) in
/// it: `weir-reader`, `arn:{partition}:iam::{account}:role/weir-reader`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTemplate(String);

impl RoleTemplate {
    /// The role in an account; `None` when `account_id` is not of twelve digits.
    pub fn role_of(&self, partition: Partition, account_id: &str) -> Option<RoleArn> {
        let text = self.0.replace(ACCOUNT, account_id).replace(PARTITION, partition.name());
        text.parse().ok()
    }
}

impl FromStr for RoleTemplate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let template = if text.starts_with("arn:") {
            text.to_owned()
        } else {
            format!("arn:{PARTITION}:iam::{ACCOUNT}:role/{}", text.trim_start_matches('/'))
        };
        let template = Self(template);
        let role = template.role_of(Partition::Aws, SAMPLE);
        let is_of_account = role.is_some_and(|role| role.account_id() == SAMPLE);
        if template.0.contains(ACCOUNT) && is_of_account {
            return Ok(template);
        }
        Err(format!("give a role's name, or arn:{PARTITION}:iam::{ACCOUNT}:role/NAME"))
    }
}

impl fmt::Display for RoleTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(super) fn read(section: &mut Section<'_>) -> Option<OrganizationConfig> {
    if section.is_empty() {
        return None;
    }
    section.require("role", "the role's name in every account");
    let role = section.text("role", str::parse);
    let external_id = section.text("external_id", str::parse);
    let units = section.texts("units", unit).unwrap_or_default();
    let exclude = section.texts("exclude", account_id).unwrap_or_default();
    Some(OrganizationConfig { role: role?, external_id, units, exclude })
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html>
fn unit(text: &str) -> Result<String, &'static str> {
    let is_id = |rest: &str| {
        let is_allowed = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit();
        rest.split('-').all(|part| (4..=32).contains(&part.len()) && part.bytes().all(is_allowed))
    };
    let is_unit = text.strip_prefix("ou-").is_some_and(|rest| rest.contains('-') && is_id(rest));
    let is_root = text.strip_prefix("r-").is_some_and(is_id);
    (is_unit || is_root)
        .then(|| text.to_owned())
        .ok_or("give a unit's id, such as ou-ab12-34cd56ef")
}

fn account_id(text: &str) -> Result<String, &'static str> {
    is_account_id(text).then(|| text.to_owned()).ok_or("give an account's id of twelve digits")
}
