//! What the keys of a listing or a watch have in common.

use std::fmt;
use std::ops::Bound;

use crate::key::Key;

/// All keys, or those below a key: `accounts` is the prefix of `accounts/1`, but neither of
/// `accounts` itself nor of `accounts-old/1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix(Option<Key>);

impl Prefix {
    /// Every key.
    pub const ALL: Self = Self(None);

    /// The keys below `key`.
    pub const fn below(key: Key) -> Self {
        Self(Some(key))
    }

    /// Whether `key` is one of these.
    pub fn contains(&self, key: &Key) -> bool {
        let Some(folder) = &self.0 else { return true };
        let rest = key.as_str().strip_prefix(folder.as_str());
        rest.is_some_and(|rest| rest.starts_with('/'))
    }

    /// The text that all keys of these start with, and no others.
    pub(crate) fn start(&self) -> String {
        self.0.as_ref().map(|folder| format!("{folder}/")).unwrap_or_default()
    }

    /// Where a listing of these begins: behind `after`, but not before `start`, the text that all
    /// of these start with.
    pub(crate) fn from<'a>(start: &'a str, after: Option<&'a Key>) -> Bound<&'a str> {
        match after.map(Key::as_str) {
            Some(after) if after >= start => Bound::Excluded(after),
            _ => Bound::Included(start),
        }
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.start())
    }
}
