//! Who may do what.

mod attempts;
mod random;
mod sessions;
mod tokens;

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::AccessConfig;
use attempts::Attempts;
pub(crate) use random::same;
use sessions::Sessions;
pub(crate) use sessions::{Opened, Session, SessionKey};
pub(crate) use tokens::{Role, Tokens};
pub use tokens::{TokenError, check_tokens};

/// Knows who has signed in.
#[derive(Debug)]
pub(crate) struct Access {
    tokens: Tokens,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    sessions: Sessions,
    attempts: Attempts,
}

/// What came of an attempt to sign in.
#[derive(Debug)]
pub(crate) enum Attempt {
    /// A session is open.
    Accepted(Box<Opened>),
    /// The token is none.
    Wrong,
    /// It was not looked at: the next one is after this time.
    Slowed(Duration),
}

impl Access {
    /// Reads the tokens.
    ///
    /// # Errors
    ///
    /// When there are none, or one cannot be used.
    pub(crate) fn new(config: &AccessConfig) -> Result<Self, TokenError> {
        let state =
            State { sessions: Sessions::new(config.sessions), attempts: Attempts::default() };
        Ok(Self { tokens: Tokens::read(config)?, state: Mutex::new(state) })
    }

    /// Opens a session for who shows a token. `person` is what they call themselves, for audits.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub(crate) fn sign_in(
        &self,
        token: &str,
        person: &str,
        from: IpAddr,
        now: Instant,
    ) -> anyhow::Result<Attempt> {
        if let Some(wait) = self.state().attempts.wait(from, now) {
            return Ok(Attempt::Slowed(wait));
        }
        let Some(grant) = self.tokens.grant(token, now) else {
            self.state().attempts.failed(from, now);
            return Ok(Attempt::Wrong);
        };
        let mut state = self.state();
        state.attempts.succeeded(from);
        Ok(Attempt::Accepted(Box::new(state.sessions.open(grant, person, now)?)))
    }

    /// The session of a cookie, which counts as used where `is_use` says so. It ends with its
    /// token.
    pub(crate) fn session(&self, cookie: &str, is_use: bool, now: Instant) -> Option<Session> {
        let key = SessionKey::of(cookie);
        let session = self.state().sessions.find(key, is_use, now)?;
        if self.tokens.knows(&session.grant, now) {
            return Some(session);
        }
        self.sign_out(key);
        None
    }

    /// Whether a session is still open, which does not count as use.
    pub(crate) fn is_open(&self, key: SessionKey, now: Instant) -> bool {
        let session = self.state().sessions.find(key, false, now);
        session.is_some_and(|session| self.tokens.knows(&session.grant, now))
    }

    /// Ends a session.
    pub(crate) fn sign_out(&self, key: SessionKey) {
        self.state().sessions.close(key);
    }

    /// Leaves a word for the next page of a session.
    pub(crate) fn leave_notice(&self, key: SessionKey, notice: String) {
        self.state().sessions.leave_notice(key, notice);
    }

    /// Takes the word that was left.
    pub(crate) fn take_notice(&self, key: SessionKey) -> Option<String> {
        self.state().sessions.take_notice(key)
    }

    /// How many sessions there are.
    pub(crate) fn session_count(&self) -> usize {
        self.state().sessions.count(Instant::now())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
