//! Tokens in files: who knows one may sign in.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::random::{Digest, digest_of, same};
use crate::config::AccessConfig;

/// The fewest characters of a token: 16 random ones cannot be guessed.
const SHORTEST: usize = 16;

/// The most octets of a file.
const MAX_FILE: u64 = 4096;

/// The shortest time between two looks at the files.
const INTERVAL: Duration = Duration::from_secs(1);

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Look.
    Viewer,
    /// Look and change.
    Admin,
}

impl Role {
    /// As people and audits read it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Admin => "admin",
        }
    }
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// No file is named.
    #[error(
        "nobody could sign in: give admin_token_file, a file with a token of at least {SHORTEST} \
         characters, such as `openssl rand -base64 32` writes"
    )]
    None,
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A token can be guessed.
    #[error(
        "the token in {} is too short: give at least {SHORTEST} characters, such as \
         `openssl rand -base64 32` writes",
        path.display()
    )]
    Short {
        /// The file.
        path: PathBuf,
    },
    /// Both roles have the same token.
    #[error("admin_token_file and viewer_token_file hold the same token: give each its own")]
    Same,
}

/// Whether the files hold tokens that can be used.
///
/// # Errors
///
/// Why not.
pub fn check_tokens(config: &AccessConfig) -> Result<(), TokenError> {
    Tokens::read(config).map(drop)
}

/// A role and the token that it was got with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) role: Role,
    token: Digest,
}

/// The tokens in use. The files are looked at again, at most once a second: a token that was
/// replaced there opens nothing any more, and its sessions end. Files that cannot be used are
/// logged, and the tokens before stay.
#[derive(Debug)]
pub(crate) struct Tokens {
    files: Vec<(Role, PathBuf)>,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    at: Instant,
    grants: Vec<Grant>,
    problem: Option<String>,
}

impl Tokens {
    pub(super) fn read(config: &AccessConfig) -> Result<Self, TokenError> {
        let files =
            [(Role::Admin, &config.admin_token_file), (Role::Viewer, &config.viewer_token_file)];
        let files = files.into_iter().filter_map(|(role, file)| Some((role, file.clone()?)));
        let files: Vec<_> = files.collect();
        let grants = grants(&files)?;
        Ok(Self { files, known: Mutex::new(Known { at: Instant::now(), grants, problem: None }) })
    }

    /// What a token allows. All tokens are compared, whichever it is.
    pub(super) fn grant(&self, token: &str, now: Instant) -> Option<Grant> {
        let shown = digest_of(token.trim());
        let known = self.known(now);
        let same = known.iter().filter(|grant| same(&grant.token, &shown)).copied();
        same.collect::<Vec<_>>().pop()
    }

    /// Whether the token of a grant still stands in its file.
    pub(super) fn knows(&self, grant: &Grant, now: Instant) -> bool {
        self.known(now).contains(grant)
    }

    fn known(&self, now: Instant) -> Vec<Grant> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(known.at) >= INTERVAL {
            known.at = now;
            known.take_over(grants(&self.files));
        }
        known.grants.clone()
    }
}

impl Known {
    fn take_over(&mut self, read: Result<Vec<Grant>, TokenError>) {
        let problem = match read {
            Ok(grants) => {
                self.grants = grants;
                None
            }
            Err(error) => Some(format!("{:#}", anyhow::Error::new(error))),
        };
        if let Some(problem) = problem.as_ref().filter(|new| self.problem.as_ref() != Some(new)) {
            tracing::error!(%problem, "tokens cannot be read again: those before stay");
        }
        self.problem = problem;
    }
}

fn grants(files: &[(Role, PathBuf)]) -> Result<Vec<Grant>, TokenError> {
    let grant =
        |(role, path): &(Role, PathBuf)| Ok(Grant { role: *role, token: digest_of(&token(path)?) });
    let grants: Vec<Grant> = files.iter().map(grant).collect::<Result<_, TokenError>>()?;
    match grants.as_slice() {
        [] => Err(TokenError::None),
        [one, other] if one.token == other.token => Err(TokenError::Same),
        _ => Ok(grants),
    }
}

/// The token in a file, without the line end.
fn token(path: &Path) -> Result<String, TokenError> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE).read_to_string(&mut text));
    read.map_err(|source| TokenError::Unreadable { path: path.to_owned(), source })?;
    let token = text.trim();
    if token.chars().count() < SHORTEST {
        return Err(TokenError::Short { path: path.to_owned() });
    }
    Ok(token.to_owned())
}

#[cfg(test)]
pub(super) mod tests_support {
    //! Grants for the tests of sessions.

    use super::{Grant, Role};

    pub(in crate::access) fn grant() -> Grant {
        Grant { role: Role::Viewer, token: [7; 32] }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tempfile::TempDir;

    use super::*;
    use crate::config::SessionLimits;

    fn config(folder: &TempDir, admin: &str, viewer: &str) -> AccessConfig {
        let file = |name: &str, token: &str| {
            let path = folder.path().join(name);
            fs::write(&path, token).unwrap();
            (!token.is_empty()).then_some(path)
        };
        AccessConfig {
            admin_token_file: file("admin", admin),
            viewer_token_file: file("viewer", viewer),
            certificate: None,
            trusted_proxies: Vec::new(),
            sessions: SessionLimits::default(),
        }
    }

    const ADMIN: &str = "the-token-of-admins\n";
    const VIEWER: &str = "the-token-of-viewers\n";

    #[test]
    fn each_token_gives_its_role_and_all_else_none() {
        let folder = TempDir::new().unwrap();
        let tokens = Tokens::read(&config(&folder, ADMIN, VIEWER)).unwrap();
        let now = Instant::now();
        let role = |token: &str| tokens.grant(token, now).map(|grant| grant.role);
        assert_eq!(role("the-token-of-admins"), Some(Role::Admin));
        assert_eq!(role(" the-token-of-viewers "), Some(Role::Viewer));
        for wrong in ["", "the-token-of-admin", "the-token-of-adminss", "the-token-of-adminz"] {
            assert_eq!(role(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_token_that_was_replaced_allows_nothing_any_more() {
        let folder = TempDir::new().unwrap();
        let tokens = Tokens::read(&config(&folder, ADMIN, VIEWER)).unwrap();
        let now = Instant::now();
        let grant = tokens.grant(ADMIN, now).unwrap();
        fs::write(folder.path().join("admin"), "another-token-of-admins").unwrap();
        let later = now + INTERVAL * 2;
        assert!(!tokens.knows(&grant, later));
        assert!(tokens.grant(ADMIN, later).is_none());
        assert!(tokens.grant("another-token-of-admins", later).is_some());
        fs::remove_file(folder.path().join("admin")).unwrap();
        let file_is_gone = later + INTERVAL;
        assert!(tokens.grant("another-token-of-admins", file_is_gone).is_some());
    }

    #[test]
    fn tokens_that_protect_nothing_are_refused() {
        let folder = TempDir::new().unwrap();
        let refuse = |admin: &str, viewer: &str| {
            Tokens::read(&config(&folder, admin, viewer)).unwrap_err().to_string()
        };
        assert!(refuse("", "").contains("nobody could sign in"));
        assert!(refuse("short", "").contains("too short"));
        assert!(refuse(" \n", "").contains("too short"));
        assert!(refuse(ADMIN, ADMIN).contains("same token"));
        let mut missing = config(&folder, ADMIN, "");
        missing.viewer_token_file = Some(folder.path().join("none"));
        assert!(Tokens::read(&missing).unwrap_err().to_string().contains("cannot read"));
    }
}
