//! The accounts as they are stored.

use serde::{Deserialize, Serialize};
use weir_store::Key;

use super::sealing::Sealed;
use crate::document::Document;

/// Where accounts that were added at run time are kept.
const KEY: Key = Key::from_static("control/accounts");

/// The accounts that were added at run time.
pub fn document() -> Document<StoredAccounts> {
    Document::new(KEY)
}

/// The accounts that were added at run time, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredAccounts {
    /// Access keys, each of an account.
    pub profiles: Vec<StoredProfile>,
    /// Roles, each of an account.
    pub roles: Vec<StoredRole>,
}

/// An access key of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredProfile {
    /// Its name, also the account's name for people.
    pub name: String,
    /// The default region; the partition's when there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The access key, sealed for this name.
    pub sealed: Sealed,
}

/// A role that gives access to one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRole {
    /// Which role.
    pub arn: String,
    /// What the role's trust policy may ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The account's name for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}
