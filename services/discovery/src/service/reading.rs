//! Lets the reader of accounts go by the settings that count.

use std::sync::Arc;

use tokio::sync::watch;
use weir_aws::{Accounts, AwsConfig};
use weir_control::settings::Effective;

use crate::sweep::AwsReader;

/// Lets `reader` read the accounts of `file` under the settings, from the next sweep on after each
/// change.
pub fn follow_settings(
    reader: Arc<AwsReader>,
    file: AwsConfig,
    mut settings: watch::Receiver<Arc<Effective>>,
) {
    tokio::spawn(async move {
        let mut known = file.clone();
        loop {
            let wanted = under(&file, &settings.borrow_and_update());
            if wanted != known {
                reader.set_accounts(Accounts::new(wanted.clone()));
                known = wanted;
            }
            if settings.changed().await.is_err() {
                return;
            }
        }
    });
}

fn under(file: &AwsConfig, settings: &Effective) -> AwsConfig {
    let set = settings.over_file.session_duration;
    AwsConfig { session_duration: set.unwrap_or(file.session_duration), ..file.clone() }
}
