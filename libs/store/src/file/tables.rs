//! What is where in the file.

use redb::TableDefinition;

/// The format of the file that this version writes and reads.
pub(super) const FORMAT: u64 = 1;

/// Numbers about the file itself, by name.
pub(super) const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("weir.about");

/// In [`ABOUT`]: the format of the file.
pub(super) const ABOUT_FORMAT: &str = "format";

/// In [`ABOUT`]: how many writes of values there were.
pub(super) const ABOUT_REVISION: &str = "revision";

/// Etags and values by key.
pub(super) const VALUES: TableDefinition<'_, &str, (u128, &[u8])> =
    TableDefinition::new("weir.values");

/// When members of sets expire, in milliseconds since 1970, by set and member.
pub(super) const MEMBERS: TableDefinition<'_, (&str, &[u8]), u64> =
    TableDefinition::new("weir.members");

/// The same, the other way round: set, end, member.
pub(super) const ENDS: TableDefinition<'_, (&str, u64, &[u8]), ()> =
    TableDefinition::new("weir.ends");

/// How many members a set has, expired ones that are still there among them.
pub(super) const SIZES: TableDefinition<'_, &str, u64> = TableDefinition::new("weir.sizes");
