//! Accounts that may change while they are used.

use std::sync::Arc;

use tokio::sync::watch;

use super::Accounts;

/// The accounts that count at a time; none before that is known. Clones follow the same ones.
#[derive(Clone, Debug)]
pub struct FollowedAccounts(watch::Receiver<Option<Arc<Accounts>>>);

impl FollowedAccounts {
    /// Those that somebody tells of.
    pub fn new(told: watch::Receiver<Option<Arc<Accounts>>>) -> Self {
        Self(told)
    }

    /// Those that count now. It waits until they are known; none when nobody will tell.
    pub async fn current(&self) -> Option<Arc<Accounts>> {
        let mut told = self.0.clone();
        told.wait_for(Option::is_some).await.ok().and_then(|accounts| accounts.clone())
    }

    /// Waits until others count than when it was called last; for ever when nobody tells any more.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

/// These and no others.
impl From<Arc<Accounts>> for FollowedAccounts {
    fn from(accounts: Arc<Accounts>) -> Self {
        Self(watch::Sender::new(Some(accounts)).subscribe())
    }
}

/// These and no others.
impl From<Accounts> for FollowedAccounts {
    fn from(accounts: Accounts) -> Self {
        Arc::new(accounts).into()
    }
}
