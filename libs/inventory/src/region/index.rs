//! The index of all parts: what a store's inventory consists of.

use serde::{Deserialize, Serialize};

/// What the inventory consists of. It is written last: what it names is there.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct InventoryIndex {
    /// [`crate::region::FORMAT`].
    pub format: u32,
    /// Grows with each write of the index.
    pub revision: u64,
    /// When it was written, in Unix seconds.
    pub published_at: u64,
    /// A part for each account and region, sorted by these.
    #[serde(default)]
    pub parts: Vec<IndexPart>,
    /// AWS's ranges, where they are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_ranges: Option<RangesVersion>,
}

/// One part of the inventory.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct IndexPart {
    /// The account: twelve digits.
    pub account_id: String,
    /// The region code.
    pub region: String,
    /// Which content it has; it never repeats for other content of this account and region.
    pub version: u64,
    /// When it was last read from AWS with success, in Unix seconds.
    pub taken_at: u64,
    /// Why it is not newer, where the last sweep could not read the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale>,
}

/// That a part could not be read anew.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Stale {
    /// Since when, in Unix seconds.
    pub since: u64,
    /// Why: a sentence for people.
    pub cause: String,
}

/// Which content AWS's ranges have.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct RangesVersion {
    /// AWS's `syncToken`.
    pub sync_token: String,
    /// Which content it is; it never repeats for other content.
    pub version: u64,
}

impl InventoryIndex {
    /// The key of the index in a store. Its value is JSON; that of all else here is JSON that is
    /// compressed with zstd.
    pub const KEY: &'static str = "inventory/index";
}

impl IndexPart {
    /// The parts of the key in a store: `inventory/parts/<account>/<region>/<version>`.
    pub fn key_parts(&self) -> [String; 5] {
        let version = self.version.to_string();
        let [folder, parts] = ["inventory", "parts"].map(str::to_owned);
        [folder, parts, self.account_id.clone(), self.region.clone(), version]
    }
}

/// The parts of the key in a store: `inventory/ip-ranges/<version>`.
pub fn ip_ranges_key_parts(version: u64) -> [String; 3] {
    ["inventory".to_owned(), "ip-ranges".to_owned(), version.to_string()]
}
