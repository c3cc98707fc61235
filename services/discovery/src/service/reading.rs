//! The accounts that sweeps read: of the file and of the run time, under the settings.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use weir_aws::{Accounts, AwsConfig};
use weir_control::Followed;
use weir_control::accounts::{StoredAccounts, document};
use weir_control::settings::{Effective, ranges};
use weir_store::Store;

use super::account::{Book, FileAccounts};

/// How often sealed access keys are opened anew: the key file may have been replaced.
const LOOK: Duration = Duration::from_secs(60);

/// `[aws]` reads a session's duration by the same range as the settings; neither library knows the
/// other.
const _: () = assert!(
    weir_aws::SESSION_DURATIONS.least.as_secs() == ranges::SESSION_DURATIONS.least.as_secs()
        && weir_aws::SESSION_DURATIONS.most.as_secs() == ranges::SESSION_DURATIONS.most.as_secs()
);

/// What sweeps read; none before the store has told what was added at run time. Until then nothing
/// is swept: what is in the inventory and is not read would vanish from it.
pub type ReadAccounts = watch::Receiver<Option<Arc<Accounts>>>;

/// Follows the accounts until the receiver is dropped. A change counts from the next sweep on.
pub fn follow_accounts(
    store: Arc<dyn Store>,
    file: FileAccounts,
    settings: watch::Receiver<Arc<Effective>>,
) -> ReadAccounts {
    let (publisher, accounts) = watch::channel(None);
    let stored = (!file.is_locked).then(|| document().follow(store));
    tokio::spawn(follow(publisher, file, settings, stored));
    accounts
}

async fn follow(
    publisher: watch::Sender<Option<Arc<Accounts>>>,
    file: FileAccounts,
    mut settings: watch::Receiver<Arc<Effective>>,
    mut stored: Option<watch::Receiver<Option<Followed<StoredAccounts>>>>,
) {
    let mut known: Option<AwsConfig> = None;
    loop {
        let now = match &mut stored {
            Some(stored) => {
                let followed = stored.borrow_and_update().clone();
                followed.map(|followed| followed.value.clone())
            }
            None => Some(StoredAccounts::default()),
        };
        let effective = Arc::clone(&settings.borrow_and_update());
        let wanted = now.map(|now| config(&file, now, &effective));
        if wanted.is_some() && wanted != known {
            publisher.send_replace(wanted.clone().map(|config| Arc::new(Accounts::new(config))));
            known = wanted;
        }
        tokio::select! {
            () = publisher.closed() => return,
            () = changed(&mut stored) => {}
            Ok(()) = settings.changed() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn config(file: &FileAccounts, stored: StoredAccounts, settings: &Effective) -> AwsConfig {
    let config = Book { file, stored }.config();
    let duration = settings.over_file.session_duration;
    AwsConfig { session_duration: duration.unwrap_or(config.session_duration), ..config }
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
