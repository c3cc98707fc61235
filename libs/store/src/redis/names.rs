//! Names of what is in the server.

use crate::key::Key;

/// Names of what is in the server: all start with the namespace, so that several installations
/// share one.
#[derive(Clone, Debug)]
pub(super) struct Names {
    namespace: String,
    database: i64,
}

impl Names {
    pub(super) fn of(namespace: &str, database: i64) -> Self {
        Self { namespace: namespace.to_owned(), database }
    }

    /// A hash: the format, the epoch and the revision.
    pub(super) fn about(&self) -> String {
        format!("{}:about", self.namespace)
    }

    /// A sorted set: the names of all values, in the order of their octets.
    pub(super) fn index(&self) -> String {
        format!("{}:names", self.namespace)
    }

    /// What stands before a key in the name of its value.
    pub(super) fn values(&self) -> String {
        format!("{}:v:", self.namespace)
    }

    /// A string: the etag, then the value.
    pub(super) fn value(&self, key: &Key) -> String {
        format!("{}{key}", self.values())
    }

    /// A string: a value that is not written yet, behind the room for its etag.
    pub(super) fn upload(&self, number: u64) -> String {
        format!("{}:u:{number:016x}", self.namespace)
    }

    /// A sorted set: members, and when they expire, in milliseconds since 1970.
    pub(super) fn set(&self, key: &Key) -> String {
        format!("{}:s:{key}", self.namespace)
    }

    /// Where the keys of changed values are published. Channels know no databases.
    pub(super) fn channel(&self) -> String {
        format!("{}:changed:{}", self.namespace, self.database)
    }
}
