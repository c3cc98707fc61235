//! Who the double knows: users, roles, and the sessions of those.

use std::collections::HashMap;

use jiff::Timestamp;

use super::fault::Fault;
use super::role::Role;

/// The holder of an access key.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) account: String,
    pub(crate) arn: String,
    pub(crate) user_id: String,
    /// When a session ends; users have no end.
    pub(crate) ends: Option<Timestamp>,
}

/// All holders by their access key ids. The double asks for keys once it knows one.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    keys: HashMap<String, Identity>,
    pub(crate) roles: Vec<Role>,
    sessions: u64,
}

impl Identities {
    pub(crate) fn add(&mut self, access_key: &str, identity: Identity) {
        self.keys.insert(access_key.to_owned(), identity);
    }

    pub(crate) fn remove(&mut self, access_key: &str) {
        self.keys.remove(access_key);
    }

    /// The access key id of a new session.
    pub(crate) fn next_key(&mut self) -> String {
        self.sessions += 1;
        format!("ASIADOUBLE{:010}", self.sessions)
    }

    /// The holder of a key; `None` when the double knows nobody, and for calls that are not
    /// signed.
    pub(crate) fn check(
        &self,
        access_key: &str,
        now: Timestamp,
    ) -> Result<Option<&Identity>, Fault> {
        if self.keys.is_empty() || access_key.is_empty() {
            return Ok(None);
        }
        let identity = self.keys.get(access_key).ok_or(Fault::UnknownKey)?;
        let has_ended = identity.ends.is_some_and(|ends| ends <= now);
        if has_ended { Err(Fault::Expired) } else { Ok(Some(identity)) }
    }
}
