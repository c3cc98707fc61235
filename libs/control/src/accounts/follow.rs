//! The accounts that services use: of the file and of the run time, under the settings.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use weir_aws::{Accounts, AwsConfig, FollowedAccounts};
use weir_store::Store;

use super::{FileAccounts, StoredAccounts, document};
use crate::following::Followed;
use crate::settings::{Effective, ranges};

/// How often sealed access keys are opened anew: the key file may have been replaced.
const LOOK: Duration = Duration::from_secs(60);

/// `[aws]` reads a session's duration by the same range as the settings.
const _: () = assert!(
    weir_aws::SESSION_DURATIONS.least.as_secs() == ranges::SESSION_DURATIONS.least.as_secs()
        && weir_aws::SESSION_DURATIONS.most.as_secs() == ranges::SESSION_DURATIONS.most.as_secs()
);

/// Which accounts count before the store has told what was added at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtFirst {
    /// None: what is in the inventory and is not swept would vanish from it.
    Nothing,
    /// Those of the file: what cannot be read with them is tried again.
    TheFile,
}

/// Follows the accounts as long as somebody looks; `make` says whose weir's own identity is.
pub fn follow(
    store: Arc<dyn Store>,
    file: FileAccounts,
    settings: watch::Receiver<Arc<Effective>>,
    (at_first, make): (AtFirst, fn(AwsConfig) -> Accounts),
) -> FollowedAccounts {
    let (publisher, accounts) = watch::channel(None);
    let stored = (!file.is_locked).then(|| document().follow(store));
    let problems = BTreeMap::new();
    let mut follower = Follower { publisher, file, settings, stored, make, known: None, problems };
    if at_first == AtFirst::TheFile {
        follower.publish(&StoredAccounts::default());
    }
    tokio::spawn(follower.run());
    FollowedAccounts::new(accounts)
}

struct Follower {
    publisher: watch::Sender<Option<Arc<Accounts>>>,
    file: FileAccounts,
    settings: watch::Receiver<Arc<Effective>>,
    stored: Option<watch::Receiver<Option<Followed<StoredAccounts>>>>,
    make: fn(AwsConfig) -> Accounts,
    known: Option<AwsConfig>,
    /// What was said of profiles: only a change is worth a line in the log.
    problems: BTreeMap<String, String>,
}

impl Follower {
    async fn run(mut self) {
        loop {
            let now = match &mut self.stored {
                Some(stored) => {
                    let followed = stored.borrow_and_update().clone();
                    followed.map(|followed| followed.value.clone())
                }
                None => Some(StoredAccounts::default()),
            };
            if let Some(now) = now {
                self.publish(&now);
            }
            tokio::select! {
                () = self.publisher.closed() => return,
                () = changed(&mut self.stored) => {}
                Ok(()) = self.settings.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    fn publish(&mut self, stored: &StoredAccounts) {
        let wanted = self.config(stored);
        if self.known.as_ref() != Some(&wanted) {
            let accounts = Arc::new((self.make)(wanted.clone()));
            self.publisher.send_replace(Some(accounts));
            self.known = Some(wanted);
        }
    }

    fn config(&mut self, stored: &StoredAccounts) -> AwsConfig {
        let problems = self.file.profiles_of(stored).into_iter();
        let problems = problems.filter_map(|(it, key)| Some((it.name.clone(), key.err()?)));
        let problems: BTreeMap<_, _> = problems.collect();
        for (profile, problem) in problems.iter().filter(|it| self.problems.get(it.0) != Some(it.1))
        {
            tracing::error!(profile, problem, "a profile of the run time cannot be used here");
        }
        self.problems = problems;
        let duration = self.settings.borrow_and_update().over_file.session_duration;
        let config = self.file.with(stored);
        AwsConfig { session_duration: duration.unwrap_or(config.session_duration), ..config }
    }
}

/// Ends when other accounts were added: never, where none can be.
async fn changed(stored: &mut Option<watch::Receiver<Option<Followed<StoredAccounts>>>>) {
    let is_changed = match stored {
        Some(stored) => stored.changed().await.is_ok(),
        None => false,
    };
    if !is_changed {
        std::future::pending::<()>().await;
    }
}
