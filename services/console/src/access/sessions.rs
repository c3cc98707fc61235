//! Sessions of who has signed in, in memory alone.

use std::collections::HashMap;
use std::time::Instant;

use super::random::{Digest, digest_of, secret};
use super::tokens::Grant;
use crate::config::SessionLimits;

/// The most characters of what somebody calls themselves.
const MAX_PERSON: usize = 64;

/// What a session is known by: the digest of its cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SessionKey(Digest);

impl SessionKey {
    /// The key of a cookie.
    pub(crate) fn of(cookie: &str) -> Self {
        Self(digest_of(cookie))
    }
}

/// A session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) key: SessionKey,
    pub(crate) grant: Grant,
    /// What they call themselves; may be empty.
    pub(crate) person: String,
    /// What each form of the session carries.
    pub(crate) csrf: String,
    opened: Instant,
    used: Instant,
    notice: Option<String>,
}

impl Session {
    /// A few digits that tell sessions apart in audits, and open none.
    pub(crate) fn label(&self) -> String {
        self.key.0.iter().take(4).map(|octet| format!("{octet:02x}")).collect()
    }
}

/// A session and the cookie that opens it.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) cookie: String,
    pub(crate) session: Session,
}

/// All sessions. Time comes in.
#[derive(Debug)]
pub(super) struct Sessions {
    limits: SessionLimits,
    open: HashMap<SessionKey, Session>,
}

impl Sessions {
    pub(super) fn new(limits: SessionLimits) -> Self {
        Self { limits, open: HashMap::new() }
    }

    /// Opens a session; where there are too many, the one that was used the longest ago ends.
    pub(super) fn open(
        &mut self,
        grant: Grant,
        person: &str,
        now: Instant,
    ) -> anyhow::Result<Opened> {
        let (cookie, csrf) = (secret()?, secret()?);
        let key = SessionKey::of(&cookie);
        let person = person.trim().chars().filter(|each| !each.is_control());
        let person = person.take(MAX_PERSON).collect();
        let session = Session { key, grant, person, csrf, opened: now, used: now, notice: None };
        self.forget_expired(now);
        while self.open.len() >= self.limits.most.max(1) {
            let oldest = self.open.values().min_by_key(|each| each.used).map(|each| each.key);
            let Some(oldest) = oldest else { break };
            self.open.remove(&oldest);
        }
        self.open.insert(key, session.clone());
        Ok(Opened { cookie, session })
    }

    /// The session of a key, as long as it lasts.
    pub(super) fn find(&mut self, key: SessionKey, is_use: bool, now: Instant) -> Option<Session> {
        let session = self.open.get_mut(&key)?;
        if is_expired(session, &self.limits, now) {
            self.open.remove(&key);
            return None;
        }
        if is_use {
            session.used = now;
        }
        Some(session.clone())
    }

    pub(super) fn close(&mut self, key: SessionKey) {
        self.open.remove(&key);
    }

    pub(super) fn leave_notice(&mut self, key: SessionKey, notice: String) {
        if let Some(session) = self.open.get_mut(&key) {
            session.notice = Some(notice);
        }
    }

    pub(super) fn take_notice(&mut self, key: SessionKey) -> Option<String> {
        self.open.get_mut(&key)?.notice.take()
    }

    pub(super) fn count(&mut self, now: Instant) -> usize {
        self.forget_expired(now);
        self.open.len()
    }

    fn forget_expired(&mut self, now: Instant) {
        let limits = self.limits;
        self.open.retain(|_, session| !is_expired(session, &limits, now));
    }
}

fn is_expired(session: &Session, limits: &SessionLimits, now: Instant) -> bool {
    now.saturating_duration_since(session.used) >= limits.idle
        || now.saturating_duration_since(session.opened) >= limits.lifetime
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::access::tokens::tests_support::grant;

    const MINUTE: Duration = Duration::from_secs(60);

    fn sessions() -> Sessions {
        Sessions::new(SessionLimits { idle: 10 * MINUTE, lifetime: 60 * MINUTE, most: 3 })
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_looking_on_is_no_use() {
        let (mut sessions, start) = (sessions(), Instant::now());
        let key = sessions.open(grant(), "", start).unwrap().session.key;
        assert!(sessions.find(key, true, start + 9 * MINUTE).is_some());
        assert!(sessions.find(key, false, start + 18 * MINUTE).is_some());
        assert!(sessions.find(key, true, start + 19 * MINUTE).is_none());
        assert!(sessions.find(key, true, start).is_none(), "it does not come back");
    }

    #[test]
    fn a_session_ends_in_the_end_however_busy_it_is() {
        let (mut sessions, start) = (sessions(), Instant::now());
        let key = sessions.open(grant(), "", start).unwrap().session.key;
        for minute in 0..60 {
            assert!(sessions.find(key, true, start + minute * MINUTE).is_some(), "{minute}");
        }
        assert!(sessions.find(key, true, start + 60 * MINUTE).is_none());
    }

    #[test]
    fn one_session_too_many_ends_the_one_that_was_used_the_longest_ago() {
        let (mut sessions, start) = (sessions(), Instant::now());
        let open = |sessions: &mut Sessions, second: u64| {
            let at = start + Duration::from_secs(second);
            sessions.open(grant(), "", at).unwrap().session.key
        };
        let keys = [open(&mut sessions, 0), open(&mut sessions, 1), open(&mut sessions, 2)];
        sessions.find(keys[0], true, start + Duration::from_secs(3));
        open(&mut sessions, 4);
        let is_open = |sessions: &mut Sessions, key| {
            sessions.find(key, false, start + Duration::from_secs(5)).is_some()
        };
        assert!(is_open(&mut sessions, keys[0]) && is_open(&mut sessions, keys[2]));
        assert!(!is_open(&mut sessions, keys[1]));
        assert_eq!(sessions.count(start + Duration::from_secs(5)), 3);
    }

    #[test]
    fn a_notice_is_read_once_and_a_closed_session_has_none() {
        let (mut sessions, start) = (sessions(), Instant::now());
        let opened = sessions.open(grant(), " Ada\n Lovelace ", start).unwrap();
        assert_eq!(opened.session.person, "Ada Lovelace");
        let key = opened.session.key;
        sessions.leave_notice(key, "done".to_owned());
        assert_eq!(sessions.take_notice(key).as_deref(), Some("done"));
        assert_eq!(sessions.take_notice(key), None);
        sessions.close(key);
        assert!(sessions.find(SessionKey::of(&opened.cookie), true, start).is_none());
    }
}
