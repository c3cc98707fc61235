//! ARNs of roles.

use std::fmt;
use std::str::FromStr;

use crate::partition::Partition;

/// The most characters of a role's name and of its path
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_Role.html>).
const MAX_NAME: usize = 64;
const MAX_PATH: usize = 512;

/// The ARN of a role: `arn:aws:iam::123456789012:role/path/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleArn {
    partition: Partition,
    account_id: String,
    /// Begins and ends with a slash.
    path: String,
    name: String,
}

/// Why a text is no ARN of a role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}: a role's ARN looks like arn:aws:iam::123456789012:role/NAME")]
pub struct InvalidRoleArn {
    problem: &'static str,
}

impl RoleArn {
    /// The partition.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// Twelve digits.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The name without its path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether `caller`, an ARN as GetCallerIdentity gives it, is a session of this role.
    /// Sessions do not show the role's path, and a session's name is anybody's choice.
    pub fn is_role_of(&self, caller: &str) -> bool {
        let Self { partition, account_id, name, .. } = self;
        let start = format!("arn:{partition}:sts::{account_id}:assumed-role/{name}/");
        caller.starts_with(&start) || caller.parse().is_ok_and(|other: Self| self.is_same(&other))
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.partition, &self.account_id, &self.name)
            == (other.partition, &other.account_id, &other.name)
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { partition, account_id, path, name } = self;
        write!(f, "arn:{partition}:iam::{account_id}:role{path}{name}")
    }
}

impl FromStr for RoleArn {
    type Err = InvalidRoleArn;

    fn from_str(text: &str) -> Result<Self, InvalidRoleArn> {
        let wrong = |problem| InvalidRoleArn { problem };
        let mut parts = text.splitn(6, ':');
        let mut next = || parts.next().unwrap_or_default();
        if next() != "arn" {
            return Err(wrong("it does not start with arn:"));
        }
        let partition = next().parse().map_err(|_| wrong("its partition is not known"))?;
        if (next(), next()) != ("iam", "") {
            return Err(wrong("it is not of the service iam"));
        }
        let account_id = next();
        if !is_account_id(account_id) {
            return Err(wrong("its account id is not of twelve digits"));
        }
        let role = next().strip_prefix("role").filter(|role| role.starts_with('/'));
        let (path, name) = role
            .and_then(|role| role.rfind('/').map(|last| role.split_at(last + 1)))
            .ok_or(wrong("it is not of a role"))?;
        if !is_name(name) || !is_path(path) {
            return Err(wrong("the role's name or path is not as IAM allows it"));
        }
        let (account_id, path, name) = (account_id.to_owned(), path.to_owned(), name.to_owned());
        Ok(Self { partition, account_id, path, name })
    }
}

/// Whether a text is the id of an account.
pub(crate) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|octet| octet.is_ascii_digit())
}

fn is_name(text: &str) -> bool {
    let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"+=,.@_-".contains(&octet);
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(is_allowed)
}

fn is_path(text: &str) -> bool {
    text.len() <= MAX_PATH && text.bytes().all(|octet| octet.is_ascii_graphic())
}
