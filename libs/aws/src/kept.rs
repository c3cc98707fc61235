//! Credentials that are kept until shortly before their end.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

/// How long before their end credentials are replaced. The shortest session has 15 minutes.
const MARGIN: Duration = Duration::from_secs(300);

/// Credentials that end sooner than this are not used.
const LAST_USE: Duration = Duration::from_secs(10);

/// How long credentials without an end are kept: a file of the default chain may change.
const WITHOUT_END: Duration = Duration::from_secs(900);

/// How long a renewal that failed is not tried again while the old credentials are good.
const PAUSE: Duration = Duration::from_secs(30);

/// Credentials from another provider, kept until [`MARGIN`] before their end. One renewal runs
/// at a time, and one that fails does no harm as long as the old ones are good. Clones
/// share them.
#[derive(Clone, Debug)]
pub(crate) struct KeptCredentials {
    source: SharedCredentialsProvider,
    kept: Arc<Mutex<Option<Kept>>>,
}

#[derive(Debug)]
struct Kept {
    credentials: Credentials,
    end: SystemTime,
    renew_at: SystemTime,
}

impl KeptCredentials {
    pub(crate) fn new(source: SharedCredentialsProvider) -> Self {
        Self { source, kept: Arc::default() }
    }

    pub(crate) fn is_clone_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.kept, &other.kept)
    }

    /// The next call gets new ones.
    pub(crate) async fn forget(&self) {
        *self.kept.lock().await = None;
    }

    async fn current(&self) -> Result<Credentials, CredentialsError> {
        let mut kept = self.kept.lock().await;
        let now = SystemTime::now();
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.renew_at) {
            return Ok(kept.credentials.clone());
        }
        match self.source.provide_credentials().await {
            Ok(credentials) => {
                *kept = Some(Kept::new(credentials.clone(), now));
                Ok(credentials)
            }
            Err(error) => kept.as_mut().and_then(|kept| kept.once_more(now)).ok_or(error),
        }
    }
}

impl Kept {
    fn new(credentials: Credentials, now: SystemTime) -> Self {
        let (end, renew_at) = match credentials.expiry() {
            Some(end) => (end, end.checked_sub(MARGIN).unwrap_or(now)),
            None => (now + WITHOUT_END, now + WITHOUT_END),
        };
        Self { credentials, end, renew_at }
    }

    /// The old credentials after a renewal that failed.
    fn once_more(&mut self, now: SystemTime) -> Option<Credentials> {
        if now + LAST_USE >= self.end {
            return None;
        }
        tracing::warn!("credentials cannot be renewed: the old ones are used until their end");
        self.renew_at = now + PAUSE;
        Some(self.credentials.clone())
    }
}

impl ProvideCredentials for KeptCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.current())
    }
}
