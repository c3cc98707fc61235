//! Roles to assume, in their structured form and in the product page's text form.

use std::fmt;
use std::str::FromStr;

use crate::arn::{InvalidRoleArn, RoleArn};

/// Bounds of an external id's length
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const EXTERNAL_ID_LENGTHS: std::ops::RangeInclusive<usize> = 2..=1224;

/// The most characters of a refused entry that an error repeats.
const MAX_SHOWN: usize = 80;

/// A role that gives access to one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Which role.
    pub arn: RoleArn,
    /// What the role's trust policy may ask for.
    pub external_id: Option<ExternalId>,
    /// The account's name for people.
    pub name: Option<String>,
}

/// What a trust policy compares with `sts:ExternalId`. It is no secret; faults do not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ExternalId {
    /// The id itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExternalId(…)")
    }
}

impl FromStr for ExternalId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&octet);
        if EXTERNAL_ID_LENGTHS.contains(&text.len()) && text.bytes().all(is_allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err("an external id has 2 to 1224 letters, digits or characters of _+=,.@:/-".to_owned())
    }
}

/// Why a list of roles is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRoles {
    /// An entry begins as an ARN and is none of a role.
    #[error("{entry:?}: {problem}")]
    Arn {
        /// The entry.
        entry: String,
        /// What is wrong.
        #[source]
        problem: InvalidRoleArn,
    },
    /// An external id is not as STS allows it.
    #[error("the external id of {arn}: {problem}")]
    ExternalId {
        /// The role before it.
        arn: RoleArn,
        /// What is wrong.
        problem: String,
    },
    /// A text that is no ARN stands where no role waits for an external id.
    #[error("{entry:?} belongs to no role: write ARN,external-id")]
    Stray {
        /// The entry.
        entry: String,
    },
}

impl Role {
    /// A role without an external id or a name.
    pub fn new(arn: RoleArn) -> Self {
        Self { arn, external_id: None, name: None }
    }

    /// Reads entries `ARN` or `ARN,external-id`, separated by commas or line ends:
    /// `arn:aws:iam::…:role/R1, arn:aws:iam::…:role/R2,externalID-2`. What follows an ARN and
    /// does not start with `arn:` is its external id, so in this form an external id has no
    /// comma and does not start with `arn:`. Role names may have commas: then give the role in
    /// its structured form.
    ///
    /// # Errors
    ///
    /// The first entry that makes no sense.
    pub fn list(text: &str) -> Result<Vec<Self>, InvalidRoles> {
        let entries = text.split([',', '\n', '\r']).map(str::trim).filter(|each| !each.is_empty());
        let mut roles: Vec<Self> = Vec::new();
        for entry in entries {
            if entry.starts_with("arn:") {
                roles.push(Self::new(arn(entry)?));
                continue;
            }
            let waiting = roles.last_mut().filter(|role| role.external_id.is_none());
            let role = waiting.ok_or_else(|| InvalidRoles::Stray { entry: shown(entry) })?;
            role.external_id = Some(external_id(&role.arn, entry)?);
        }
        Ok(roles)
    }
}

fn arn(entry: &str) -> Result<RoleArn, InvalidRoles> {
    entry.parse().map_err(|problem| InvalidRoles::Arn { entry: shown(entry), problem })
}

fn external_id(arn: &RoleArn, entry: &str) -> Result<ExternalId, InvalidRoles> {
    entry.parse().map_err(|problem| InvalidRoles::ExternalId { arn: arn.clone(), problem })
}

fn shown(entry: &str) -> String {
    entry.chars().take(MAX_SHOWN).collect()
}
